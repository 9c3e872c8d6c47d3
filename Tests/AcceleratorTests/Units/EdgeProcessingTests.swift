// Goal: the published numbers of edge processing, counted by hand, come out of the analytic model.

import Accelerator
import Arithmetic
import Junctions
import Testing

@Suite struct EdgeProcessingTests {
    private func multiplications(_ plan: DevicePlan, _ operation: Operation) -> Int {
        plan.junctions.reduce(0) { $0 + ($1[operation]?.actions.multiplications ?? 0) }
    }

    /// 1024-64-32 at z (128, 32): C = 32, so 34 clocks, or 36 with PROCTIME 2.
    @Test func thePublishedNetworkTakes34Clocks() throws {
        let network = DeviceCase.fpga(.pipeline)
        let plan = try DeviceCase.plan(network, [128, 32])
        #expect(plan.clocksPerSample == 34)
        #expect(plan.clocksPerPrediction == 68 && plan.clocksPerInference == 68)
        #expect(plan.samplesPerSecond.rounded() == 441_176)
        let shipped = DeviceCase.device(processClocks: 2)
        #expect(try DeviceCase.plan(network, [128, 32], shipped).clocksPerSample == 36)
        for junction in plan.junctions {
            for operation in Operation.allCases {
                #expect((junction[operation]?.clashes ?? 0) == 0)
                #expect((junction[operation]?.stallClocks ?? 0) == 0)
            }
        }
        #expect(plan.junctions[0].backprop == nil && plan.junctions[1].backprop != nil)
    }

    @Test func thePublishedNetworkMultiplies12384Times() throws {
        let plan = try DeviceCase.plan(DeviceCase.fpga(.pipeline), [128, 32])
        #expect(multiplications(plan, .feedforward) == 5_120)
        #expect(multiplications(plan, .backprop) == 2_048)
        #expect(multiplications(plan, .update) == 5_216)
        #expect(plan.actionsPerSample.multiplications == 12_384)
        #expect(plan.actionsPerInference.multiplications == 5_120)
    }

    /// Four thousand million edges are refused before memory is taken for them.
    @Test func edgesThatCannotBeCountedOneByOneAreRefused() throws {
        let all = JunctionSpecification(structure: .laneAligned(.fraction(1), seed: 1))
        let network = try SmallNetworks.network([65_536, 65_536], [all])
        #expect(
            throws: DeviceError.tooManyEdges(
                junction: 0, found: 1 << 32, most: EdgeTraffic.mostEdges)
        ) { try DevicePlan(network, on: SmallNetworks.device(processors: 1 << 20)) }
        let dense = try SmallNetworks.network([65_536, 65_536], [JunctionSpecification()])
        let plan = try DevicePlan(dense, on: SmallNetworks.device(processors: 1 << 20))
        #expect(plan.junctions[0].feedforward.clocks == 65_536)
    }

    @Test func sequentiallyFourOperationsFollowOneAnother() throws {
        let plan = try DeviceCase.plan(DeviceCase.fpga(.sequential), [128, 32])
        #expect(plan.clocksPerSample == 4 * 34)
        #expect(plan.clocksPerPrediction == 68)
    }

    @Test func twiceTheProcessorsHalveTheClocks() throws {
        for (inputs, outputs, density) in [(64, 32, 0.25), (48, 16, 0.5), (1024, 64, 1.0)] {
            var last: Int?
            for z in [1, 2, 4, 8, 16] {
                let junction = try #require(
                    DeviceCase.junction(
                        .clashFree(
                            InterleaverSettings(type: 2, parallelism: z), .fraction(density),
                            seed: 3), inputs, outputs))
                let place = JunctionPlace(
                    isFirst: false, isLast: false, schedule: .pipeline, inputBits: 8,
                    parallelism: z, nextParallelism: 16)
                let cost = EdgeProcessing(EdgeProcessors(count: z), DeviceCase.device())
                    .cost(junction, place)
                #expect(cost.feedforward.stallClocks == 0)
                if let last { #expect(2 * cost.feedforward.clocks == last) }
                last = cost.feedforward.clocks
                #expect(cost.cycleClocks == cost.feedforward.clocks + 2)
            }
        }
    }

    /// 8-4 dense at z 4, by hand: 32 edges, 8 clocks.
    @Test func everyActionOfASmallJunctionByHand() throws {
        let junction = try #require(DeviceCase.junction(.dense, 8, 4))
        let place = JunctionPlace(
            isFirst: false, isLast: false, schedule: .sequential, inputBits: 8, hasMomentum: true,
            parallelism: 4, nextParallelism: 2)
        let cost = EdgeProcessing(EdgeProcessors(count: 4), DeviceCase.device())
            .cost(junction, place)
        func counts(_ list: [(ActionKind, Int)]) -> ActionCounts {
            var counts = ActionCounts()
            for (kind, count) in list { counts.add(Action(kind, bits: 10), count) }
            return counts
        }
        #expect(cost.feedforward.clocks == 8)
        #expect(
            cost.feedforward.actions
                == counts([
                    (.read(.weights), 32), (.read(.activations), 32), (.read(.biases), 4),
                    (.multiply, 32), (.add, 32), (.lookUp, 8), (.write(.activations), 4),
                    (.write(.derivatives), 4),
                ]))
        #expect(
            cost.backprop?.actions
                == counts([
                    (.read(.derivatives), 32), (.multiply, 64), (.read(.errors), 32), (.add, 32),
                    (.write(.errors), 32),
                ]))
        #expect(
            cost.update.actions
                == counts([
                    (.read(.errors), 4), (.write(.errors), 4), (.read(.activations), 32),
                    (.multiply, 36 + 36), (.add, 36 + 36), (.write(.weights), 32),
                    (.write(.biases), 4), (.read(.weights), 32), (.read(.biases), 4),
                    (.read(.velocities), 36), (.write(.velocities), 36),
                ]))
        #expect(cost.learningClocks == 8 && cost.cycleClocks == 10)
    }

    /// Inputs are as wide as they arrive; the last layer keeps nothing but its errors.
    @Test func widthsAndNeighboursDecideWhatIsMoved() throws {
        let junction = try #require(DeviceCase.junction(.dense, 8, 4, hasTable: false))
        let place = JunctionPlace(
            isFirst: true, isLast: true, schedule: .pipeline, inputBits: 8, parallelism: 4,
            nextParallelism: nil)
        let cost = EdgeProcessing(EdgeProcessors(count: 4), DeviceCase.device())
            .cost(junction, place)
        #expect(cost.backprop == nil)
        let forward = cost.feedforward.actions
        #expect(forward[Action(.read(.activations), bits: 8)] == 32)
        #expect(forward[Action(.write(.activations), bits: 10)] == 0)
        #expect(forward[Action(.write(.errors), bits: 10)] == 4)
        #expect(forward[Action(.compare, bits: 10)] == 4)
        #expect(forward[Action(.add, bits: 10)] == 36)
        #expect(cost.update.actions[Action(.write(.errors), bits: 10)] == 0)
        #expect(cost.update.actions[Action(.read(.weights), bits: 10)] == 0)
    }

    /// Sixteen right neurons that end at once have two memories to go to: eight turns.
    @Test func aNarrowNeighbourMakesLanesWait() throws {
        let junction = try #require(
            DeviceCase.junction(.laneAligned(.fraction(0.25), seed: 1), 16, 16))
        let place = JunctionPlace(
            isFirst: true, isLast: false, schedule: .pipeline, inputBits: 8, parallelism: 16,
            nextParallelism: 2)
        let cost = EdgeProcessing(EdgeProcessors(count: 16), DeviceCase.device())
            .cost(junction, place)
        // Four blocks; activations and derivatives each ask two memories eight times.
        #expect(cost.feedforward.clocks == 4 + 7)
        #expect(cost.feedforward.stallClocks == 7)
        #expect(cost.feedforward.clashes == 2 * 2 * 7)
    }

    /// ⌈z / fi⌉ bias memories, or sixteen where sixteen right neurons begin together, are enough.
    @Test func biasMemoriesAreAsManyAsBegin() throws {
        func memories(_ structure: WeightStructure, _ p: Int, _ n: Int, _ z: Int) throws -> Int {
            let junction = try #require(DeviceCase.junction(structure, p, n))
            let place = JunctionPlace(
                isFirst: true, isLast: true, schedule: .sequential, inputBits: 8, parallelism: z,
                nextParallelism: nil)
            let cost = EdgeProcessing(EdgeProcessors(count: z), DeviceCase.device())
                .cost(junction, place)
            #expect(cost.feedforward.clashes == 0 && cost.update.clashes == 0)
            return EdgeTraffic.biasMemories(junction, z)
        }
        func clashFree(_ degree: Int, _ z: Int) -> WeightStructure {
            .clashFree(
                InterleaverSettings(type: 2, parallelism: z), .outDegree(degree), seed: 1)
        }
        #expect(try memories(clashFree(4, 128), 1024, 64, 128) == 2)
        #expect(try memories(clashFree(16, 32), 64, 32, 32) == 1)
        #expect(try memories(clashFree(2, 6), 12, 6, 6) == 2)
        #expect(try memories(.dense, 48, 10, 16) == 1)
        #expect(try memories(.laneAligned(.fraction(0.25), seed: 1), 64, 32, 16) == 16)
        #expect(try memories(.laneAligned(.fraction(0.25), seed: 1), 64, 32, 4) == 4)
    }
}
