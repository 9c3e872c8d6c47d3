// Activation functions in fixed point over every number of a format, and the way from floats and
// back: every set against the arithmetic.

import Arithmetic
import Kernels
import Testing

@Suite struct FixedActivationTests {
    @Test(arguments: KernelSet.all.map(\.name))
    func everySum(_ name: String) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        for format in fixedFormats {
            let sums = Array(format.lowest...format.highest)
            let sigmoid = FixedSigmoid(format)
            let values = Numbers(sigmoid.entryCount)
            let slopes = Numbers(sigmoid.entryCount)
            sigmoid.fill(values: values.pointer, derivatives: slopes.pointer)
            let y = Numbers(sums.count) { sums[$0] }
            let (a, derivative) = (Numbers(sums.count), Numbers(sums.count))
            set.fixed.sigmoid(
                y.pointer, a.pointer, derivative.pointer, sums.count, values.pointer,
                slopes.pointer, sigmoid.limit, sigmoid.indexShift, format.fractionBits)
            let one = 1 << format.fractionBits
            for (index, sum) in sums.enumerated() {
                let place = Int(sum) + sigmoid.limit
                let isInside = place >= 0 && place < 2 * sigmoid.limit
                let entry = isInside ? place >> sigmoid.indexShift : 0
                let expected = isInside ? sigmoid.value(entry) : sum < 0 ? 1 : Int16(one - 1)
                #expect(a.pointer[index] == expected)
                #expect(derivative.pointer[index] == (isInside ? sigmoid.derivative(entry) : 1))
            }
            // In place.
            let relu = Numbers(sums.count) { sums[$0] }
            set.fixed.clippedRelu(
                relu.pointer, relu.pointer, derivative.pointer, sums.count, format.fractionBits)
            for (index, sum) in sums.enumerated() {
                let isOff = sum <= 0 || Int(sum) >= one
                #expect(Int(relu.pointer[index]) == (sum <= 0 ? 1 : min(Int(sum), one - 1)))
                #expect(Int(derivative.pointer[index]) == (isOff ? 1 : one - 1))
            }
            #expect(a.guardsStand && derivative.guardsStand && relu.guardsStand)
        }
    }

    @Test(arguments: KernelSet.all.map(\.name))
    func padsBecomeZero(_ name: String) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        let (a, derivative) = (Numbers(64) { _ in 9 }, Numbers(64) { _ in 9 })
        set.fixed.clippedRelu(a.pointer, a.pointer, derivative.pointer, 33, 7)
        #expect((33..<64).allSatisfy { a.pointer[$0] == 0 && derivative.pointer[$0] == 0 })
        #expect(a.pointer[32] == 9 && derivative.pointer[32] == 127)
    }

    @Test(arguments: KernelSet.all.map(\.name))
    func fromFloatsAndBack(_ name: String) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        var random = Xoshiro256StarStar(seed: 3)
        for format in fixedFormats {
            let unit = format.float(1)
            var values: [Float] = [
                0, -0.0, .nan, .infinity, -.infinity, 1e30, -1e30, unit / 2,
                (unit / 2).nextDown, -unit / 2, (-unit / 2).nextDown, .leastNonzeroMagnitude,
                -.leastNonzeroMagnitude,
            ]
            for _ in 0..<100 { values.append(random.normal() * format.float(format.highest)) }
            for _ in 0..<100 { values.append(unit / 2 * Float(random.index(below: 401) - 200)) }
            let floats = Floats(values.count) { values[$0] }
            let (truncated, rounded) = (Numbers(values.count), Numbers(values.count))
            set.fixed.truncate(
                floats.pointer, truncated.pointer, values.count, format.width,
                format.fractionBits)
            set.fixed.round(
                floats.pointer, rounded.pointer, values.count, format.width, format.fractionBits)
            let back = Floats(values.count)
            set.fixed.expand(rounded.pointer, back.pointer, values.count, format.fractionBits)
            for (index, value) in values.enumerated() {
                #expect(truncated.pointer[index] == format.truncating(value))
                #expect(rounded.pointer[index] == format.rounding(value))
                #expect(back.pointer[index] == format.float(format.rounding(value)))
            }
            #expect(back.guardsStand && truncated.guardsStand && rounded.guardsStand)
        }
    }
}
