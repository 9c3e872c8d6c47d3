// The network: blocks, if there are any, then layers of neurons with a junction between each two,
// over memory that the caller owns. FF left to right, then the output error, then BP and UP right
// to left.
//
// Invariants:
//   - the network is a value: it knows shapes and offsets, never addresses;
//   - activations and errors lie in the workspace, padded to whole vectors with zeros;
//   - nothing here allocates after `init`;
//   - which structure, rule or arithmetic a junction has is the junction's business; only where
//     arithmetic changes between neighbours do values pass through floats.

import Junctions
import Kernels
import WeightStore

/// A feedforward network of junctions.
package struct Network: Sendable {
    /// What stands before the first junction.
    package private(set) var graph: BlockGraph
    package private(set) var layers: [NetworkLayer] = []
    /// Layers of neurons, inputs first: one more than junctions.
    let boundaries: [LayerBoundary]
    package let loss: Loss
    /// Features; the input layer may be wider.
    let inputCount: Int
    /// Classes, targets or features that are predicted; the output layer may be wider.
    package let outputCount: Int
    /// Neurons of the output layer.
    let outputWidth: Int
    let outputActivation: Activation
    /// Whether BP and UP have their memory.
    let learns: Bool
    /// Bytes of scratch memory for one pass.
    package let workspaceBytes: Int
    /// The part of it that holds tables made from seeds, views and other work of the junctions.
    let junctionBytes: Int
    /// Scratch memory by owner, where blocks need it.
    let blockLines: [(owner: String, bytes: Int)]
    /// Bytes from the start of the section, and numbers, of every float32 field of a block or a
    /// junction.
    private(set) var floatFields: [(offset: Int, count: Int)] = []
    /// How bytes become numbers of a fixed-point first junction.
    let fixedInputs: FixedInputs?
    /// Loss and error of fixed-point sigmoid outputs.
    let fixedOutputs: FixedOutputs?
    private let inputOffset: Float
    private let inputScale: Float
    private let rawOffset: Int
    private let inputValuesOffset: Int
    private let targetOffset: Int

    /// The network of a valid configuration; `addWeights` gives it a place in a section.
    ///
    /// - learns: false leaves out what only BP and UP need
    package init(_ c: LearnerConfiguration, learns: Bool = true) {
        var workspace = WorkspaceLayout()
        let widths = c.widths
        rawOffset = workspace.takeFloats(c.featureCount)
        let junctions = c.madeJunctions()
        boundaries = widths.indices.map { index in
            LayerBoundary(
                count: widths[index], left: index > 0 ? junctions[index - 1] : nil,
                right: index < junctions.count ? junctions[index] : nil, learns: learns,
                &workspace)
        }
        targetOffset = workspace.takeFloats(widths[widths.count - 1])
        inputValuesOffset =
            c.blocks.isEmpty ? boundaries[0].valuesOffset : workspace.takeFloats(c.featureCount)
        graph = BlockGraph(
            c, learns: learns, input: inputValuesOffset,
            output: (boundaries[0].valuesOffset, boundaries[0].errorsOffset), &workspace)
        blockLines = workspace.lines
        fixedInputs = c.blocks.isEmpty ? FixedInputs(c, junctions[0], &workspace) : nil
        fixedOutputs =
            learns ? FixedOutputs(c, junctions[junctions.count - 1], &workspace) : nil
        inputOffset = c.inputOffset
        inputScale = c.inputScale
        let beforeJunctions = workspace.byteCount
        for (index, junction) in junctions.enumerated() {
            let isLast = index == junctions.count - 1
            layers.append(
                NetworkLayer(
                    c.junction(index), junction,
                    isLast ? c.outputActivation : c.hiddenActivation, learns: learns, &workspace))
        }
        junctionBytes = workspace.byteCount - beforeJunctions
        workspaceBytes = workspace.byteCount
        loss = c.loss
        inputCount = c.featureCount
        outputCount = c.outputCount
        outputWidth = widths[widths.count - 1]
        outputActivation = c.outputActivation
        self.learns = learns
    }

    /// The same network in the same section, with memory for FF only.
    func forPrediction(_ c: LearnerConfiguration) -> Network {
        var network = Network(c, learns: false)
        for index in layers.indices {
            network.layers[index].parametersOffset = layers[index].parametersOffset
        }
        network.graph.take(placesOf: graph)
        return network
    }

    /// Adds the fields of every block, `block.I.NAME`, and junction, `junction.I.NAME`.
    package mutating func addWeights(to section: inout SectionLayout) {
        floatFields += graph.addWeights(to: &section)
        for index in layers.indices {
            let fields = layers[index].junction.form.fields
            let added = fields.map { field in
                section.add(
                    "junction.\(index).\(field.name)", field.element.elementType,
                    shape: field.shape, rowStride: field.rowStride)
            }
            layers[index].parametersOffset = added[0].offset
            for field in added where field.element == .f32 {
                floatFields.append((field.offset, field.byteCount / field.element.bytes))
            }
        }
    }

    /// Adds the velocities of the learned fields, in their shapes.
    package mutating func addVelocity(to section: inout SectionLayout) {
        graph.addVelocity(to: &section)
        for index in layers.indices {
            let fields = layers[index].junction.form.fields.filter(\.isLearned)
            let added = fields.map { field in
                section.add(
                    "junction.\(index).\(field.name).velocity", field.element.elementType,
                    shape: field.shape, rowStride: field.rowStride)
            }
            layers[index].velocityOffset = added[0].offset
        }
    }

    /// Bytes of fields that are not learned: views, counters.
    var derivedBytes: Int {
        graph.derivedBytes
            + layers.flatMap(\.junction.form.fields).filter { !$0.isLearned }
            .reduce(0) { $0 + $1.byteCount }
    }

    // Workspace

    /// Fills a cleared workspace with the tables that follow from the configuration.
    package func prepare(_ workspace: UnsafeMutableRawPointer) {
        graph.prepare(workspace)
        for layer in layers {
            layer.junction.form.prepare(workspace + layer.workspaceOffset, forUpdates: learns)
        }
        prepareFixedTables(workspace)
        fixedInputs?.prepare(workspace)
        fixedOutputs?.prepare(workspace, least: Self.leastProbability)
    }

    /// Makes what the workspace derives from the weights, after these were replaced.
    package func refresh(
        _ section: UnsafeMutableRawPointer, _ workspace: UnsafeMutableRawPointer
    ) {
        graph.refresh(section, workspace)
        for layer in layers { layer.junction.form.refresh(layer.memory(section, workspace)) }
    }

    /// Features as floats, before the normaliser; padded.
    func raw(_ workspace: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        (workspace + rawOffset).assumingMemoryBound(to: Float.self)
    }

    /// What the network reads, in the order of the features: the first junction itself, or the
    /// blocks; padded.
    package func input(_ workspace: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        (workspace + inputValuesOffset).assumingMemoryBound(to: Float.self)
    }

    /// What the output neurons say; padded.
    package func output(_ workspace: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        boundaries[boundaries.count - 1].values(workspace)
    }

    /// Errors of the output neurons; padded.
    package func outputDelta(_ workspace: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        boundaries[boundaries.count - 1].errors(workspace)
    }

    /// What the output neurons should have said; padded.
    package func target(_ workspace: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        (workspace + targetOffset).assumingMemoryBound(to: Float.self)
    }
}

/// Adds up the workspace; every part starts on 64 bytes.
struct WorkspaceLayout {
    private(set) var byteCount = 0
    /// The parts that have an owner.
    private(set) var lines: [(owner: String, bytes: Int)] = []

    /// Takes memory for an owner, who has one line for all of it.
    mutating func take(_ bytes: Int, _ owner: String) -> Int {
        let start = take(bytes)
        guard byteCount > start else { return start }
        if let index = lines.firstIndex(where: { $0.owner == owner }) {
            lines[index].bytes += byteCount - start
        } else {
            lines.append((owner, byteCount - start))
        }
        return start
    }

    mutating func take(_ bytes: Int) -> Int {
        defer { byteCount += (bytes + 63) & ~63 }
        return byteCount
    }

    mutating func takeFloats(_ count: Int) -> Int {
        take(DenseJunction.paddedCount(count) * MemoryLayout<Float>.stride)
    }

    mutating func takeFixed(_ count: Int) -> Int {
        take(FixedPlace.paddedCount(count) * MemoryLayout<Int16>.stride)
    }
}
