// A sample on its way in: conversion, normaliser and admission, every set against the definition.

import Arithmetic
import Kernels
import Testing

struct InputTests {
    static let counts = [1, 7, 16, 17, 100, 255, 256, 257, 784]

    @Test(arguments: KernelSet.all.map(\.name))
    func conversion(name: String) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        let forms: [(KernelSet) -> KernelSet.Conversion] = [
            { $0.convertU8 }, { $0.convertI16 }, { $0.convertF32 },
        ]
        for (form, pick) in forms.enumerated() {
            for count in Self.counts {
                var random = Xoshiro256StarStar(seed: UInt64(count))
                var raw = [UInt8](repeating: 0, count: 4 * count + 1)
                for i in raw.indices { raw[i] = UInt8(truncatingIfNeeded: random.next()) }
                let found = Floats(count) { _ in 9 }
                let expected = Floats(count) { _ in 9 }
                raw.withUnsafeBytes { bytes in
                    // One byte in: no alignment may be assumed.
                    let start = bytes.baseAddress.map { $0 + 1 }
                    guard let start else { return }
                    pick(.plain)(start, expected.pointer, count, -3.5, 0.01)
                    pick(set)(start, found.pointer, count, -3.5, 0.01)
                }
                #expect(
                    firstDifference([found.bits], [expected.bits]) == nil,
                    "form \(form), seed and count \(count)")
                #expect(found.guardsStand && found.padsAreZero)
            }
        }
    }

    @Test(arguments: KernelSet.all.map(\.name))
    func normaliser(name: String) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        for count in Self.counts {
            let paddedCount = (count + 15) / 16 * 16
            let run = { (set: KernelSet) -> [UInt64] in
                var random = Xoshiro256StarStar(seed: UInt64(count))
                let mean = UnsafeMutablePointer<Double>.allocate(capacity: 2 * paddedCount)
                defer { mean.deallocate() }
                mean.initialize(repeating: 0, count: 2 * paddedCount)
                let variance = mean + paddedCount
                for i in 0..<count where i % 5 != 0 {
                    mean[i] = Double(random.normal())
                    variance[i] = Double(random.uniform())
                }
                let x = Floats(count)
                let out = Floats(count)
                var bits: [UInt64] = []
                for step in 0..<20 {
                    for i in 0..<count where i % 10 != 0 {
                        x.pointer[i] = random.normal() * (step == 7 ? 1e8 : 1)
                    }
                    set.normalise(
                        x.pointer, mean, variance, out.pointer, paddedCount,
                        1 / Double(101 + step), 8, step % 3 != 2)
                    bits += out.bits.map(UInt64.init)
                }
                #expect(out.guardsStand && out.padsAreZero)
                for i in 0..<2 * paddedCount { bits.append(mean[i].bitPattern) }
                return bits
            }
            #expect(run(set) == run(.plain), "seed and count \(count)")
        }
    }

    /// `out` may be `x`: the kernel reads a value before it writes there.
    @Test(arguments: KernelSet.all.map(\.name))
    func normaliserInPlace(name: String) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        let mean = UnsafeMutablePointer<Double>.allocate(capacity: 96)
        defer { mean.deallocate() }
        var random = Xoshiro256StarStar(seed: 6)
        let x = Floats(48) { _ in random.normal() }
        let out = Floats(48)
        for target in [out, x] {
            mean.initialize(repeating: 0.25, count: 96)
            set.normalise(x.pointer, mean, mean + 48, target.pointer, 48, 0.01, 8, true)
        }
        #expect(firstDifference([x.bits], [out.bits]) == nil, "seed 6")
    }

    /// What the normaliser is for: standing, clipping, a spike, and a column that comes alive.
    @Test func normaliserBehaves() {
        let mean = UnsafeMutablePointer<Double>.allocate(capacity: 32)
        defer { mean.deallocate() }
        mean.initialize(repeating: 0, count: 32)
        let variance = mean + 16
        variance[0] = 4
        variance[1] = 4
        let x = Floats(4) { [2, 1e8, 5, 0][$0] }
        let out = Floats(4)
        let kernels = KernelSet.best
        kernels.normalise(x.pointer, mean, variance, out.pointer, 16, 0.01, 6, true)
        #expect((0..<4).map { out.pointer[$0] } == [1, 6, 0, 0])
        #expect(abs(mean[0] - 0.02) < 1e-12 && abs(mean[1] - 0.2) < 1e-12)
        #expect(abs(variance[1] - 0.99 * (4 + 0.01 * 400)) < 1e-9)
        var random = Xoshiro256StarStar(seed: 2)
        for n in 102...600 {
            x.pointer[2] = 5 + random.normal()
            kernels.normalise(
                x.pointer, mean, variance, out.pointer, 16, 1 / Double(n), 6, true)
        }
        #expect(abs(mean[2] - 5) < 2 && variance[2] > 0.2 && variance[2] < 20)
        #expect(mean[3] == 0 && variance[3] == 0 && out.pointer[3] == 0)
    }

    @Test(arguments: KernelSet.all.map(\.name))
    func admission(name: String) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        let bad: [Float] = [.nan, .infinity, -.infinity, 1e30, -1e30, 1.0000001e9]
        for count in Self.counts {
            let lower = Floats(count) { _ in -1e9 }
            let upper = Floats(count) { _ in 1e9 }
            let x = Floats(count) { Float($0) - 1e9 / Float($0 + 1) }
            let both = {
                (
                    set.firstOutside(x.pointer, count, -1e9, 1e9),
                    set.firstOutsideEach(x.pointer, count, lower.pointer, upper.pointer)
                )
            }
            #expect(both() == (-1, -1))
            for (k, value) in bad.enumerated() {
                for place in [0, count / 2, count - 1] {
                    let old = x.pointer[place]
                    x.pointer[place] = value
                    x.pointer[count - 1] = k % 2 == 0 ? x.pointer[count - 1] : .nan
                    let first = min(place, k % 2 == 0 ? place : count - 1)
                    #expect(both() == (first, first), "\(value) at \(place) of \(count)")
                    x.pointer[place] = old
                    x.pointer[count - 1] = 0
                }
            }
            upper.pointer[count / 2] = -2e9
            #expect(
                set.firstOutsideEach(x.pointer, count, lower.pointer, upper.pointer) == count / 2)
        }
    }
}
