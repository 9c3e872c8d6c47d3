// Raw features as what a fixed-point first junction reads, without floats on the way. A byte can become
// 256 numbers only: a line through them is computed, if there is one; else they are looked up.

import Arithmetic
import Junctions
import Kernels
import WeightStore

/// The way of raw features to fixed point, where nothing is normalised.
struct FixedInputs: Equatable, Sendable {
    private let elementType: ElementType
    private let featureCount: Int
    private let offset: Float
    private let scale: Float
    private let format: FixedFormat
    /// Where the numbers that bytes become lie in the workspace.
    private let tableOffset: Int
    private let line: FixedByteLine

    /// nil where features are normalised, or are read as floats, by the first junction or by the
    /// score of a forecast or a reconstruction.
    init?(_ c: LearnerConfiguration, _ first: Junction, _ workspace: inout WorkspaceLayout) {
        guard c.normaliser == .none, let format = first.format, c.task.isLabelled else {
            return nil
        }
        elementType = c.elementType
        featureCount = c.featureCount
        offset = c.inputOffset
        scale = c.inputScale
        self.format = format
        tableOffset = workspace.takeFixed(c.elementType == .u8 ? 256 : 0)
        line =
            c.elementType != .u8
            ? .none
            : withUnsafeTemporaryAllocation(of: Int16.self, capacity: 256) { table in
                guard let table = table.baseAddress else { return .none }
                return FixedByteLine.fill(
                    table, offset: c.inputOffset, scale: c.inputScale, format)
            }
    }

    /// Fills the table: truncate((v + offset) · scale) for v from 0 to 255.
    func prepare(_ workspace: UnsafeMutableRawPointer) {
        guard elementType == .u8 else { return }
        _ = FixedByteLine.fill(table(workspace), offset: offset, scale: scale, format)
    }

    /// x[i] = truncate((raw[i] + offset) · scale), padded to whole vectors; the rest of x is left
    /// alone.
    func convert(
        _ raw: UnsafeRawPointer, _ x: UnsafeMutablePointer<Int16>,
        _ workspace: UnsafeMutableRawPointer, _ kernels: KernelSet
    ) {
        let input = kernels.fixed.input
        switch elementType {
        case .u8:
            input.u8(
                raw, x, featureCount, table(workspace), line.factor, line.addend, line.shift)
        case .i16:
            input.i16(
                raw, x, featureCount, offset, scale, format.width, format.fractionBits)
        default:
            input.f32(
                raw, x, featureCount, offset, scale, format.width, format.fractionBits)
        }
    }

    private func table(_ workspace: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Int16> {
        (workspace + tableOffset).assumingMemoryBound(to: Int16.self)
    }
}
