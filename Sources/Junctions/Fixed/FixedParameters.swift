// What the parameters of every junction in fixed point look like: `weights` [outputs, columns]
// with rows padded to whole 32, `bias` [outputs], for N:M a view of the weights, and four counters
// of saturations.

import Arithmetic

/// Where the fields of a fixed-point junction lie.
struct FixedParameters {
    let outputs: Int
    /// Numbers from row to row of the weights, a multiple of 32.
    let rowStride: Int
    /// Whether a view of the weights that FF reads lies behind the biases.
    var hasView = false

    /// `count` rounded up to whole vectors of 32 numbers.
    static func paddedCount(_ count: Int) -> Int { (count + 31) & ~31 }

    /// The fields in their order.
    /// - columns: weights of a row
    func fields(columns: Int) -> [JunctionField] {
        let view = JunctionField(
            "view.forward", .i16, shape: [outputs, columns], rowStride: rowStride,
            isLearned: false)
        return [
            JunctionField("weights", .i16, shape: [outputs, columns], rowStride: rowStride),
            JunctionField(
                "bias", .i16, shape: [outputs], rowStride: Self.paddedCount(outputs)),
        ] + (hasView ? [view] : [])
            + [JunctionField("saturations", .u64, shape: [4], isLearned: false)]
    }

    private var biasOffset: Int { outputs * rowStride * 2 }
    private var viewOffset: Int { biasOffset + Self.paddedCount(outputs) * 2 }
    private var saturationOffset: Int { viewOffset + (hasView ? biasOffset : 0) }

    func weights(_ parameters: UnsafeRawPointer) -> UnsafePointer<Int16> {
        parameters.assumingMemoryBound(to: Int16.self)
    }

    func weights(_ parameters: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Int16> {
        parameters.assumingMemoryBound(to: Int16.self)
    }

    func bias(_ parameters: UnsafeRawPointer) -> UnsafePointer<Int16> {
        (parameters + biasOffset).assumingMemoryBound(to: Int16.self)
    }

    func bias(_ parameters: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Int16> {
        (parameters + biasOffset).assumingMemoryBound(to: Int16.self)
    }

    func view(_ parameters: UnsafeRawPointer) -> UnsafePointer<Int16> {
        (parameters + viewOffset).assumingMemoryBound(to: Int16.self)
    }

    func view(_ parameters: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Int16> {
        (parameters + viewOffset).assumingMemoryBound(to: Int16.self)
    }

    func saturations(_ parameters: UnsafeMutableRawPointer) -> UnsafeMutablePointer<UInt64> {
        (parameters + saturationOffset).assumingMemoryBound(to: UInt64.self)
    }

    /// Draws weights row by row, then biases, each truncated towards −∞.
    /// - count: weights that a row has
    func draw(
        _ parameters: UnsafeMutableRawPointer, _ format: FixedFormat,
        _ distribution: WeightDistribution, _ generator: inout Xoshiro256StarStar,
        count: (_ row: Int) -> Int
    ) {
        let weights = weights(parameters)
        for row in 0..<outputs {
            for column in 0..<count(row) {
                weights[row * rowStride + column] =
                    format.truncating(distribution.weight(&generator))
            }
        }
        drawBias(parameters, format, distribution, &generator)
    }

    /// Draws the biases alone.
    func drawBias(
        _ parameters: UnsafeMutableRawPointer, _ format: FixedFormat,
        _ distribution: WeightDistribution, _ generator: inout Xoshiro256StarStar
    ) {
        let bias = bias(parameters)
        for row in 0..<outputs { bias[row] = format.truncating(distribution.bias(&generator)) }
    }

    /// One line where weights or biases are beyond the format.
    func findings(_ parameters: UnsafeRawPointer, _ format: FixedFormat) -> [String] {
        let isOutside = { (number: Int16) in number < format.lowest || number > format.highest }
        let weights = weights(parameters)
        let bias = bias(parameters)
        let counts = [
            ("weights", (0..<outputs * rowStride).count { isOutside(weights[$0]) }),
            ("bias", (0..<outputs).count { isOutside(bias[$0]) }),
        ]
        return counts.filter { $0.1 > 0 }.map {
            "\($0.0): \($0.1) numbers are outside of \(format.text)"
        }
    }
}
