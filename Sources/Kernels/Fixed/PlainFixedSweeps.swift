// The definitions of the fixed-point kernels over sweeps: edge by edge.
//
// Legend as in FixedSweepKernelSet.swift.

import Arithmetic
import CLanes

extension FixedSweeps {
    fileprivate var edges: Range<Int> { 0..<sweeps * inputs }
}

extension PlainKernels {
    static func fixedSweepFeedforward(
        _ sweeps: FixedSweeps, _ w: UnsafePointer<Int16>, _ bias: UnsafePointer<Int16>,
        _ x: UnsafePointer<Int16>, _ y: UnsafeMutablePointer<Int16>,
        _ scratch: UnsafeMutablePointer<Int16>, _ width: Int, _ fractionBits: Int,
        _ saturations: UnsafeMutablePointer<UInt64>?
    ) {
        let arithmetic = FixedCounting(width, fractionBits, saturations)
        var sums = (0..<sweeps.outputs).map { Int32(bias[$0]) }
        for edge in sweeps.edges {
            sums[sweeps.rightNeuron(edge)] += Int32(
                arithmetic.multiply(w[edge], x[sweeps.leftNeuron(edge)], 0))
        }
        for j in 0..<sweeps.outputs { y[j] = arithmetic.saturate(sums[j], 1) }
    }

    static func fixedSweepBackprop(
        _ sweeps: FixedSweeps, _ w: UnsafePointer<Int16>, _ delta: UnsafePointer<Int16>,
        _ derivative: UnsafePointer<Int16>?, _ e: UnsafeMutablePointer<Int16>,
        _ scratch: UnsafeMutablePointer<Int16>, _ width: Int, _ fractionBits: Int,
        _ saturations: UnsafeMutablePointer<UInt64>?
    ) {
        let arithmetic = FixedCounting(width, fractionBits, saturations)
        for i in 0..<sweeps.inputs { e[i] = 0 }
        for edge in sweeps.edges {
            let (i, j) = (sweeps.leftNeuron(edge), sweeps.rightNeuron(edge))
            e[i] = arithmetic.add(e[i], arithmetic.error(delta[j], derivative?[i], w[edge]), 2)
        }
    }

    static func fixedSweepUpdate(
        _ sweeps: FixedSweeps, _ w: UnsafeMutablePointer<Int16>,
        _ bias: UnsafeMutablePointer<Int16>, _ x: UnsafePointer<Int16>,
        _ delta: UnsafePointer<Int16>, _ scratch: UnsafeMutablePointer<Int16>, _ width: Int,
        _ fractionBits: Int, _ learningShift: Int, _ saturations: UnsafeMutablePointer<UInt64>?
    ) {
        let arithmetic = FixedCounting(width, fractionBits, saturations)
        let increments = (0..<sweeps.outputs).map {
            arithmetic.biasIncrement(delta[$0], learningShift)
        }
        for edge in sweeps.edges {
            let db = increments[sweeps.rightNeuron(edge)]
            let dw = arithmetic.multiply(db, x[sweeps.leftNeuron(edge)], 3)
            w[edge] = arithmetic.add(w[edge], dw, 3)
        }
        for j in 0..<sweeps.outputs { bias[j] = arithmetic.add(bias[j], increments[j], 3) }
    }
}
