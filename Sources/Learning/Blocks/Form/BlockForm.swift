// What every kind of block can do. A form is a value without memory: it knows shapes and offsets,
// never addresses. `Block` chooses one of them; nothing calls through the protocol per sample.
//
// Legend: x what the block reads, y what it gives (after its activation function), δ (`delta`) the
// error at y, e the error at x.
//
// Invariants:
//   - x, y, δ and e lie as `BlockShape` says, and their padding is zero before and after every call
//     (δ is the block's to destroy);
//   - a form may run FF any number of times per sample with the same result: what a sample leaves
//     behind (states, statistics) becomes part of the section in `advance` only;
//   - BP sees the x, y and kept memory of the FF of the same sample;
//   - nothing here allocates after `init`.

import Arithmetic
import Junctions
import Kernels

/// One kind of block.
package protocol BlockForm: Equatable, Sendable {
    /// What it reads.
    var inputShape: BlockShape { get }
    /// What it gives.
    var outputShape: BlockShape { get }
    /// Its junctions and other fields, and where they lie.
    var parts: BlockParts { get }
    /// Bytes that it keeps from FF to BP besides x and y, a multiple of 64; 0 for predictors.
    var keptBytes: Int { get }
    /// Bytes of scratch memory, a multiple of 64; nothing is kept there between calls.
    var scratchBytes: Int { get }
    /// Bytes that FF leaves for `advance`, a multiple of 64; 0 for predictors.
    var outcomeBytes: Int { get }

    /// Fills the tables of a cleared workspace that follow from the form alone.
    /// - tables: `parts.tableBytes` bytes
    func prepare(_ tables: UnsafeMutableRawPointer)

    /// Makes what the workspace derives from the parameters, after these were replaced as a whole;
    /// for learners.
    func refresh(_ memory: BlockMemory)

    /// Sets fields that are not junctions to fresh values in a cleared section.
    func initialiseFields(_ parameters: UnsafeMutableRawPointer)

    /// FF: y from x, padding included.
    func feedforward(
        _ memory: BlockMemory, x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>,
        kernels: KernelSet)

    /// BP and UP: e from δ with the old weights, then these learn.
    ///
    /// - e: written whole, padding included; nil when nobody is to the left
    /// - rule: η, μ and λ; the increment is each junction's own
    /// - generator: four words of state of `Xoshiro256StarStar`, for stochastic increments
    /// - Returns: false, and nothing is changed, where a number inside is beyond ± 10¹⁵ or not a
    ///   number. x and δ were looked at before.
    func backpropUpdate(
        _ memory: BlockMemory, x: UnsafePointer<Float>, y: UnsafePointer<Float>,
        delta: UnsafeMutablePointer<Float>, e: UnsafeMutablePointer<Float>?, rule: UpdateRule,
        generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet
    ) -> Bool

    /// Commits what the sample that went through FF last leaves behind: the state of its producer,
    /// statistics. For learners, after BP if there is one; of that FF only `memory.outcome` is
    /// still there.
    func advance(_ memory: BlockMemory, kernels: KernelSet)

    /// The producer of `memory` starts anew.
    func forget(_ memory: BlockMemory)

    /// What is wrong with fields that are not junctions, one line each.
    func fieldFindings(_ parameters: UnsafeRawPointer) -> [String]
}

extension BlockForm {
    package var keptBytes: Int { 0 }
    package var outcomeBytes: Int { 0 }
    package func initialiseFields(_ parameters: UnsafeMutableRawPointer) {}
    package func advance(_ memory: BlockMemory, kernels: KernelSet) {}
    package func forget(_ memory: BlockMemory) {}
    package func fieldFindings(_ parameters: UnsafeRawPointer) -> [String] { [] }
}

/// What a block is made for.
package struct BlockPurpose: Equatable, Sendable {
    /// Whether BP and UP have their memory.
    package let learns: Bool
    /// Producers that are told apart.
    package let producers: Int

    package init(learns: Bool, producers: Int = 1) {
        self.learns = learns
        self.producers = producers
    }
}

/// Where a block's memory lies; every address is 64-byte aligned.
package struct BlockMemory {
    /// The fields in the section, back to back as `BlockParts` lays them out. Predictors only read.
    package let parameters: UnsafeMutableRawPointer
    /// The velocities of the learned fields, back to back; nil without momentum.
    package let velocity: UnsafeMutableRawPointer?
    /// What follows from the form and the parameters.
    package let tables: UnsafeMutableRawPointer
    /// `keptBytes` bytes from FF to BP.
    package let kept: UnsafeMutableRawPointer
    /// `outcomeBytes` bytes from FF to `advance`.
    package let outcome: UnsafeMutableRawPointer
    /// `scratchBytes` bytes that all blocks share.
    package let scratch: UnsafeMutableRawPointer
    /// Whose sample it is; −1 where nobody's state shall be read (queries).
    package let producer: Int
    /// Whether saturations of this FF are counted.
    package let counts: Bool

    package init(
        parameters: UnsafeMutableRawPointer, velocity: UnsafeMutableRawPointer?,
        tables: UnsafeMutableRawPointer, kept: UnsafeMutableRawPointer,
        outcome: UnsafeMutableRawPointer, scratch: UnsafeMutableRawPointer, producer: Int,
        counts: Bool
    ) {
        self.parameters = parameters
        self.velocity = velocity
        self.tables = tables
        self.kept = kept
        self.outcome = outcome
        self.scratch = scratch
        self.producer = producer
        self.counts = counts
    }
}
