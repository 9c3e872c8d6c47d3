// What a network holds on a device: against figures of the papers, and sums by hand.

import Accelerator
import Arithmetic
import Junctions
import Testing

@Suite struct DeviceMemoryMapTests {
    typealias Small = SmallNetworks

    @Test func theNetworkOfTheFpgaTakes98880Bits() throws {
        let map = DeviceMemoryMap(try Small.fpga(), on: Small.device())
        #expect(map.totalBits == 98_880)
        #expect(map[.weights]?.bits == 51_200 && map[.biases]?.bits == 960)
        #expect(map[.activations]?.bits == 42_880)
        #expect(map[.activations]?.detail == "5 x 1024 x 8 + 3 x 64 x 10")
        #expect(map[.derivatives]?.bits == 1_920 && map[.errors]?.bits == 1_920)
        #expect(map[.seeds]?.bits == 0)
        // 4 · 128 starts of 3 bits and 16 · 32 of 1 bit.
        #expect(map[.seeds]?.detail == "2048 in logic")
        #expect(map.memories == 160 + 3 + 5 * 128 + 3 * 32 + 3 * 32 + 2 * 32 + 2 * 1)
    }

    @Test func oneSampleAtATimeNeedsOneBankOfEach() throws {
        let map = DeviceMemoryMap(try Small.fpga(schedule: .sequential), on: Small.device())
        #expect(map.totalBits == 52_160 + 1024 * 8 + 64 * 10 + 64 * 10 + 96 * 10)
    }

    @Test func banksOfDeeperPipelinesAreTwoMoreForEachLayer() throws {
        for count in 1...4 {
            let widths = Array(repeating: 4, count: count + 1)
            let network = try Small.network(
                widths, Array(repeating: JunctionSpecification(), count: count),
                schedule: .pipeline)
            let map = DeviceMemoryMap(network, on: Small.device())
            let banks = (0..<count).reduce(0) { $0 + 2 * (count + 1 - $1) - 1 }
            #expect(map[.activations]?.bits == banks * 4 * 32)
            #expect(map[.errors]?.bits == count * 2 * 4 * 32)
            #expect(map[.derivatives] == nil)
        }
    }

    @Test func aWideNumberTakesSeveralMemories() throws {
        let network = try Small.network([8, 4], [JunctionSpecification()])
        func weights(_ wordBits: Int) -> Int? {
            DeviceMemoryMap(network, on: Small.device(wordBits: wordBits))[.weights]?.memories
        }
        #expect(weights(32) == 8 && weights(16) == 16 && weights(10) == 32 && weights(64) == 8)
    }

    @Test func mastersAndViewsHaveTheirOwnWidths() throws {
        let pruned = JunctionSpecification(
            structure: .pruned(PruningSettings(kept: 2, group: 8)))
        let network = try Small.network([32, 16], [pruned], hasMomentum: true)
        let map = DeviceMemoryMap(network, on: Small.device(floatBits: 16, masterBits: 32))
        #expect(map[.weights]?.bits == 512 * 32 && map[.velocities]?.bits == (512 + 16) * 32)
        // 2 of 8, each with 16 bits and 3 for its place; the first junction has no BP.
        #expect(map[.views]?.bits == 128 * 19)
        #expect(map[.activations]?.bits == 32 * 16)
        let forward = JunctionSpecification(
            structure: .pruned(PruningSettings(kept: 2, group: 8, passes: .forward)))
        let half = DeviceMemoryMap(
            try Small.network([32, 16], [forward]), on: Small.device(floatBits: 16))
        #expect(half[.views]?.bits == 128 * 19 && half[.velocities] == nil)
        var device = Small.device(floatBits: 16)
        device.tensorArray?.generatesAhead = false
        #expect(DeviceMemoryMap(network, on: device)[.views] == nil)
    }

    /// The words that SORE writes, and no others: both ways but for the first junction, and of a
    /// ragged last group as many as it has.
    @Test(arguments: [[32, 16, 8], [19, 17, 9], [33, 20, 5]])
    func viewsAreTheWordsThatAreSelected(_ widths: [Int]) throws {
        for passes in [PruningSettings.Passes.both, .forward, .backward] {
            let pruned = JunctionSpecification(
                structure: .pruned(PruningSettings(kept: 2, group: 4, passes: passes)))
            let network = try Small.network(widths, [pruned, pruned])
            let plan = try DevicePlan(network, on: Small.device())
            var words = 0
            for (action, count) in plan.actionsPerSample.counts where action.isViewWrite {
                words += count
            }
            // 32 bits and 2 for the place.
            #expect(plan.memory[.views]?.bits ?? 0 == words * 34)
        }
    }

    @Test func circulantWeightsAreSpectra() throws {
        let network = try Small.network(
            [30, 16], [JunctionSpecification(structure: .circulant(blockSize: 8))])
        let map = DeviceMemoryMap(network, on: Small.device())
        #expect(map[.weights] == nil && map[.spectra]?.bits == 4 * 2 * 8 * 32)
        #expect(map[.workingSpectra]?.bits == (32 + 16) * 32)
    }

    @Test func seedsLieInMemoryWhereTheDeviceKeepsThem() throws {
        let device = Small.device(holdsSeeds: true)
        #expect(DeviceMemoryMap(try Small.fpga(), on: device)[.seeds]?.bits == 4 * 128 * 3 + 512)
        let random = JunctionSpecification(structure: .random(.outDegree(2), seed: 3))
        let map = DeviceMemoryMap(try Small.network([8, 4], [random]), on: device)
        #expect(map[.seeds]?.bits == 16 * 3)
    }

    @Test func stochasticIncrementsHaveGeneratorsAndStreams() throws {
        let stochastic = JunctionSpecification(
            increment: .stochastic(StochasticRule(bitCount: 8)))
        func map(_ schedule: Schedule) throws -> DeviceMemoryMap {
            DeviceMemoryMap(
                try Small.network(
                    [12, 8, 4], [stochastic, stochastic], schedule: schedule),
                on: Small.device())
        }
        #expect(try map(.sequential)[.generators]?.bits == 512)
        #expect(try map(.sequential)[.streams]?.bits == 20 * 9)
        #expect(try map(.pipeline)[.streams]?.bits == (20 + 12) * 9)
    }

    @Test func theTableAddsUp() throws {
        let map = DeviceMemoryMap(try Small.fpga(), on: Small.device(bits: 100_000))
        let table = map.table
        #expect(table.contains("activation banks  5 x 1024 x 8 + 3 x 64 x 10"))
        #expect(table.contains("98,880\n") && table.contains("1,120\n"))
        let widths = Set(table.split(separator: "\n").map(\.count))
        #expect(widths.count == 1, "\(table)")
    }
}

extension Action {
    fileprivate var isViewWrite: Bool { kind == .write(.views) }
}
