// Raw bytes as what a fixed-point first junction reads, without floats on the way: where nothing is
// normalised, a byte can become 256 numbers only. A line through them is computed, if there is one;
// else they are looked up.

import Junctions
import Kernels
import WeightStore

/// Where the numbers that bytes become lie in the workspace.
struct FixedInputs: Equatable, Sendable {
    private let featureCount: Int
    private let tableOffset: Int
    private let line: FixedByteLine

    /// nil where features are no bytes, are normalised, or are read as floats, by the first junction
    /// or by the score of a forecast.
    init?(_ c: LearnerConfiguration, _ first: Junction, _ workspace: inout WorkspaceLayout) {
        guard c.elementType == .u8, c.normaliser == .none, let format = first.format,
            c.task != .forecast
        else { return nil }
        featureCount = c.featureCount
        tableOffset = workspace.takeFixed(256)
        line = withUnsafeTemporaryAllocation(of: Int16.self, capacity: 256) { table in
            guard let table = table.baseAddress else { return .none }
            return FixedByteLine.fill(
                table, offset: c.inputOffset, scale: c.inputScale, format)
        }
    }

    /// Fills the table: truncate((v + offset) · scale) for v from 0 to 255.
    func prepare(
        _ workspace: UnsafeMutableRawPointer, _ first: Junction, offset: Float, scale: Float
    ) {
        guard let format = first.format else { return }
        _ = FixedByteLine.fill(table(workspace), offset: offset, scale: scale, format)
    }

    /// x[i] = table[raw[i]], padded to whole vectors; the rest of x is left alone.
    func convert(
        _ raw: UnsafeRawPointer, _ x: UnsafeMutablePointer<Int16>,
        _ workspace: UnsafeMutableRawPointer, _ kernels: KernelSet
    ) {
        kernels.fixed.input.u8(
            raw, x, featureCount, table(workspace), line.factor, line.addend, line.shift)
    }

    private func table(_ workspace: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Int16> {
        (workspace + tableOffset).assumingMemoryBound(to: Int16.self)
    }
}
