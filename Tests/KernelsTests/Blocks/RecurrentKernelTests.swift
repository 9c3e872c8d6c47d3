// A step of recurrent cells, and matrices turned over: every set against the definition bit by bit.

import Arithmetic
import Kernels
import Testing

struct RecurrentKernelTests {
    @Test(arguments: KernelSet.all.map(\.name), Values.allCases)
    func steps(name: String, kind: Values) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        for units in [1, 5, 15, 16, 17, 40, 64] {
            let run = { (set: KernelSet) -> [[UInt32]] in
                var random = Xoshiro256StarStar(seed: UInt64(units))
                let some = { (count: Int) in Floats(count) { _ in kind.next(&random) } }
                let (gates, recurrent, before) = (some(4 * units), some(4 * units), some(units))
                let (e, later, cellError) = (some(units), some(units), some(units))
                let (cells, tanhs, h) = (some(units), some(units), some(units))
                set.recurrent.forward(
                    gates.pointer, recurrent.pointer, before.pointer, cells.pointer,
                    tanhs.pointer, h.pointer, units)
                let forward = [gates.bits, cells.bits, tanhs.bits, h.bits]
                set.recurrent.backward(
                    gates.pointer, e.pointer, later.pointer, cellError.pointer, before.pointer,
                    tanhs.pointer, units)
                for written in [gates, cells, tanhs, h, cellError] {
                    #expect(written.guardsStand && written.padsAreZero, "\(units)")
                }
                return forward + [gates.bits, cellError.bits]
            }
            let difference = firstDifference(run(set), run(.plain))
            #expect(difference == nil, "\(units): \(difference ?? "")")
        }
    }

    @Test(arguments: KernelSet.all.map(\.name))
    func turns(name: String) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        for (rows, columns) in [(1, 1), (16, 16), (17, 5), (6, 128), (33, 40), (256, 31)] {
            let stride = (columns + 15) / 16 * 16
            let toStride = (rows + 15) / 16 * 16
            let from = Floats(rows * stride) { $0 % stride < columns ? Float($0 + 1) : 0 }
            let found = Floats(columns * toStride) { _ in 7 }
            set.recurrent.turn(from.pointer, stride, rows, columns, found.pointer, toStride)
            let isRight = (0..<columns).allSatisfy { c in
                (0..<toStride).allSatisfy { r in
                    found.pointer[c * toStride + r]
                        == (r < rows ? from.pointer[r * stride + c] : 0)
                }
            }
            #expect(isRight && found.guardsStand, "\(rows) x \(columns)")
        }
    }
}
