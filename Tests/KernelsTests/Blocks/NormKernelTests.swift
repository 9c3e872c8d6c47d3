// Normalisation of a channel: every set against the definition bit by bit.

import Arithmetic
import Kernels
import Testing

struct NormKernelTests {
    @Test(arguments: KernelSet.all.map(\.name), Values.allCases)
    func channels(name: String, kind: Values) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        for count in ElementwiseTests.counts {
            let run = { (set: KernelSet) -> [[UInt32]] in
                var random = Xoshiro256StarStar(seed: UInt64(count))
                let x = Floats(count) { _ in kind.next(&random) }
                let delta = Floats(count) { _ in kind.next(&random) }
                let (y, e) = (Floats(count) { _ in 3 }, Floats(count) { _ in 3 })
                let (mean, scale) = (kind.next(&random), kind.next(&random))
                let norm = set.norm
                let sums = [
                    norm.sum(x.pointer, count), norm.squares(x.pointer, mean, count),
                    norm.products(x.pointer, delta.pointer, mean, scale, count),
                ]
                norm.apply(x.pointer, y.pointer, mean, scale, 1.5, -0.25, count)
                norm.errors(
                    x.pointer, delta.pointer, e.pointer, mean, scale, 0.75, 0.1, -0.3, count)
                for written in [y, e] { #expect(written.guardsStand && written.padsAreZero) }
                // In place gives the same.
                norm.errors(
                    x.pointer, delta.pointer, delta.pointer, mean, scale, 0.75, 0.1, -0.3, count)
                norm.apply(x.pointer, x.pointer, mean, scale, 1.5, -0.25, count)
                #expect(x.bits == y.bits && delta.bits == e.bits)
                let bits = sums.map { $0.isNaN ? Float.nan.bitPattern : $0.bitPattern }
                return [bits, y.bits, e.bits]
            }
            let difference = firstDifference(run(set), run(.plain))
            #expect(difference == nil, "\(count): \(difference ?? "")")
        }
    }
}
