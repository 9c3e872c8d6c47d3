// The definitions of the lane-aligned kernels: edge by edge, as the documentation says.
//
// Legend as in LaneAlignedKernelSet.swift.

extension PlainKernels {
    /// Where the edge of a lane of a block starts: left neuron 16r + (l xor s).
    private static func leftNeuron(_ block: UInt32, _ lane: Int) -> Int {
        16 * Int(block / 64) + (lane ^ Int(block % 64))
    }

    /// All blocks in the order of BP: four groups after the other; of these pass after pass; of a
    /// pass group by group.
    private static func forEachBlock(
        _ rows: Int, _ outputs: Int, _ slots: Int, _ body: (_ group: Int, _ block: Int) -> Void
    ) {
        let groups = padded(outputs) / 16
        for first in stride(from: 0, to: groups, by: 4) {
            for pass in stride(from: 0, to: slots, by: rows) {
                for group in first..<min(first + 4, groups) {
                    for slot in pass..<min(pass + rows, slots) {
                        body(group, group * slots + slot)
                    }
                }
            }
        }
    }

    static func laneAlignedFeedforward(
        _ w: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ x: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ blocks: UnsafePointer<UInt32>,
        _ outputs: Int, _ slots: Int
    ) {
        for j in 0..<padded(outputs) {
            let (group, lane) = (j / 16, j % 16)
            var sum: Float = 0
            for k in group * slots..<(group + 1) * slots {
                let i = leftNeuron(blocks[k], lane)
                sum = sum.addingProduct(w[16 * k + lane], x[i])
            }
            y[j] = j < outputs ? sum + bias[j] : 0
        }
    }

    static func laneAlignedBackpropUpdate(
        _ w: UnsafeMutablePointer<Float>, _ bias: UnsafeMutablePointer<Float>,
        _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>?, _ blocks: UnsafePointer<UInt32>,
        _ rows: Int, _ outputs: Int, _ slots: Int, _ learningRate: Float, _ decay: Float
    ) {
        let keep = 1 - learningRate * decay
        for i in 0..<16 * rows { e?[i] = 0 }
        forEachBlock(rows, outputs, slots) { group, block in
            let errors = delta + 16 * group
            if keep == 1, (0..<16).allSatisfy({ errors[$0] == 0 }) { return }
            for lane in 0..<16 {
                let i = leftNeuron(blocks[block], lane)
                let weight = w[16 * block + lane]
                if let e { e[i] += weight * errors[lane] }
                let kept = keep == 1 ? weight : keep * weight
                w[16 * block + lane] = kept.addingProduct(-(learningRate * errors[lane]), x[i])
            }
        }
        for group in 0..<padded(outputs) / 16 {
            let errors = delta + 16 * group
            if keep == 1, (0..<16).allSatisfy({ errors[$0] == 0 }) { continue }
            for lane in 0..<16 { bias[16 * group + lane] += -(learningRate * errors[lane]) }
        }
    }

    static func laneAlignedBackpropUpdateMomentum(
        _ w: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>,
        _ bias: UnsafeMutablePointer<Float>, _ biasVelocity: UnsafeMutablePointer<Float>,
        _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>?, _ blocks: UnsafePointer<UInt32>,
        _ rows: Int, _ outputs: Int, _ slots: Int, _ learningRate: Float,
        _ momentum: Float, _ decay: Float
    ) {
        for i in 0..<16 * rows { e?[i] = 0 }
        for j in 0..<padded(outputs) {
            biasVelocity[j] = delta[j].addingProduct(momentum, biasVelocity[j])
            bias[j] = bias[j].addingProduct(-learningRate, biasVelocity[j])
        }
        forEachBlock(rows, outputs, slots) { group, block in
            for lane in 0..<16 {
                let i = leftNeuron(blocks[block], lane)
                let (index, error) = (16 * block + lane, delta[16 * group + lane])
                let weight = w[index]
                if let e { e[i] += weight * error }
                let increment = (decay * weight).addingProduct(error, x[i])
                velocity[index] = increment.addingProduct(momentum, velocity[index])
                w[index] = weight.addingProduct(-learningRate, velocity[index])
            }
        }
    }
}
