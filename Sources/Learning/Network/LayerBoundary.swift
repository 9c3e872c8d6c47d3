// A layer of neurons, between the junction that produces its values and the one that consumes
// them, and where its values and errors lie in the workspace.
//
// Floats are the common language: they are there wherever a float32 junction, a loss or another
// fixed-point format stands on either side. Between two junctions of one fixed-point format,
// values and errors stay in it and the floats are not kept.

import Arithmetic
import Junctions

/// Numbers of one fixed-point format in the workspace, as byte offsets of padded vectors of Int16;
/// all 0 where there are none.
struct FixedPlace: Equatable, Sendable {
    private(set) var values = 0
    /// f′ of the values; only where a junction produced them.
    private(set) var derivatives = 0
    private(set) var errors = 0

    init() {}

    init(_ count: Int, _ workspace: inout WorkspaceLayout) {
        values = workspace.takeFixed(count)
        derivatives = workspace.takeFixed(count)
        errors = workspace.takeFixed(count)
    }

    /// Fixed-point numbers of a vector, padding included.
    static func paddedCount(_ count: Int) -> Int { (count + 31) & ~31 }
}

/// One layer of neurons.
struct LayerBoundary: Equatable, Sendable {
    /// Neurons.
    let count: Int
    /// Whether somebody reads or writes floats here.
    let hasFloats: Bool
    /// The format of a fixed-point junction to the left.
    let producedFormat: FixedFormat?
    /// The format of a fixed-point junction to the right, where the numbers that it reads are not
    /// those that were produced: values and errors cross from one arithmetic to another.
    let consumedFormat: FixedFormat?
    /// What a fixed-point junction to the left writes.
    let produced: FixedPlace
    /// What a fixed-point junction to the right reads.
    let consumed: FixedPlace
    /// Bytes from the start of the workspace.
    let valuesOffset: Int
    /// Bytes from the start of the workspace.
    let errorsOffset: Int

    init(
        count: Int, left: Junction?, right: Junction?, learns: Bool,
        _ workspace: inout WorkspaceLayout
    ) {
        self.count = count
        let staysFixed = left?.format != nil && left?.format == right?.format
        hasFloats = !staysFixed
        producedFormat = left?.format
        consumedFormat = staysFixed ? nil : right?.format
        valuesOffset = workspace.takeFloats(hasFloats ? count : 0)
        errorsOffset = workspace.takeFloats(hasFloats && learns ? count : 0)
        produced = producedFormat == nil ? FixedPlace() : FixedPlace(count, &workspace)
        consumed =
            staysFixed
            ? produced : consumedFormat == nil ? FixedPlace() : FixedPlace(count, &workspace)
    }

    /// Floats of a vector, padding included.
    var paddedCount: Int { DenseJunction.paddedCount(count) }

    func values(_ workspace: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        (workspace + valuesOffset).assumingMemoryBound(to: Float.self)
    }

    func errors(_ workspace: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        (workspace + errorsOffset).assumingMemoryBound(to: Float.self)
    }
}
