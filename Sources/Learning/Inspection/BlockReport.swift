// What the blocks of a configuration became: shapes and junctions. For people, not per sample.

import Junctions

/// One block.
public struct BlockReport: Equatable, Sendable {
    /// One of its junctions.
    public struct Junction: Equatable, Sendable {
        /// Among those of the block: `recurrent`; empty where there is one.
        public let name: String
        /// What it shall be.
        public let specification: JunctionSpecification
        /// Left neurons: taps times channels.
        public let inputs: Int
        /// Right neurons.
        public let outputs: Int
        /// Vectors per sample that it multiplies by.
        public let uses: Int
        /// Weight values that are kept, biases not counted.
        public let weightCount: Int
    }

    /// From the input, 0 first.
    public let index: Int
    /// `conv1d`
    public let kind: String
    /// What it reads.
    public let input: BlockShape
    /// What it gives.
    public let output: BlockShape
    /// In the order of its fields.
    public let junctions: [Junction]
}

extension LearnerConfiguration {
    /// Every block of a valid configuration, from the input.
    public var blockReports: [BlockReport] {
        madeBlocks(BlockPurpose(learns: true, producers: producerCapacity)).enumerated().map {
            index, block in
            let form = block.form
            return BlockReport(
                index: index, kind: blocks[index].kind, input: form.inputShape,
                output: form.outputShape,
                junctions: form.parts.junctions.map { part in
                    BlockReport.Junction(
                        name: part.name, specification: part.specification,
                        inputs: part.junction.form.inputs, outputs: part.junction.form.outputs,
                        uses: part.uses, weightCount: part.junction.form.weightCount)
                })
        }
    }
}
