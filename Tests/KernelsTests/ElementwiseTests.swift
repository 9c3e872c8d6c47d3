// Activation functions, softmax, losses, conversion, normaliser and admission: every set against
// the definition, bit by bit.

import Arithmetic
import Kernels
import Testing

struct ElementwiseTests {
    static let counts = [1, 2, 10, 15, 16, 17, 33, 64, 100, 257, 784]

    @Test(arguments: KernelSet.all.map(\.name), Values.allCases)
    func inPlace(name: String, values: Values) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        let functions: [(String, (KernelSet) -> KernelSet.InPlace)] = [
            ("relu", { $0.relu }), ("sigmoid", { $0.sigmoid }), ("tanh", { $0.tanh }),
            ("exp", { $0.exp }), ("log", { $0.log }), ("softmax", { $0.softmax }),
        ]
        for (function, pick) in functions {
            for count in Self.counts {
                var random = Xoshiro256StarStar(seed: UInt64(count))
                let found = Floats(count) { _ in values.next(&random) }
                let expected = Floats(copying: found)
                pick(.plain)(expected.pointer, count)
                pick(set)(found.pointer, count)
                #expect(
                    firstDifference([found.bits], [expected.bits]) == nil,
                    "\(function), seed and count \(count)")
                #expect(found.guardsStand && found.padsAreZero, "\(function), count \(count)")
            }
        }
    }

    /// A stride over all 2³² bit patterns: every exponent, both signs, NaN among them.
    @Test(arguments: KernelSet.all.map(\.name))
    func everyExponent(name: String) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        let count = 65_536
        let functions: [(String, (KernelSet) -> KernelSet.InPlace)] = [
            ("sigmoid", { $0.sigmoid }), ("tanh", { $0.tanh }), ("exp", { $0.exp }),
            ("log", { $0.log }),
        ]
        for (function, pick) in functions {
            let found = Floats(count) { Float(bitPattern: UInt32($0) &* 65_537 &+ 31) }
            let expected = Floats(copying: found)
            pick(.plain)(expected.pointer, count)
            pick(set)(found.pointer, count)
            #expect(firstDifference([found.bits], [expected.bits]) == nil, "\(function)")
        }
    }

    @Test(arguments: KernelSet.all.map(\.name), Values.allCases)
    func derivatives(name: String, values: Values) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        let functions: [(String, (KernelSet) -> KernelSet.Derivative)] = [
            ("relu", { $0.reluDelta }), ("sigmoid", { $0.sigmoidDelta }),
            ("tanh", { $0.tanhDelta }),
        ]
        for (function, pick) in functions {
            for count in Self.counts {
                var random = Xoshiro256StarStar(seed: UInt64(count))
                let y = Floats(count) { _ in values.next(&random) }
                let found = Floats(count) { _ in values.next(&random) }
                let expected = Floats(copying: found)
                pick(.plain)(y.pointer, expected.pointer, count)
                pick(set)(y.pointer, found.pointer, count)
                #expect(
                    firstDifference([found.bits], [expected.bits]) == nil,
                    "\(function), seed and count \(count)")
                #expect(found.guardsStand && found.padsAreZero)
            }
        }
    }

    @Test(arguments: KernelSet.all.map(\.name))
    func losses(name: String) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        for values in [Values.ordinary, .sparse, .huge] {
            for count in Self.counts {
                var random = Xoshiro256StarStar(seed: UInt64(count))
                let y = Floats(count) { _ in values.next(&random) }
                let target = Floats(count) { _ in values.next(&random) }
                let label = random.index(below: count)
                let run = { (set: KernelSet) -> ([Float], [[UInt32]]) in
                    let p = Floats(copying: y)
                    let delta = Floats(count) { _ in 3 }
                    let difference = Floats(count) { _ in 3 }
                    set.softmax(p.pointer, count)
                    let loss = set.crossEntropy(p.pointer, label, delta.pointer, count)
                    let squares = set.squaredError(
                        y.pointer, target.pointer, difference.pointer, count, 0.5)
                    #expect(delta.guardsStand && delta.padsAreZero && difference.padsAreZero)
                    // In place gives the same.
                    let same = set.crossEntropy(p.pointer, label, p.pointer, count)
                    #expect(same.bitPattern == loss.bitPattern && p.bits == delta.bits)
                    return ([loss, squares], [delta.bits, difference.bits])
                }
                let found = run(set)
                let expected = run(.plain)
                #expect(found.0.map(\.bitPattern) == expected.0.map(\.bitPattern), "\(count)")
                #expect(firstDifference(found.1, expected.1) == nil, "seed and count \(count)")
            }
        }
    }

    @Test func softmaxIsAProbability() {
        let p = Floats(10) { Float($0) * 30 - 150 }
        KernelSet.best.softmax(p.pointer, 10)
        let sum = (0..<10).reduce(Float(0)) { $0 + p.pointer[$1] }
        #expect(abs(sum - 1) < 1e-6)
        let delta = Floats(10)
        let loss = KernelSet.best.crossEntropy(p.pointer, 8, delta.pointer, 10)
        #expect(abs(loss - 30) < 1e-4)
        #expect(delta.pointer[8] < -0.99 && delta.pointer[9] > 0.99)
        let impossible = KernelSet.best.crossEntropy(p.pointer, 0, delta.pointer, 10)
        #expect(impossible.isFinite && impossible > 87)
    }
}
