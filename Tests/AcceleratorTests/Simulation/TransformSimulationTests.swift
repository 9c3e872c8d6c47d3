// Goal: on transform and stochastic units, too, both models agree exactly, and the stepped numbers
// are those of the definition. Method: all block sizes 2 to 16 on shapes up to 20 × 20, whole and
// ragged, with units that divide the work and units that do not; bit-stream lengths 1 to 64.

import Accelerator
import Arithmetic
import Junctions
import Testing

@Suite struct TransformSimulationTests {
    private func place(_ generator: inout Xoshiro256StarStar) -> JunctionPlace {
        JunctionPlace(
            isFirst: generator.index(below: 3) == 0, isLast: generator.index(below: 3) == 0,
            schedule: generator.index(below: 2) == 0 ? .pipeline : .sequential, inputBits: 8,
            hasMomentum: generator.index(below: 2) == 0, parallelism: 1, nextParallelism: nil)
    }

    /// W of defining vectors: row i k + r, column j k + c holds w_ij[(r − c) mod k].
    private func weight(_ values: TransformValues, _ row: Int, _ column: Int) -> Double {
        let k = values.weights[0][0].count
        return values.weights[row / k][column / k][((row - column) % k + k) % k]
    }

    @Test(arguments: [2, 4, 8, 16])
    func bothModelsAgreeOnCirculantBlocks(blockSize: Int) throws {
        var generator = Xoshiro256StarStar(seed: UInt64(blockSize))
        for inputs in 1...20 {
            for outputs in 1...20 {
                let units = TransformUnits(
                    butterflies: 1 + Int(generator.index(below: 7)),
                    multipliers: 1 + Int(generator.index(below: 19)))
                let device = DeviceCase.device(transform: units)
                let isFixed = generator.index(below: 2) == 0
                let arithmetic = isFixed ? DeviceCase.sixteenBits : .float32
                let junction = try #require(
                    DeviceCase.junction(
                        .circulant(blockSize: blockSize), inputs, outputs, arithmetic,
                        hasTable: generator.index(below: 2) == 0))
                let place = place(&generator)
                let values = TransformValues(
                    inputs: inputs, outputs: outputs, blockSize: blockSize, seed: 7)
                var simulation = TransformSimulation(
                    junction, place, device, units, blockSize: blockSize, values: values)
                let analytic = TransformProcessing(units, device).cost(
                    junction, place, blockSize: blockSize)
                #expect(simulation.run() == analytic, "\(inputs) to \(outputs), \(place)")
                check(simulation.values, values, place)
            }
        }
    }

    private func check(
        _ after: TransformValues, _ before: TransformValues, _ place: JunctionPlace
    ) {
        let (inputs, outputs) = (before.x.count, before.errors.count)
        for row in 0..<outputs {
            let sum = (0..<inputs).reduce(before.biases[row]) {
                $0 + weight(before, row, $1) * before.x[$1]
            }
            #expect(abs(after.outputs[row] - sum) < 1e-12)
            #expect(after.biases[row] == before.biases[row] - before.errors[row] / 2)
        }
        for column in 0..<(place.isFirst ? 0 : inputs) {
            let sum = (0..<outputs).reduce(0) {
                $0 + weight(before, $1, column) * before.errors[$1]
            }
            #expect(abs(after.leftErrors[column] - sum * before.slopes[column]) < 1e-12)
        }
        let k = before.weights[0][0].count
        for (row, vectors) in before.weights.enumerated() {
            for (column, vector) in vectors.enumerated() {
                for lag in 0..<k {
                    var gradient = 0.0
                    for c in 0..<k {
                        let (left, right) = (column * k + c, row * k + (c + lag) % k)
                        guard left < inputs, right < outputs else { continue }
                        gradient += before.x[left] * before.errors[right]
                    }
                    let expected = vector[lag] - gradient / 2
                    #expect(abs(after.weights[row][column][lag] - expected) < 1e-12)
                }
            }
        }
    }

    @Test func bothModelsAgreeOnStochasticProducts() throws {
        var generator = Xoshiro256StarStar(seed: 4)
        let structures: [WeightStructure] = [
            .dense, .random(.fraction(0.4), seed: 2), .structured(.fraction(1), seed: 2),
            .laneAligned(.fraction(0.25), seed: 2),
            .pruned(PruningSettings(kept: 2, group: 4)),
        ]
        for structure in structures {
            for bitCount in [1, 2, 3, 7, 8, 16, 31, 64] {
                for _ in 0..<6 {
                    let inputs = 1 + Int(generator.index(below: 16))
                    let outputs = 1 + Int(generator.index(below: 16))
                    let unit = StochasticUnit(
                        converters: 1 + Int(generator.index(below: 40)),
                        lanes: 1 + Int(generator.index(below: 40)))
                    var sharing = StochasticRule.Sharing.elements
                    if structure == .dense {
                        sharing = StochasticRule.Sharing.allCases[Int(generator.index(below: 3))]
                    }
                    let rule = StochasticRule(bitCount: bitCount, sharing: sharing)
                    guard
                        let junction = DeviceCase.junction(
                            structure, inputs, outputs, .float32, increment: .stochastic(rule))
                    else { continue }
                    compare(junction, place(&generator), unit, rule)
                }
            }
        }
    }

    private func compare(
        _ junction: DeviceJunction, _ place: JunctionPlace, _ unit: StochasticUnit,
        _ rule: StochasticRule
    ) {
        let device = DeviceCase.device(stochastic: unit)
        let edges = SteppedEdges(junction)
        let x = (0..<junction.inputs).map { Float($0 % 5) / 4 - 0.5 }
        let delta = (0..<junction.outputs).map { Float($0 % 7) / 8 - 0.375 }
        var random = Xoshiro256StarStar(seed: 11)
        let reference = StochasticReference(
            x: x, delta: delta, rule: rule, learningRate: 1, generator: &random)
        func scale(_ values: [Float]) -> Double {
            let largest = values.reduce(0) { max($0, $1.magnitude) }
            return largest == 0
                ? 1 : StochasticScale.scale(largestBits: largest.bitPattern, .powerOfTwo)
        }
        var simulation = StochasticSimulation(junction, place, device, unit, rule, edges: edges)
        let cost = simulation.run(
            x: x, delta: delta, scales: (scale(x), scale(delta)), seed: 11)
        #expect(cost == StochasticProcessing(unit, device).update(junction, rule, place))
        let words = cost.actions[Action(.draw, bits: 32, isFloat: true)]
        let streams = rule.sharing == .nothing ? junction.inputs + junction.outputs : 2
        #expect(words == streams * rule.bitCount)
        for (edge, count) in zip(edges.edges, simulation.counts) {
            let increment = reference.increment(edge.right, edge.left)
            #expect(Float(count) * reference.step == increment)
        }
        #expect(simulation.counts.count == edges.edges.count)
    }
}
