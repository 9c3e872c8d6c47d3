// A sample on its way in: conversion, normaliser, admission.
//
// These loops are written one element at a time: no element depends on another, so the compiler
// widens them to whatever the instruction set has, and no order of rounding is at stake.

extension VectorKernels {
    /// x = (raw + offset) · scale from unsigned bytes. See `KernelSet.convertU8`.
    @inline(never)
    package static func convertU8(
        _ raw: UnsafeRawPointer, _ x: UnsafeMutablePointer<Float>, _ count: Int, _ offset: Float,
        _ scale: Float
    ) {
        var i = 0
        while i < count {
            x[i] = (Float(raw.loadUnaligned(fromByteOffset: i, as: UInt8.self)) + offset) * scale
            i &+= 1
        }
        clearPads(x, count)
    }

    /// x = (raw + offset) · scale from 16-bit integers. See `KernelSet.convertI16`.
    @inline(never)
    package static func convertI16(
        _ raw: UnsafeRawPointer, _ x: UnsafeMutablePointer<Float>, _ count: Int, _ offset: Float,
        _ scale: Float
    ) {
        var i = 0
        while i < count {
            let value = raw.loadUnaligned(fromByteOffset: i &* 2, as: Int16.self)
            x[i] = (Float(value) + offset) * scale
            i &+= 1
        }
        clearPads(x, count)
    }

    /// x = (raw + offset) · scale from float32. See `KernelSet.convertF32`.
    @inline(never)
    package static func convertF32(
        _ raw: UnsafeRawPointer, _ x: UnsafeMutablePointer<Float>, _ count: Int, _ offset: Float,
        _ scale: Float
    ) {
        var i = 0
        while i < count {
            let value = raw.loadUnaligned(fromByteOffset: i &* 4, as: Float.self)
            x[i] = (value + offset) * scale
            i &+= 1
        }
        clearPads(x, count)
    }

    /// One sample through the running normaliser. See `KernelSet.normalise`.
    @inline(never)
    package static func normalise(
        _ x: UnsafePointer<Float>, _ mean: UnsafeMutablePointer<Double>,
        _ variance: UnsafeMutablePointer<Double>, _ out: UnsafeMutablePointer<Float>,
        _ paddedCount: Int, _ weight: Double, _ clip: Float, _ learn: Bool
    ) {
        let bound = Double(clip)
        var i = 0
        if learn {
            while i < paddedCount {
                let seen = standing(x[i], mean[i], variance[i])
                out[i] = seen.score(bound)
                let limit = 10 * (seen.sigma > seen.floor ? seen.sigma : seen.floor)
                var held = seen.distance > limit ? limit : seen.distance
                held = held < -limit ? -limit : held
                mean[i] = mean[i].addingProduct(weight, held)
                variance[i] = (1 - weight) * variance[i].addingProduct(weight * held, held)
                i &+= 1
            }
        } else {
            while i < paddedCount {
                out[i] = standing(x[i], mean[i], variance[i]).score(bound)
                i &+= 1
            }
        }
    }

    /// The first value outside the bounds, or −1. See `KernelSet.firstOutside`.
    @inline(never)
    package static func firstOutside(
        _ x: UnsafeRawPointer, _ count: Int, _ lower: Float, _ upper: Float
    ) -> Int {
        var start = 0
        while start < count {
            let end = count &- start < 256 ? count : start &+ 256
            var outside: UInt32 = 0
            var i = start
            while i < end {
                let value = x.loadUnaligned(fromByteOffset: i &* 4, as: Float.self)
                outside |= (value >= lower ? 0 : 1) | (value <= upper ? 0 : 1)
                i &+= 1
            }
            if outside != 0 {
                i = start
                while i < end {
                    let value = x.loadUnaligned(fromByteOffset: i &* 4, as: Float.self)
                    if !(value >= lower && value <= upper) { return i }
                    i &+= 1
                }
            }
            start = end
        }
        return -1
    }

    /// The first value outside its own bounds, or −1. See `KernelSet.firstOutsideEach`.
    @inline(never)
    package static func firstOutsideEach(
        _ x: UnsafeRawPointer, _ count: Int, _ lower: UnsafePointer<Float>,
        _ upper: UnsafePointer<Float>
    ) -> Int {
        var start = 0
        while start < count {
            let end = count &- start < 256 ? count : start &+ 256
            var outside: UInt32 = 0
            var i = start
            while i < end {
                let value = x.loadUnaligned(fromByteOffset: i &* 4, as: Float.self)
                outside |= (value >= lower[i] ? 0 : 1) | (value <= upper[i] ? 0 : 1)
                i &+= 1
            }
            if outside != 0 {
                i = start
                while i < end {
                    let value = x.loadUnaligned(fromByteOffset: i &* 4, as: Float.self)
                    if !(value >= lower[i] && value <= upper[i]) { return i }
                    i &+= 1
                }
            }
            start = end
        }
        return -1
    }

    @_transparent
    private static func clearPads(_ x: UnsafeMutablePointer<Float>, _ count: Int) {
        var i = count
        while i & 15 != 0 {
            x[i] = 0
            i &+= 1
        }
    }

    /// Where one value stands against what was seen before it.
    private struct Standing {
        let distance: Double
        let sigma: Double
        let floor: Double

        @_transparent
        func score(_ bound: Double) -> Float {
            let z = distance / sigma
            let high = z > bound ? bound : z
            let held = high < -bound ? -bound : high
            return Float(sigma > floor ? held : 0)
        }
    }

    @_transparent
    private static func standing(_ x: Float, _ mean: Double, _ variance: Double) -> Standing {
        let relative = mean.magnitude * 0x1p-20
        return Standing(
            distance: Double(x) - mean, sigma: variance.squareRoot(),
            floor: relative > 0x1p-40 ? relative : 0x1p-40)
    }
}
