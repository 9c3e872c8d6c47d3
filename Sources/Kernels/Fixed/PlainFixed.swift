// The definitions of the fixed-point kernels: scalar, with the arithmetic of `FixedFormat`.
//
// Legend as in FixedKernelSet.swift.

import Arithmetic
import CLanes

/// A format and the counters of one run: every operation counts its own saturations.
struct FixedCounting {
    let format: FixedFormat
    let counters: UnsafeMutablePointer<UInt64>?

    init(_ width: Int, _ fractionBits: Int, _ counters: UnsafeMutablePointer<UInt64>?) {
        guard let format = FixedFormat(width, width - 1 - fractionBits, fractionBits) else {
            preconditionFailure("a legal format: \(width) bits, \(fractionBits) of fraction")
        }
        self.format = format
        self.counters = counters
    }

    func multiply(_ a: Int16, _ b: Int16, _ counter: Int) -> Int16 {
        if let counters, format.saturates(Int32(a) * Int32(b)) { counters[counter] &+= 1 }
        return format.multiply(a, b)
    }

    func saturate(_ sum: Int32, _ counter: Int) -> Int16 {
        let result = format.saturate(sum)
        if let counters, Int32(result) != sum { counters[counter] &+= 1 }
        return result
    }

    func add(_ a: Int16, _ b: Int16, _ counter: Int) -> Int16 {
        saturate(Int32(a) + Int32(b), counter)
    }

    /// (δ ⊗ f′) ⊗ w, without f′ where it is 1.
    func error(_ delta: Int16, _ derivative: Int16?, _ w: Int16) -> Int16 {
        multiply(derivative.map { multiply(delta, $0, 2) } ?? delta, w, 2)
    }

    func biasIncrement(_ delta: Int16, _ shift: Int) -> Int16 {
        if let counters, shift == 0, delta == format.lowest { counters[3] &+= 1 }
        return format.biasIncrement(delta, shift: shift)
    }
}

extension PlainKernels {
    static func fixedFeedforward(
        _ w: UnsafePointer<Int16>, _ bias: UnsafePointer<Int16>, _ x: UnsafePointer<Int16>,
        _ y: UnsafeMutablePointer<Int16>, _ outputs: Int, _ rowStride: Int, _ width: Int,
        _ fractionBits: Int, _ saturations: UnsafeMutablePointer<UInt64>?
    ) {
        let arithmetic = FixedCounting(width, fractionBits, saturations)
        for j in 0..<outputs {
            var sum = Int32(bias[j])
            for i in 0..<rowStride {
                sum += Int32(arithmetic.multiply(w[j * rowStride + i], x[i], 0))
            }
            y[j] = arithmetic.saturate(sum, 1)
        }
    }

    static func fixedBackprop(
        _ w: UnsafePointer<Int16>, _ delta: UnsafePointer<Int16>,
        _ derivative: UnsafePointer<Int16>?, _ e: UnsafeMutablePointer<Int16>, _ outputs: Int,
        _ rowStride: Int, _ width: Int, _ fractionBits: Int,
        _ saturations: UnsafeMutablePointer<UInt64>?
    ) {
        let arithmetic = FixedCounting(width, fractionBits, saturations)
        for i in 0..<rowStride { e[i] = 0 }
        for j in 0..<outputs {
            for i in 0..<rowStride {
                let product = arithmetic.error(delta[j], derivative?[i], w[j * rowStride + i])
                e[i] = arithmetic.add(e[i], product, 2)
            }
        }
    }

    static func fixedBackpropUpdate(
        _ w: UnsafeMutablePointer<Int16>, _ bias: UnsafeMutablePointer<Int16>,
        _ x: UnsafePointer<Int16>, _ delta: UnsafePointer<Int16>,
        _ derivative: UnsafePointer<Int16>?, _ e: UnsafeMutablePointer<Int16>?, _ outputs: Int,
        _ rowStride: Int, _ width: Int, _ fractionBits: Int, _ learningShift: Int,
        _ saturations: UnsafeMutablePointer<UInt64>?
    ) {
        if let e {
            fixedBackprop(
                w, delta, derivative, e, outputs, rowStride, width, fractionBits, saturations)
        }
        let arithmetic = FixedCounting(width, fractionBits, saturations)
        for j in 0..<outputs {
            let db = arithmetic.biasIncrement(delta[j], learningShift)
            for i in 0..<rowStride {
                let index = j * rowStride + i
                w[index] = arithmetic.add(w[index], arithmetic.multiply(db, x[i], 3), 3)
            }
            bias[j] = arithmetic.add(bias[j], db, 3)
        }
    }
}

extension PlainKernels {
    static func fixedEdgeFeedforward(
        _ edges: FixedEdges, _ w: UnsafePointer<Int16>, _ bias: UnsafePointer<Int16>,
        _ x: UnsafePointer<Int16>, _ y: UnsafeMutablePointer<Int16>, _ width: Int,
        _ fractionBits: Int, _ saturations: UnsafeMutablePointer<UInt64>?
    ) {
        let arithmetic = FixedCounting(width, fractionBits, saturations)
        for j in 0..<edges.outputs {
            var sum = Int32(bias[j])
            for k in 0..<edges.fan_in {
                let edge = j * edges.row_stride + k
                if edges.left[edge] == .max { continue }
                sum += Int32(arithmetic.multiply(w[edge], x[Int(edges.left[edge])], 0))
            }
            y[j] = arithmetic.saturate(sum, 1)
        }
    }

    static func fixedEdgeBackprop(
        _ edges: FixedEdges, _ w: UnsafePointer<Int16>, _ delta: UnsafePointer<Int16>,
        _ derivative: UnsafePointer<Int16>?, _ e: UnsafeMutablePointer<Int16>,
        _ scratch: UnsafeMutablePointer<Int16>, _ width: Int, _ fractionBits: Int,
        _ saturations: UnsafeMutablePointer<UInt64>?
    ) {
        let arithmetic = FixedCounting(width, fractionBits, saturations)
        for i in 0..<(edges.inputs + 31) / 32 * 32 { e[i] = 0 }
        for j in 0..<edges.outputs {
            for k in 0..<edges.fan_in {
                let edge = j * edges.row_stride + k
                if edges.left[edge] == .max { continue }
                let i = Int(edges.left[edge])
                let product = arithmetic.error(delta[j], derivative?[i], w[edge])
                e[i] = arithmetic.add(e[i], product, 2)
            }
        }
    }

    static func fixedEdgeUpdate(
        _ edges: FixedEdges, _ w: UnsafeMutablePointer<Int16>,
        _ bias: UnsafeMutablePointer<Int16>, _ x: UnsafePointer<Int16>,
        _ delta: UnsafePointer<Int16>, _ width: Int, _ fractionBits: Int, _ learningShift: Int,
        _ saturations: UnsafeMutablePointer<UInt64>?
    ) {
        let arithmetic = FixedCounting(width, fractionBits, saturations)
        for j in 0..<edges.outputs {
            let db = arithmetic.biasIncrement(delta[j], learningShift)
            for k in 0..<edges.fan_in {
                let edge = j * edges.row_stride + k
                if edges.left[edge] == .max { continue }
                let dw = arithmetic.multiply(db, x[Int(edges.left[edge])], 3)
                w[edge] = arithmetic.add(w[edge], dw, 3)
            }
            bias[j] = arithmetic.add(bias[j], db, 3)
        }
    }
}
