// Raw bytes as what a fixed-point first junction reads, without floats on the way: where nothing is
// normalised, a byte can become 256 numbers only, and they are looked up.

import Junctions
import WeightStore

/// Where the numbers that bytes become lie in the workspace.
struct FixedInputs: Equatable, Sendable {
    private let featureCount: Int
    private let tableOffset: Int

    /// nil where features are no bytes, are normalised, or are read as floats, by the first junction
    /// or by the score of a forecast.
    init?(_ c: LearnerConfiguration, _ first: Junction, _ workspace: inout WorkspaceLayout) {
        guard c.elementType == .u8, c.normaliser == .none, first.format != nil,
            c.task != .forecast
        else { return nil }
        featureCount = c.featureCount
        tableOffset = workspace.takeFixed(256)
    }

    /// Fills the table: truncate((v + offset) · scale) for v from 0 to 255.
    func prepare(
        _ workspace: UnsafeMutableRawPointer, _ first: Junction, offset: Float, scale: Float
    ) {
        guard let format = first.format else { return }
        let table = table(workspace)
        for value in 0..<256 { table[value] = format.truncating((Float(value) + offset) * scale) }
    }

    /// x[i] = table[raw[i]]; the rest of x is left alone.
    func convert(
        _ raw: UnsafeRawPointer, _ x: UnsafeMutablePointer<Int16>,
        _ workspace: UnsafeMutableRawPointer
    ) {
        let table = table(workspace)
        let bytes = raw.assumingMemoryBound(to: UInt8.self)
        var index = 0
        while index < featureCount {
            x[index] = table[Int(bytes[index])]
            index &+= 1
        }
    }

    private func table(_ workspace: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Int16> {
        (workspace + tableOffset).assumingMemoryBound(to: Int16.self)
    }
}
