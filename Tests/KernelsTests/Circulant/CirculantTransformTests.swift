// Goal: the transforms are discrete Fourier transforms of every block, forwards and back, in the
// packing that CirculantKernels states. Method: against the sum that defines them, in Double.

import Arithmetic
import Kernels
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Block sizes that are supported.
let circulantSizes = [2, 4, 8, 16, 32, 64, 128, 256]

/// The table that transforms need.
func circulantCosines() -> Floats {
    let table = Floats(CirculantTwiddles.paddedCount)
    CirculantTwiddles.fill(table.pointer)
    return table
}

/// Where component `c` of block `b` lies in spectra in lanes.
func circulantLane(_ b: Int, _ c: Int, _ k: Int) -> Int { (b / 16 * k + c) * 16 + b % 16 }

struct CirculantTransformTests {
    /// The spectrum of one block by its definition: k reals.
    private func naiveSpectrum(_ values: [Double]) -> [Double] {
        let k = values.count
        return (0..<k).map { component in
            let isReal = component <= k / 2
            let bin = isReal ? component : k - component
            return (0..<k).reduce(0.0) { sum, t in
                let angle = 2 * Double.pi * Double(bin * t % k) / Double(k)
                return sum + values[t] * (isReal ? cos(angle) : -sin(angle))
            }
        }
    }

    @Test func theTableHoldsCosines() {
        for m in 0...64 {
            let angle = 2 * Double.pi * Double(m) / 256
            #expect(abs(CirculantTwiddles.cosine(m) - cos(angle)) < 0x1p-51)
        }
        #expect(circulantCosines().padsAreZero)
    }

    @Test(arguments: circulantSizes)
    func aTransformIsItsDefinition(k: Int) {
        var random = Xoshiro256StarStar(seed: 11)
        // Nineteen blocks: a whole group of lanes and a ragged one; the last block lacks a value.
        let (blocks, count) = (19, 19 * k - 1)
        let x = Floats(count) { _ in random.normal() }
        let spectra = Floats(32 * k) { _ in 7 }
        let (cosines, staging) = (circulantCosines(), Floats(16 * k + 16))
        KernelSet.plain.circulant.transform(
            x.pointer, count, blocks, k, cosines.pointer, staging.pointer, spectra.pointer)
        #expect(cosines.guardsStand && staging.guardsStand)
        for block in 0..<blocks {
            let values = (0..<k).map {
                block * k + $0 < count ? Double(x.pointer[block * k + $0]) : 0
            }
            for (c, expected) in naiveSpectrum(values).enumerated() {
                let found = Double(spectra.pointer[circulantLane(block, c, k)])
                #expect(
                    abs(found - expected) < 1e-6 * Double(k).squareRoot() * 4,
                    "component \(c) of \(k)")
            }
        }
        #expect((blocks..<32).allSatisfy { spectra.pointer[circulantLane($0, k - 1, k)] == 0 })
    }

    @Test(arguments: circulantSizes)
    func theWayBackUndoesIt(k: Int) {
        var random = Xoshiro256StarStar(seed: 12)
        let (blocks, count) = (21, 20 * k + 1)
        let x = Floats(count) { _ in random.normal() }
        let addend = Floats(count) { _ in random.normal() }
        let (cosines, staging) = (circulantCosines(), Floats(16 * k + 16))
        let spectra = Floats(32 * k)
        for hasAddend in [false, true] {
            KernelSet.best.circulant.transform(
                x.pointer, count, blocks, k, cosines.pointer, staging.pointer, spectra.pointer)
            let y = Floats(count) { _ in 7 }
            KernelSet.best.circulant.invert(
                spectra.pointer, blocks, k, cosines.pointer, staging.pointer,
                hasAddend ? UnsafePointer(addend.pointer) : nil, y.pointer, count)
            for i in 0..<count {
                let expected = x.pointer[i] + (hasAddend ? addend.pointer[i] : 0)
                #expect(abs(y.pointer[i] - expected) < 4e-6)
            }
            #expect(y.padsAreZero && y.guardsStand && staging.guardsStand)
        }
    }
}
