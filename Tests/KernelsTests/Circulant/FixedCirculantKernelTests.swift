// Every set of 16-bit circulant kernels against the definition, number by number, saturations
// included; and the definition against the float transforms, within its rounding.

import Arithmetic
import Kernels
import Testing

/// An array of 16-bit numbers that frees itself; whole chunks of 32, zero behind `count`.
final class Shorts {
    let count: Int
    let pointer: UnsafeMutablePointer<Int16>
    private let paddedCount: Int

    init(_ count: Int, _ value: (Int) -> Int16 = { _ in 0 }) {
        self.count = count
        paddedCount = (count + 31) / 32 * 32
        pointer = .allocate(capacity: paddedCount)
        for i in 0..<paddedCount { pointer[i] = i < count ? value(i) : 0 }
    }

    deinit { pointer.deallocate() }

    var values: [Int16] { (0..<paddedCount).map { pointer[$0] } }
}

struct FixedCirculantKernelTests {
    /// Which numbers: small ones, or any with the extremes often.
    enum Range: CaseIterable, Sendable {
        case small, all

        func next(_ random: inout Xoshiro256StarStar) -> Int16 {
            switch self {
            case .small: return Int16(random.index(below: 2049)) - 1024
            case .all:
                let extremes: [Int16] = [.min, .max, -32767, 0, 16384]
                let pick = random.index(below: 10)
                return pick < 5
                    ? extremes[pick] : Int16(truncatingIfNeeded: random.next())
            }
        }
    }

    private func cosines() -> Shorts {
        let table = Shorts(CirculantTwiddles.paddedCount)
        CirculantTwiddles.fillFixed(table.pointer)
        return table
    }

    private struct Outcome: Equatable {
        var arrays: [[Int16]] = []
        var counts: [Int] = []
    }

    /// FF, then BP with UP, and everything that they leave.
    private func run(
        _ set: KernelSet, _ k: Int, _ shape: (Int, Int), _ range: Range, updateShift: Int
    ) -> Outcome {
        let kernels = set.circulant.fixed
        var random = Xoshiro256StarStar(seed: UInt64(k))
        let (inputs, outputs) = shape
        let (q, p) = ((inputs + k - 1) / k, (outputs + k - 1) / k)
        let stride = (p + 31) / 32 * 32
        let table = cosines()
        let x = Shorts(inputs) { _ in range.next(&random) }
        let delta = Shorts(outputs) { _ in range.next(&random) }
        let w = Shorts(q * k * stride) { $0 % stride < p ? range.next(&random) : 0 }
        let left = Shorts((q + 31) / 32 * 32 * k) { _ in 3 }
        let errors = Shorts((q + 31) / 32 * 32 * k) { _ in 3 }
        let right = Shorts(stride * k) { _ in 3 }
        let (y, e) = (Shorts(outputs), Shorts(inputs))
        var outcome = Outcome()
        outcome.counts.append(
            kernels.transform(x.pointer, inputs, q, k, table.pointer, left.pointer))
        outcome.counts.append(
            kernels.multiply(w.pointer, left.pointer, right.pointer, q, stride, k, 11))
        outcome.arrays += [left.values, right.values]
        outcome.counts.append(
            kernels.invert(right.pointer, p, k, table.pointer, y.pointer, outputs))
        outcome.counts.append(
            kernels.transform(delta.pointer, outputs, p, k, table.pointer, right.pointer))
        var saturations: [UInt64] = [1, 2]
        kernels.backpropUpdate(
            w.pointer, left.pointer, right.pointer, errors.pointer, q, stride, k, 11, updateShift,
            &saturations)
        outcome.arrays.append(errors.values)
        outcome.counts.append(
            kernels.invert(errors.pointer, q, k, table.pointer, e.pointer, inputs))
        outcome.arrays += [y.values, e.values, w.values]
        outcome.counts += saturations.map(Int.init)
        return outcome
    }

    @Test(arguments: KernelSet.all.map(\.name), Range.allCases)
    func everySetGivesTheSameNumbers(name: String, range: Range) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        for k in circulantSizes {
            for shape in [(1, 1), (3 * k + 1, k - 1), (18 * k, 2 * k), (2 * k - 1, 34 * k)]
            where k <= 32 || shape.0 * shape.1 <= 6 * k * k {
                for updateShift in [1, 12, 28] {
                    #expect(
                        run(set, k, shape, range, updateShift: updateShift)
                            == run(.plain, k, shape, range, updateShift: updateShift),
                        "k \(k), \(shape), shift \(updateShift)")
                }
            }
        }
    }

    @Test(arguments: circulantSizes)
    func spectraAreThoseOfFloats(k: Int) {
        var random = Xoshiro256StarStar(seed: 8)
        let (blocks, count) = (5, 5 * k)
        let scale = Float(1 << ((k.trailingZeroBitCount + 1) / 2))
        let x = Shorts(count) { _ in Range.small.next(&random) }
        let floats = Floats(count) { Float(x.pointer[$0]) }
        let expected = Floats(16 * k)
        let (table, fixedTable) = (circulantCosines(), cosines())
        let staging = Floats(16 * k + 16)
        KernelSet.plain.circulant.transform(
            floats.pointer, count, blocks, k, table.pointer, staging.pointer, expected.pointer)
        let found = Shorts(32 * k)
        let saturations = KernelSet.plain.circulant.fixed.transform(
            x.pointer, count, blocks, k, fixedTable.pointer, found.pointer)
        #expect(saturations == 0)
        var largest: Float = 0
        for index in 0..<16 * k {
            let error = abs(Float(found.pointer[index]) - expected.pointer[index] / scale)
            largest = max(largest, error)
        }
        // Rounding half up where a stage halves adds a quarter of a unit on average, which comes
        // together in bin 0: half a unit of every value in time, √k/2 there.
        #expect(largest < 0.5 * (Float(k).squareRoot() + 2), "\(largest)")
        let y = Shorts(count)
        _ = KernelSet.plain.circulant.fixed.invert(
            found.pointer, blocks, k, fixedTable.pointer, y.pointer, count)
        // Forwards times 2^−a and backwards times 2^−(L−a): the same numbers again, nearly.
        let distance = (0..<count).map { abs(Int(y.pointer[$0]) - Int(x.pointer[$0])) }.max() ?? 0
        #expect(distance <= 6, "\(distance)")
        withExtendedLifetime((table, fixedTable, staging)) {}
    }
}
