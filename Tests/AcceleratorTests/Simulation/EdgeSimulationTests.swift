// Goal: on edge processors the analytic model and the stepped banks agree exactly on clocks,
// stalls, clashes and every action, and the numbers that moved through the banks are right.
// Method: every shape up to 16 × 16, every legal density, every z that divides the left neurons,
// every family, both schedules, PROCTIME 0 and 2, one and two ports each way. The rest (numbers,
// neighbours, increments, the table, momentum) is chosen by a seeded generator per case; so is the
// setting of schedule, PROCTIME and ports above 5 × 5, and one z that is not the interleaver's own.

import Accelerator
import Arithmetic
import Junctions
import Testing

/// One junction at one z, whose surroundings vary.
struct EdgeCase {
    let junction: DeviceJunction
    let place: JunctionPlace
    let device: DeviceDescription

    var processors: EdgeProcessors { device.edgeProcessors ?? EdgeProcessors(count: 0) }
    var analytic: JunctionCost { EdgeProcessing(processors, device).cost(junction, place) }

    /// What the stepped junction counted, and the numbers before and after.
    func stepped(
        _ edges: SteppedEdges, seed: UInt64, clashLimit: Int = 0
    ) -> (cost: JunctionCost, clashes: [SimulatedClash], SteppedValues, SteppedValues) {
        let before = SteppedValues(
            inputs: junction.inputs, outputs: junction.outputs, edges: edges.edges.count,
            seed: seed)
        let simulation = EdgeSimulation(
            junction, place, device, processors, edges: edges, values: before,
            clashLimit: clashLimit)
        let (cost, clashes) = simulation.run()
        var after = before
        simulation.read(into: &after)
        return (cost, clashes, before, after)
    }

    /// FF, BP and UP of the definition, edge by edge, without banks, lanes or clocks.
    func defined(_ edges: SteppedEdges, _ before: SteppedValues) -> SteppedValues {
        var after = before
        var sums = before.biases
        for edge in edges.edges {
            sums[edge.right] += before.weights[edge.index] * before.x[edge.left]
        }
        let isFixed = junction.specification.arithmetic != .float32
        if place.isLast {
            after.outputErrors = sums.map { $0 - 1 }
        } else {
            after.outputs = sums
            if isFixed { after.outputSlopes = sums.map { $0 + 1 } }
        }
        for edge in edges.edges where !place.isFirst {
            let x = before.learned[edge.left]
            let slope = isFixed ? before.slopes[edge.left] : x + 1
            after.leftErrors[edge.left] +=
                before.rightErrors[edge.right] * slope * before.weights[edge.index]
        }
        guard junction.specification.increment == .exact else { return after }
        func learn(_ values: inout [Int], _ velocities: inout [Int], _ index: Int, _ step: Int) {
            if place.hasMomentum { velocities[index] = 2 * velocities[index] + step }
            values[index] -= place.hasMomentum ? velocities[index] : step
        }
        for edge in edges.edges {
            let step = 3 * before.rightErrors[edge.right] * before.learned[edge.left]
            learn(&after.weights, &after.velocities, edge.index, step)
        }
        for right in 0..<junction.outputs {
            let step = 3 * before.rightErrors[right]
            learn(&after.biases, &after.biasVelocities, right, step)
        }
        if !place.isLast { after.rightErrors = after.rightErrors.map { _ in 0 } }
        return after
    }
}

/// Ends a test at its first case, which is recorded.
private struct Disagreement: Error {}

@Suite struct EdgeSimulationTests {
    static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
        b == 0 ? a : greatestCommonDivisor(b, a % b)
    }

    /// Every structure of a shape that edge processors take, at a z of the pattern.
    static func structures(_ inputs: Int, _ outputs: Int, z: Int) -> [WeightStructure] {
        let steps = greatestCommonDivisor(inputs, outputs)
        let seed = UInt64(inputs * 1000 + outputs * 20 + z)
        var list: [WeightStructure] = [.dense]
        for step in 1...steps {
            let density = EdgeDensity.fraction(Double(step) / Double(steps))
            list += [.random(density, seed: seed), .structured(density, seed: seed)]
            for type in 1...3 {
                for dithers in [false, true] {
                    let settings = InterleaverSettings(
                        type: type, parallelism: z, dithers: dithers)
                    list.append(.clashFree(settings, density, seed: seed))
                }
            }
            let zeros = InterleaverSettings(type: 3, parallelism: z, startsAtZero: true)
            list.append(.clashFree(zeros, density, seed: seed))
        }
        let blocks = greatestCommonDivisor((inputs + 15) / 16, (outputs + 15) / 16) * 16
        for step in 1...blocks {
            list.append(
                .laneAligned(.fraction(Double(step) / Double(blocks)), seed: seed))
        }
        return list
    }

    /// Schedules, PROCTIMEs and ports of a case, as numbers of four bits: all for shapes up to
    /// 5 × 5, else one that is drawn for each schedule, or, of the many lane-aligned densities, one.
    private func settings(
        _ structure: WeightStructure, _ inputs: Int, _ outputs: Int,
        _ generator: inout Xoshiro256StarStar
    ) -> [Int] {
        if inputs <= 5, outputs <= 5 { return Array(0..<16) }
        if case .laneAligned = structure { return [Int(generator.index(below: 16))] }
        return [0, 8].map { $0 + Int(generator.index(below: 8)) }
    }

    /// Both models of one structure, with each of some settings.
    /// - Returns: how many cases were compared
    private func compare(
        _ structure: WeightStructure, _ inputs: Int, _ outputs: Int, z: Int, _ settings: [Int],
        _ generator: inout Xoshiro256StarStar
    ) throws -> Int {
        func draw(_ count: Int) -> Int { Int(generator.index(below: count)) }
        let increment: Increment =
            draw(6) == 0 ? .stochastic(StochasticRule(bitCount: 8)) : .exact
        let arithmetic = draw(3) == 0 ? NumberArithmetic.float32 : DeviceCase.tenBits
        guard
            let junction = DeviceCase.junction(
                structure, inputs, outputs, arithmetic, increment: increment,
                hasTable: draw(2) == 0)
        else {
            if case .laneAligned = structure { return 0 }  // only padding neurons have edges
            Issue.record("\(structure.text) of \(inputs) to \(outputs) is legal")
            return 0
        }
        let edges = SteppedEdges(junction)
        var compared = 0
        for setting in settings {
            let (reads, writes) = (1 + setting & 1, 1 + setting >> 1 & 1)
            let device = DeviceCase.device(
                processClocks: setting & 4 == 0 ? 0 : 2, readPorts: reads, writePorts: writes)
            let isLast = draw(3) == 0
            let place = JunctionPlace(
                isFirst: draw(3) == 0, isLast: isLast,
                schedule: setting & 8 == 0 ? .pipeline : .sequential, inputBits: 8,
                hasMomentum: setting & 8 != 0 && draw(3) == 0, parallelism: z,
                nextParallelism: isLast || draw(4) == 0 ? nil : 1 + draw(outputs))
            let sample = EdgeCase(junction: junction, place: place, device: device)
            let (cost, _, before, after) = sample.stepped(edges, seed: UInt64(setting))
            let analytic = sample.analytic
            if cost != analytic {
                Issue.record(
                    """
                    \(structure.text), \(inputs) to \(outputs), z \(z), \(place), ports \(reads) \
                    \(writes): stepped \(cost), analytic \(analytic)
                    """)
                throw Disagreement()
            }
            if after != sample.defined(edges, before) {
                Issue.record("\(structure.text), \(inputs) to \(outputs), z \(z): wrong numbers")
                throw Disagreement()
            }
            compared += 1
        }
        return compared
    }

    @Test(arguments: 1...16)
    func bothModelsAgreeOnEveryShapeUpTo16By16(inputs: Int) throws {
        var generator = Xoshiro256StarStar(seed: UInt64(inputs))
        var compared = 0
        for outputs in 1...16 {
            for z in 1...inputs where inputs % z == 0 {
                for structure in Self.structures(inputs, outputs, z: z) {
                    let settings = settings(structure, inputs, outputs, &generator)
                    compared += try compare(
                        structure, inputs, outputs, z: z, settings, &generator)
                    guard case .clashFree = structure else { continue }
                    let others = (1...inputs).filter { inputs % $0 == 0 }
                    let other = others[Int(generator.index(below: others.count))]
                    let setting = Int(generator.index(below: 16))
                    compared += try compare(
                        structure, inputs, outputs, z: other, [setting], &generator)
                }
            }
        }
        #expect(compared >= 16 * 10 * 2)
    }

    @Test func bothModelsAgreeOnBiggerShapes() throws {
        var generator = Xoshiro256StarStar(seed: 99)
        let shapes = [
            (16, 48, 16), (32, 16, 16), (48, 32, 8), (20, 33, 5), (33, 20, 11), (40, 10, 4),
            (64, 32, 32), (17, 17, 17), (36, 24, 12), (30, 45, 6),
        ]
        var compared = 0
        for (inputs, outputs, z) in shapes {
            for structure in Self.structures(inputs, outputs, z: z) {
                let settings = settings(structure, inputs, outputs, &generator)
                compared += try compare(structure, inputs, outputs, z: z, settings, &generator)
            }
        }
        #expect(compared > 1000)
    }

    /// At the z of the pattern nobody waits; at most larger z somebody does, and both models say
    /// how often.
    @Test func aClashFreePatternClashesAtAnotherZ() throws {
        let settings = InterleaverSettings(type: 1, parallelism: 8)
        let junction = try #require(
            DeviceCase.junction(.clashFree(settings, .outDegree(4), seed: 5), 64, 32))
        let edges = SteppedEdges(junction)
        for z in [2, 4, 8, 16, 32, 64] {
            let place = JunctionPlace(
                isFirst: false, isLast: false, schedule: .pipeline, inputBits: 8, parallelism: z,
                nextParallelism: 32)
            let sample = EdgeCase(junction: junction, place: place, device: DeviceCase.device())
            let (cost, clashes, _, _) = sample.stepped(edges, seed: 1, clashLimit: 1 << 20)
            #expect(cost == sample.analytic)
            // Without dither, lanes k z ..< (k + 1) z lie in z memories where z divides 8; and a
            // clock that is a whole sweep reads every neuron once.
            #expect((cost.feedforward.clashes > 0) == (z == 16 || z == 32), "z \(z)")
            #expect(cost.feedforward.clocks == 256 / z + cost.feedforward.stallClocks)
            let told = clashes.filter { $0.operation == .feedforward }.reduce(0) { $0 + $1.beyond }
            #expect(told == cost.feedforward.clashes)
        }
    }

    @Test func randomEdgesClash() throws {
        let junction = try #require(
            DeviceCase.junction(.random(.fraction(0.25), seed: 3), 64, 32))
        let place = JunctionPlace(
            isFirst: false, isLast: false, schedule: .sequential, inputBits: 8, parallelism: 16,
            nextParallelism: 8)
        let sample = EdgeCase(junction: junction, place: place, device: DeviceCase.device())
        let (cost, clashes, _, _) = sample.stepped(SteppedEdges(junction), seed: 1, clashLimit: 4)
        #expect(cost == sample.analytic)
        #expect(cost.feedforward.clashes > 32 && cost.feedforward.stallClocks > 16)
        #expect(clashes.count == 12)
        let first = try #require(clashes.first)
        #expect(first.requests == first.edges.count && first.beyond > 0)
        #expect(
            first.description.hasPrefix(
                "junction 0, feedforward, clock \(first.clock): \(first.requests) reads of left"))
    }

    /// An interleaver that sends one lane to the memory of another is told with its edges.
    @Test func aBrokenInterleaverIsFound() throws {
        let settings = InterleaverSettings(type: 1, parallelism: 8)
        let junction = try #require(
            DeviceCase.junction(.clashFree(settings, .outDegree(2), seed: 5), 32, 16))
        let place = JunctionPlace(
            isFirst: false, isLast: true, schedule: .pipeline, inputBits: 8, parallelism: 8,
            nextParallelism: nil)
        let sample = EdgeCase(junction: junction, place: place, device: DeviceCase.device())
        let sound = SteppedEdges(junction)
        #expect(sample.analytic.feedforward.clashes == 0)
        #expect(sample.stepped(sound, seed: 1).cost == sample.analytic)
        var list = sound.edges
        // Clock 2 has edges 16 ..< 24; lane 5 now reads the memory of lane 1.
        let wrong = (list[17].left + 8) % 32
        list[21] = SimulatedClash.Edge(index: 21, left: wrong, right: list[21].right)
        let positions = (0..<16).map { $0 * 4 }
        let broken = SteppedEdges(list, outputs: 16, positions: positions)
        let (cost, clashes, before, after) = sample.stepped(broken, seed: 1, clashLimit: 8)
        #expect(after == sample.defined(broken, before))
        #expect(after != sample.defined(sound, before))
        #expect(cost.feedforward.clashes == 1 && cost.feedforward.stallClocks == 1)
        #expect(cost != sample.analytic)
        let first = try #require(clashes.first)
        #expect(first.clock == 2 && first.memory == "left activations \(wrong % 8)")
        #expect(first.edges == [list[17], list[21]])
        #expect(
            first.description
                == "junction 0, feedforward, clock 2: 2 reads of left activations \(wrong % 8), "
                + "which has 1 port: edges 17 (\(list[17].left) to 4), 21 (\(wrong) to 5)")
        // A memory with two ports answers both.
        let twoPorts = EdgeCase(
            junction: junction, place: place, device: DeviceCase.device(readPorts: 2))
        #expect(twoPorts.stepped(broken, seed: 1).cost.feedforward.clashes == 0)
    }
}
