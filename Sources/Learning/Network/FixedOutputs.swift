// Loss and output error of sigmoid outputs in fixed point, without floats: for cross-entropy, where
// f′ cancels and δ = y − t. What the float definition gives (Loss.swift), bit for bit: y = q · 2^−b_f
// and 1 − y are exact in a Float, so there are no more logarithms than numbers q, and they are looked
// up; and y − t is a number of the format, or is saturated to one.

import Arithmetic
import Junctions

/// Where the logarithms lie in the workspace.
struct FixedOutputs: Equatable, Sendable {
    /// Most fraction bits for which logarithms are kept: 8 KiB of them.
    private static let mostFractionBits = 11

    /// 2^b_f, the number that stands for 1.
    let one: Int
    private let lowest: Int
    private let highest: Int
    private let logarithmsOffset: Int

    /// nil where the last junction, the activation or the loss is another.
    init?(_ c: LearnerConfiguration, _ last: Junction, _ workspace: inout WorkspaceLayout) {
        guard let format = last.format, format.fractionBits <= Self.mostFractionBits,
            c.outputActivation == .sigmoid, c.loss == .crossEntropy
        else { return nil }
        one = 1 << format.fractionBits
        lowest = Int(format.lowest)
        highest = Int(format.highest)
        logarithmsOffset = workspace.takeFloats(one + 1)
    }

    /// Fills the table: log(max(q · 2^−b_f, least)) for q from 0 to 2^b_f.
    func prepare(_ workspace: UnsafeMutableRawPointer, least: Float) {
        let logarithms = logarithms(workspace)
        for number in 0...one {
            logarithms[number] = logFMA(max(Float(number) / Float(one), least))
        }
    }

    /// −Σⱼ log pⱼ, as `Network.lossValue` defines it, for `count` outputs y.
    @inline(__always)
    func loss(
        _ y: UnsafePointer<Int16>, _ count: Int, classIndex: Int,
        _ workspace: UnsafeMutableRawPointer
    ) -> Double {
        let logarithms = logarithms(workspace)
        var sum = 0.0
        for index in 0..<count {
            let number = Int(y[index])
            sum -= Double(logarithms[index == classIndex ? number : one &- number])
        }
        return sum
    }

    /// δ = y − t, saturated; `count` numbers.
    @inline(__always)
    func setErrors(
        _ y: UnsafePointer<Int16>, _ count: Int, classIndex: Int,
        _ delta: UnsafeMutablePointer<Int16>
    ) {
        delta.update(from: y, count: count)
        let error = Int(y[classIndex]) - one
        delta[classIndex] = Int16(truncatingIfNeeded: min(max(error, lowest), highest))
    }

    private func logarithms(
        _ workspace: UnsafeMutableRawPointer
    ) -> UnsafeMutablePointer<Float> {
        (workspace + logarithmsOffset).assumingMemoryBound(to: Float.self)
    }
}
