// A layer of neurons, between the junction that produces its values and the one that consumes
// them, and where its values and errors lie in the workspace.
//
// Floats are the common language: they are there wherever a float32 junction, a loss or another
// fixed-point format stands on either side. Between two junctions of one fixed-point format,
// values and errors stay in it and the floats are not kept.

import Arithmetic
import Junctions

/// Numbers of one fixed-point format in the workspace.
struct FixedPlace: Equatable, Sendable {
    let format: FixedFormat
    /// Byte offsets, each of a padded vector of Int16.
    let values: Int
    /// f′ of the values; only where a junction produced them.
    let derivatives: Int
    let errors: Int

    init(_ format: FixedFormat, _ count: Int, _ workspace: inout WorkspaceLayout) {
        self.format = format
        values = workspace.takeFixed(count)
        derivatives = workspace.takeFixed(count)
        errors = workspace.takeFixed(count)
    }

    /// Fixed-point numbers of a vector, padding included.
    static func paddedCount(_ count: Int) -> Int { (count + 31) & ~31 }

    func values(_ workspace: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Int16> {
        (workspace + values).assumingMemoryBound(to: Int16.self)
    }

    func derivatives(_ workspace: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Int16> {
        (workspace + derivatives).assumingMemoryBound(to: Int16.self)
    }

    func errors(_ workspace: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Int16> {
        (workspace + errors).assumingMemoryBound(to: Int16.self)
    }
}

/// One layer of neurons.
struct LayerBoundary: Equatable, Sendable {
    /// Neurons.
    let count: Int
    /// Whether somebody reads or writes floats here.
    let hasFloats: Bool
    /// What a fixed-point junction to the left writes.
    let produced: FixedPlace?
    /// What a fixed-point junction to the right reads, where that is not what was produced.
    let consumed: FixedPlace?
    private let valuesOffset: Int
    private let errorsOffset: Int

    init(
        count: Int, left: Junction?, right: Junction?, learns: Bool,
        _ workspace: inout WorkspaceLayout
    ) {
        self.count = count
        let staysFixed = left?.format != nil && left?.format == right?.format
        hasFloats = !staysFixed
        valuesOffset = workspace.takeFloats(hasFloats ? count : 0)
        errorsOffset = workspace.takeFloats(hasFloats && learns ? count : 0)
        produced = left?.format.map { FixedPlace($0, count, &workspace) }
        consumed = staysFixed ? nil : right?.format.map { FixedPlace($0, count, &workspace) }
    }

    /// Floats of a vector, padding included.
    var paddedCount: Int { DenseJunction.paddedCount(count) }

    /// What the junction to the right reads in fixed point.
    var fixedInput: FixedPlace? { consumed ?? produced }

    func values(_ workspace: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        (workspace + valuesOffset).assumingMemoryBound(to: Float.self)
    }

    func errors(_ workspace: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        (workspace + errorsOffset).assumingMemoryBound(to: Float.self)
    }
}
