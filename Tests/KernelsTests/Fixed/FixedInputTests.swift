// Raw features straight to fixed point against the two steps through floats, for every set: bytes
// with and without a line through their table, 16-bit integers, floats that are not finite.

import Arithmetic
import Kernels
import Testing

@Suite struct FixedInputTests {
    static let scalings: [(offset: Float, scale: Float)] = [
        (0, 1 / 256), (0, 1 / 255), (-128, 1 / 128), (0, 1), (-33.5, 0.0125), (7, -0.25),
        (0, 1e-7), (1e6, 1e3), (0.25, 1 / 3), (0, 0),
    ]

    private func throughFloats(
        _ set: KernelSet, _ raw: UnsafeRawPointer, _ count: Int, _ offset: Float, _ scale: Float,
        _ format: FixedFormat, _ convert: (KernelSet) -> KernelSet.Conversion
    ) -> [Int16] {
        let x = Numbers(count)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: count + 16) { floats in
            guard let floats = floats.baseAddress else { return }
            convert(set)(raw, floats, count, offset, scale)
            set.fixed.truncate(floats, x.pointer, count, format.width, format.fractionBits)
        }
        return x.all
    }

    @Test(arguments: KernelSet.all.map(\.name))
    func bytesAreTheTwoSteps(_ name: String) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        var random = Xoshiro256StarStar(seed: 3)
        let raw = (0..<1000).map { _ in UInt8(random.index(below: 256)) }
        let table = Numbers(256)
        for format in fixedFormats {
            for (offset, scale) in Self.scalings {
                let line = FixedByteLine.fill(
                    table.pointer, offset: offset, scale: scale, format)
                for count in [784, 250, 31] {
                    let x = Numbers(count) { _ in 9 }
                    raw.withUnsafeBytes { bytes in
                        guard let bytes = bytes.baseAddress else { return }
                        set.fixed.input.u8(
                            bytes, x.pointer, count, table.pointer, line.factor, line.addend,
                            line.shift)
                        let expected = throughFloats(
                            set, bytes, count, offset, scale, format, \.convertU8)
                        #expect(x.all == expected, "\(format.text) \(offset) \(scale)")
                    }
                    #expect(x.guardsStand)
                }
            }
        }
    }

    /// Pixels have a line.
    @Test func linesAreFound() throws {
        let format = try #require(FixedFormat(10, 2, 7))
        let table = Numbers(256)
        for (offset, scale) in Self.scalings[..<5] {
            let line = FixedByteLine.fill(table.pointer, offset: offset, scale: scale, format)
            let isWithin = table.all.allSatisfy { $0 < format.highest }
            #expect(line != .none || !isWithin, "\(offset), \(scale)")
        }
        #expect(FixedByteLine.fill(table.pointer, offset: 7, scale: -0.25, format) == .none)
    }

    @Test(arguments: KernelSet.all.map(\.name))
    func integersAndFloatsAreTheTwoSteps(_ name: String) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        var random = Xoshiro256StarStar(seed: 3)
        let integers = stride(from: 0, to: 65_536, by: 37).map { Int16(truncatingIfNeeded: $0) }
        var floats = (0..<999).map { _ in (random.uniform() - 0.5) * 100 }
        floats += [.nan, .infinity, -.infinity, 1e30, -1e30, -0.0]
        for format in fixedFormats {
            for (offset, scale) in Self.scalings {
                let x = Numbers(integers.count)
                integers.withUnsafeBytes { bytes in
                    guard let bytes = bytes.baseAddress else { return }
                    set.fixed.input.i16(
                        bytes, x.pointer, integers.count, offset, scale, format.width,
                        format.fractionBits)
                    let expected = throughFloats(
                        set, bytes, integers.count, offset, scale, format, \.convertI16)
                    #expect(x.all == expected, "\(format.text) \(offset) \(scale)")
                }
                let y = Numbers(floats.count) { _ in 3 }
                floats.withUnsafeBytes { bytes in
                    guard let bytes = bytes.baseAddress else { return }
                    set.fixed.input.f32(
                        bytes, y.pointer, floats.count, offset, scale, format.width,
                        format.fractionBits)
                    let expected = throughFloats(
                        set, bytes, floats.count, offset, scale, format, \.convertF32)
                    #expect(y.all == expected, "\(format.text) \(offset) \(scale)")
                }
            }
        }
    }
}
