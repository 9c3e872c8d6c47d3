// What a shared junction asks of its shape, and what it takes.

import Arithmetic
import Junctions
import Kernels
import Testing

// What does not hang on one cell.
@Suite struct SharedJunctionShapeTests {
    private func shared(
        _ structure: WeightStructure, taps: Int, channels: Int, outputs: Int = 48
    ) throws(StructureError) -> SharedJunction {
        try SharedJunction(
            JunctionSpecification(structure: structure), inputs: taps * channels,
            outputs: outputs, taps: taps, count: 16)
    }

    /// The edges of one tap are those of a junction between channels and outputs, at every tap.
    @Test(arguments: SharedJunctionTests.structures) func patternsRepeat(
        _ structure: WeightStructure
    ) throws {
        guard ![.dense, .circulant, .pruned].contains(structure.kind) else { return }
        for arithmetic in [NumberArithmetic.float32, .fixed(try #require(FixedFormat(10, 2, 7)))] {
            func edges(_ taps: Int) throws -> [[Bool]] {
                let specification = JunctionSpecification(
                    structure: structure, arithmetic: arithmetic)
                let rule = UpdateRule(learningRate: 0.125, momentum: 0, weightDecay: 0)
                let shared = try SharedJunction(
                    specification, inputs: 32 * taps, outputs: 48, taps: taps, count: 1)
                let bench = SharedBench(shared, rule: rule, count: 1)
                let form = shared.junction.form
                #expect(form.findings(bench.memory.parameters, bench.memory.tables) == [])
                // Fixed point draws zeros, too: every weight becomes one.
                let weights = form.fields[0].byteCount / 2
                if arithmetic != .float32 {
                    let numbers = bench.memory.parameters.assumingMemoryBound(to: Int16.self)
                    for index in 0..<weights { numbers[index] = 128 }
                }
                return bench.matrix(.feedforward).map { $0.map { $0 != 0 } }
            }
            let (one, five) = (try edges(1), try edges(5))
            for row in 0..<48 {
                #expect(five[row] == (0..<5).flatMap { _ in one[row] }, "row \(row)")
            }
        }
    }

    @Test func blocksAndGroupsDoNotLieAcrossTaps() throws {
        _ = try shared(.circulant(blockSize: 8), taps: 5, channels: 16)
        _ = try shared(.circulant(blockSize: 8), taps: 1, channels: 6)
        _ = try shared(.pruned(PruningSettings(kept: 2, group: 8)), taps: 1, channels: 6)
        for (structure, property) in [
            (WeightStructure.circulant(blockSize: 8), "block"),
            (.pruned(PruningSettings(kept: 2, group: 8)), "pattern"),
            (.laneAligned(.fraction(0.25), seed: 1), "structure"),
        ] {
            let error = #expect(throws: StructureError.self) {
                _ = try shared(structure, taps: 5, channels: 6)
            }
            #expect(error?.property == property)
            #expect(error?.found.contains("6 channels at each of 5 taps") == true)
        }
    }

    /// The gates of an LSTM: one vector at a time, between passes of many.
    @Test(arguments: SharedJunctionTests.cells.filter { $0.count == 17 && $0.taps == 1 })
    func oneVectorIsAColumn(_ cell: SharedJunctionTests.Cell) throws {
        let bench = try cell.bench()
        var random = Xoshiro256StarStar(seed: 12)
        bench.draw(&random)
        bench.update()
        let before = bench.state
        bench.feedforward()
        bench.backprop()
        let (left, right) = ((cell.inputs + 15) / 16 * 16, (cell.outputs + 15) / 16 * 16)
        let columns = UnsafeMutableBufferPointer<Float>.allocate(capacity: 2 * (left + right))
        defer { columns.deallocate() }
        columns.initialize(repeating: 0)
        let x = try #require(columns.baseAddress)
        let (e, delta) = (x + left, x + 2 * left)
        let y = delta + right
        let turned = UnsafeMutablePointer<Float>.allocate(capacity: bench.shared.stepFloats + 1)
        defer { turned.deallocate() }
        bench.shared.startSteps(bench.memory.reading, turned, kernels: .best)
        for p in 0..<cell.count {
            for i in 0..<cell.inputs { x[i] = bench.x[i * bench.stride + p] }
            for j in 0..<cell.outputs { delta[j] = bench.delta[j * bench.stride + p] }
            for i in 0..<left { e[i] = .nan }
            bench.shared.feedforwardOne(bench.memory.reading, x: x, y: y, kernels: .best)
            bench.shared.backpropOne(bench.memory, delta: delta, e: e, kernels: .best)
            for j in 0..<cell.outputs {
                #expect(abs(y[j] - bench.y[j * bench.stride + p]) <= 4e-6)
                y[j] = .nan
            }
            bench.shared.feedforwardStep(
                bench.memory.reading, turned, x: x, y: y, step: p, saturations: nil, kernels: .best)
            for j in 0..<cell.outputs {
                #expect(abs(y[j] - bench.y[j * bench.stride + p]) <= 4e-6)
            }
            for i in 0..<cell.inputs {
                #expect(abs(e[i] - bench.e[i * bench.stride + p]) <= 4e-6)
            }
            #expect((cell.outputs..<right).allSatisfy { y[$0] == 0 })
            #expect((cell.inputs..<left).allSatisfy { e[$0].bitPattern == 0 })
        }
        #expect(bench.state == before)
    }
}
