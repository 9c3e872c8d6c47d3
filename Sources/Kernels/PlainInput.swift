// The definitions of what happens to a sample before the network: conversion, normaliser,
// admission.

extension PlainKernels {
    static func convertU8(
        _ raw: UnsafeRawPointer, _ x: UnsafeMutablePointer<Float>, _ count: Int, _ offset: Float,
        _ scale: Float
    ) {
        for i in 0..<count {
            x[i] = (Float(raw.loadUnaligned(fromByteOffset: i, as: UInt8.self)) + offset) * scale
        }
        clearPads(x, count)
    }

    static func convertI16(
        _ raw: UnsafeRawPointer, _ x: UnsafeMutablePointer<Float>, _ count: Int, _ offset: Float,
        _ scale: Float
    ) {
        for i in 0..<count {
            let value = raw.loadUnaligned(fromByteOffset: 2 * i, as: Int16.self)
            x[i] = (Float(value) + offset) * scale
        }
        clearPads(x, count)
    }

    static func convertF32(
        _ raw: UnsafeRawPointer, _ x: UnsafeMutablePointer<Float>, _ count: Int, _ offset: Float,
        _ scale: Float
    ) {
        for i in 0..<count {
            let value = raw.loadUnaligned(fromByteOffset: 4 * i, as: Float.self)
            x[i] = (value + offset) * scale
        }
        clearPads(x, count)
    }

    static func normalise(
        _ x: UnsafePointer<Float>, _ mean: UnsafeMutablePointer<Double>,
        _ variance: UnsafeMutablePointer<Double>, _ out: UnsafeMutablePointer<Float>,
        _ paddedCount: Int, _ weight: Double, _ clip: Float, _ learn: Bool
    ) {
        let bound = Double(clip)
        for i in 0..<paddedCount {
            let d = Double(x[i]) - mean[i]
            let sigma = variance[i].squareRoot()
            let relative = mean[i].magnitude * 0x1p-20
            let floor = relative > 0x1p-40 ? relative : 0x1p-40
            var z = sigma > floor ? d / sigma : 0
            if z > bound { z = bound }
            if z < -bound { z = -bound }
            out[i] = Float(z)
            if learn {
                let limit = 10 * (sigma > floor ? sigma : floor)
                var held = d
                if held > limit { held = limit }
                if held < -limit { held = -limit }
                mean[i] = mean[i].addingProduct(weight, held)
                variance[i] = (1 - weight) * variance[i].addingProduct(weight * held, held)
            }
        }
    }

    static func firstOutside(
        _ x: UnsafeRawPointer, _ count: Int, _ lower: Float, _ upper: Float
    ) -> Int {
        for i in 0..<count {
            let value = x.loadUnaligned(fromByteOffset: 4 * i, as: Float.self)
            if !(value >= lower && value <= upper) { return i }
        }
        return -1
    }

    static func firstOutsideEach(
        _ x: UnsafeRawPointer, _ count: Int, _ lower: UnsafePointer<Float>,
        _ upper: UnsafePointer<Float>
    ) -> Int {
        for i in 0..<count {
            let value = x.loadUnaligned(fromByteOffset: 4 * i, as: Float.self)
            if !(value >= lower[i] && value <= upper[i]) { return i }
        }
        return -1
    }
}
