// Goal: whole networks in lockstep take as many clocks as the plan says, in both schedules, and
// hold as many samples at once as the memory map has banks for.

import Accelerator
import Arithmetic
import Junctions
import Testing

@Suite struct DeviceSimulationTests {
    /// A network of clash-free junctions; z so that cycles differ.
    private func network(_ sizes: [Int], _ schedule: Schedule) -> (DeviceNetwork, [Int]) {
        var junctions: [DeviceJunction] = []
        var parallelism: [Int] = []
        for (index, (left, right)) in zip(sizes, sizes.dropFirst()).enumerated() {
            let z = index % 2 == 0 ? left / 4 : left / 2
            let settings = InterleaverSettings(type: 1 + index % 3, parallelism: z)
            guard
                let junction = DeviceCase.junction(
                    .clashFree(settings, .fraction(0.25), seed: UInt64(index)), left, right)
            else { continue }
            junctions.append(junction)
            parallelism.append(z)
        }
        return (
            DeviceNetwork(
                junctions: junctions, inputBits: 8, schedule: schedule, hasMomentum: false),
            parallelism
        )
    }

    @Test func thePublishedNetworkStepsAsPlanned() throws {
        for schedule in Schedule.allCases {
            let network = DeviceCase.fpga(schedule)
            let plan = try DeviceCase.plan(network, [128, 32])
            let run = DeviceSimulation(network, plan: plan).run(samples: 6)
            #expect(run.junctions == plan.junctions)
            #expect(run.disagreements(with: plan).isEmpty)
            #expect(run.clashes.isEmpty)
            switch schedule {
            case .pipeline:
                #expect(run.clocksPerSample == 34 && run.fillClocks == 4 * 34)
                #expect(run.predicted.prefix(3) == [68, 102, 136])
                #expect(run.learned.prefix(3) == [136, 170, 204])
                #expect(run.activationBanks == [5, 3] && run.errorBanks == [2, 2])
            case .sequential:
                #expect(run.clocksPerSample == 136)
                #expect(run.predicted.prefix(3) == [68, 204, 340])
                #expect(run.activationBanks == [1, 1] && run.errorBanks == [1, 1])
            }
        }
    }

    @Test(arguments: 1...5) func schedulesTakeWhatThePlanSays(junctionCount: Int) throws {
        let sizes = [32, 16, 48, 16, 32, 64].prefix(junctionCount + 1)
        for schedule in Schedule.allCases {
            let (network, z) = network(Array(sizes), schedule)
            #expect(network.junctions.count == junctionCount)
            let plan = try DeviceCase.plan(network, z)
            let run = DeviceSimulation(network, plan: plan).run(samples: 2 * junctionCount + 4)
            #expect(run.junctions == plan.junctions)
            #expect(run.clocksPerSample == plan.clocksPerSample)
            #expect(run.predicted[0] == plan.clocksPerPrediction)
            guard schedule == .pipeline else { continue }
            #expect(run.fillClocks == 2 * junctionCount * plan.clocksPerSample)
            // Of L = J + 1 layers, layer h needs 2(L − h) − 1 collections of activations.
            let layers = junctionCount + 1
            #expect(run.activationBanks == (0..<junctionCount).map { 2 * (layers - $0) - 1 })
            #expect(run.errorBanks == Array(repeating: 2, count: junctionCount))
        }
    }

    /// Every unit of mine in one network, with a stochastic junction.
    @Test func unitsMixInOneNetwork() throws {
        let stochastic = Increment.stochastic(StochasticRule(bitCount: 8))
        let junctions = [
            try #require(DeviceCase.junction(.circulant(blockSize: 8), 40, 32, .float32)),
            try #require(
                DeviceCase.junction(
                    .random(.fraction(0.3), seed: 1), 32, 24, .float32, increment: stochastic)),
            try #require(DeviceCase.junction(.dense, 24, 10, .float32)),
        ]
        let network = DeviceNetwork(
            junctions: junctions, inputBits: 8, schedule: .sequential, hasMomentum: false)
        let device = DeviceCase.device(
            stochastic: StochasticUnit(converters: 7, lanes: 9),
            transform: TransformUnits(butterflies: 3, multipliers: 5))
        let plan = try DeviceCase.plan(network, [1, 8, 6], device)
        let run = DeviceSimulation(network, plan: plan).run(samples: 2)
        #expect(run.junctions == plan.junctions)
        #expect(run.clocksPerSample == plan.clocksPerSample)
        #expect(run.clashes.allSatisfy { $0.junction == 1 && $0.operation != .update })
        #expect(!run.clashes.isEmpty)
        #expect(plan.junctions.map(\.unit) == [.transformUnits, .edgeProcessors, .edgeProcessors])
    }

    /// There is one of each, and three junctions in the pipeline ask for it.
    @Test func aSharedUnitDoesOneThingAtATime() throws {
        let stochastic = Increment.stochastic(StochasticRule(bitCount: 8))
        let shapes = [(40, 32), (32, 24), (24, 16)]
        for increment in [Increment.exact, stochastic] {
            let structure: WeightStructure = increment == .exact ? .circulant(blockSize: 8) : .dense
            let network = DeviceNetwork(
                junctions: try shapes.map {
                    try #require(
                        DeviceCase.junction(structure, $0.0, $0.1, .float32, increment: increment))
                }, inputBits: 8, schedule: .pipeline, hasMomentum: false)
            let device = DeviceCase.device(
                stochastic: StochasticUnit(converters: 7, lanes: 9),
                transform: TransformUnits(butterflies: 3, multipliers: 5))
            let plan = try DeviceCase.plan(
                network, increment == .exact ? [1, 1, 1] : [40, 32, 24], device)
            let work = plan.junctions.reduce(0) { sum, junction in
                sum + junction.update.clocks
                    + (increment == .exact
                        ? junction.feedforward.clocks + (junction.backprop?.clocks ?? 0) : 0)
            }
            let all = work + plan.junctions[2].overheadClocks
            #expect(plan.clocksPerSample == all)
            #expect(
                DeviceSimulation(network, plan: plan).run(samples: 3).clocksPerSample == all)
        }
    }

    @Test func aPlanForOtherBanksDisagrees() throws {
        let network = DeviceCase.fpga(.pipeline)
        let run = DeviceSimulation(network, plan: try DeviceCase.plan(network, [128, 32])).run(
            samples: 2)
        let other = try DeviceCase.plan(network, [64, 32])
        let lines = run.disagreements(with: other)
        #expect(lines.count == 3)
        #expect(lines[0].contains("stepped 32 clocks") && lines[0].contains("planned 64 clocks"))
        #expect(lines[2] == "clocks per sample: stepped 34, planned 66")
    }
}
