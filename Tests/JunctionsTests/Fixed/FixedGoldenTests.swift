// Goal: products, tables, FF, BP and UP are those of an emulation in another language. The file is
// written by scripts/golden/fixed_reference.py, which also states its format.

import Arithmetic
import Glibc
import Junctions
import Kernels
import Testing

@Suite struct FixedGoldenTests {
    static let formats = [(8, 2, 5), (10, 2, 7), (10, 3, 6), (12, 3, 8), (16, 4, 11)].compactMap {
        FixedFormat($0.0, $0.1, $0.2)
    }

    /// Reads the golden file front to back.
    struct Reader {
        private let numbers: [Int16]
        private var position = 0

        init() throws {
            let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false)
                .dropLast(1).joined(separator: "/")
            let file = try #require(fopen(folder + "/Golden/fixed.bin", "rb"))
            defer { fclose(file) }
            var buffer = [Int16](repeating: 0, count: 1 << 18)
            numbers = Array(buffer[..<fread(&buffer, 2, buffer.count, file)])
        }

        mutating func take(_ count: Int) -> [Int16] {
            defer { position += count }
            return Array(numbers[position..<position + count])
        }

        mutating func takeOne() -> Int { Int(take(1)[0]) }

        mutating func takeCounters() -> [UInt64] {
            (0..<4).map { _ in
                take(4).enumerated().reduce(0) {
                    $0 | UInt64(UInt16(bitPattern: $1.element)) << UInt64(16 * $1.offset)
                }
            }
        }

        var isAtEnd: Bool { position == numbers.count }
    }

    @Test(arguments: KernelSet.all.map(\.name))
    func isTheReference(_ name: String) throws {
        let kernels = try #require(KernelSet.all.first { $0.name == name })
        var reader = try Reader()
        #expect(reader.take(2) == [0x5846, 0x3130])
        let small = try #require(FixedFormat(6, 2, 3))
        for a in small.lowest...small.highest {
            let row = reader.take(64)
            #expect(row == (small.lowest...small.highest).map { small.multiply(a, $0) })
        }
        for format in Self.formats {
            for _ in 0..<400 {
                let triple = reader.take(3)
                #expect(format.multiply(triple[0], triple[1]) == triple[2], "\(format.text)")
            }
        }
        for format in Self.formats {
            let sigmoid = FixedSigmoid(format)
            for entry in [sigmoid.value, sigmoid.derivative] {
                let count = reader.takeOne()
                #expect(count == sigmoid.entryCount)
                #expect(reader.take(count) == (0..<count).map(entry), "\(format.text)")
            }
        }
        for format in Self.formats { network(format, kernels, &reader) }
        for format in Self.formats { wild(format, kernels, &reader) }
        for format in Self.formats { wildEdges(format, kernels, &reader) }
        #expect(reader.isAtEnd)
    }

    /// 20-12-4 with sigmoids and cross-entropy.
    private func network(_ format: FixedFormat, _ kernels: KernelSet, _ reader: inout Reader) {
        let first = FixedBench(
            FixedDenseJunction(inputs: 20, outputs: 12, format: format), kernels)
        let second = FixedBench(
            FixedDenseJunction(inputs: 12, outputs: 4, format: format), kernels)
        for bench in [first, second] {
            bench.setRows(reader.take(bench.form.inputs * bench.form.outputs))
            bench.setBias(reader.take(bench.form.outputs))
        }
        let sigmoid = FixedSigmoidTable(format)
        for step in 0..<10 {
            first.x.set(reader.take(20))
            let target = reader.take(4)
            first.feedforward()
            let slopes = FixedVector(12)
            sigmoid.apply(first.y, second.x, slopes, kernels)
            second.feedforward()
            let output = FixedVector(4)
            sigmoid.apply(second.y, output, nil, kernels)
            second.delta.set(
                zip(output.values, target).map { format.saturate(Int32($0) - Int32($1)) })
            second.update(slopes, shift: step % 4)
            first.delta.set(second.e.values)
            first.update(nil, shift: step % 4, isFirst: true)
            let label = "\(format.text), step \(step)"
            #expect(second.x.values == reader.take(12), "\(label)")
            #expect(slopes.values == reader.take(12), "\(label)")
            #expect(output.values == reader.take(4), "\(label)")
            #expect(second.e.values == reader.take(12), "\(label)")
        }
        for bench in [first, second] {
            #expect(bench.rows == reader.take(bench.form.inputs * bench.form.outputs))
            #expect(bench.bias == reader.take(bench.form.outputs))
        }
    }

    private func wild(_ format: FixedFormat, _ kernels: KernelSet, _ reader: inout Reader) {
        let bench = FixedBench(FixedDenseJunction(inputs: 9, outputs: 6, format: format), kernels)
        bench.setRows(reader.take(54))
        bench.setBias(reader.take(6))
        for step in 0..<4 {
            bench.x.set(reader.take(9))
            bench.delta.set(reader.take(6))
            let slopes = FixedVector(9)
            slopes.set(reader.take(9))
            let shift = reader.takeOne()
            bench.feedforward()
            bench.update(slopes, shift: shift)
            let label = "\(format.text), step \(step)"
            #expect(bench.y.values == reader.take(6), "\(label)")
            #expect(bench.e.values == reader.take(9), "\(label)")
            #expect(bench.rows == reader.take(54), "\(label)")
            #expect(bench.bias == reader.take(6), "\(label)")
        }
        #expect(bench.saturations == reader.takeCounters(), "\(format.text)")
    }

    /// Lists of edges, without a junction around them: 9 to 6, four edges each.
    private func wildEdges(_ format: FixedFormat, _ kernels: KernelSet, _ reader: inout Reader) {
        let lists = reader.take(24)
        let table = FixedWords<UInt16>(6 * 32, repeating: FixedEdges.nobody)
        for (edge, left) in lists.enumerated() {
            table.pointer[edge / 4 * 32 + edge % 4] = UInt16(left)
        }
        let blocks = FixedWords<UInt64>(6, repeating: 1)
        let edges = FixedEdges(
            inputs: 9, outputs: 6, fan_in: 4, row_stride: 32, left: UnsafePointer(table.pointer),
            left_blocks: UnsafePointer(blocks.pointer), inverse: nil, inverse_blocks: nil)
        let (w, b, x, delta) = (FixedVector(6 * 32), FixedVector(6), FixedVector(9), FixedVector(6))
        let (slopes, y, e, scratch) = (
            FixedVector(9), FixedVector(6), FixedVector(9), FixedVector(32)
        )
        let counters = FixedWords<UInt64>(4, repeating: 0)
        for (edge, weight) in reader.take(24).enumerated() {
            w.pointer[edge / 4 * 32 + edge % 4] = weight
        }
        b.set(reader.take(6))
        let (width, fraction) = (format.width, format.fractionBits)
        for step in 0..<4 {
            x.set(reader.take(9))
            delta.set(reader.take(6))
            slopes.set(reader.take(9))
            let shift = reader.takeOne()
            kernels.fixed.edgeFeedforward(
                edges, w.pointer, b.pointer, x.pointer, y.pointer, width, fraction,
                counters.pointer)
            kernels.fixed.edgeBackprop(
                edges, w.pointer, delta.pointer, slopes.pointer, e.pointer, scratch.pointer, width,
                fraction, counters.pointer)
            kernels.fixed.edgeUpdate(
                edges, w.pointer, b.pointer, x.pointer, delta.pointer, width, fraction, shift,
                counters.pointer)
            let label = "\(format.text), step \(step)"
            #expect(y.values == reader.take(6), "\(label)")
            #expect(e.values == reader.take(9), "\(label)")
            #expect((0..<24).map { w.pointer[$0 / 4 * 32 + $0 % 4] } == reader.take(24), "\(label)")
            #expect(b.values == reader.take(6), "\(label)")
        }
        #expect((0..<4).map { counters.pointer[$0] } == reader.takeCounters(), "\(format.text)")
        withExtendedLifetime((table, blocks)) {}
    }
}
