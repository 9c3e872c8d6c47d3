// z of every junction: the published one, the best of all that are legal, and what was fixed.

import Accelerator
import Arithmetic
import Junctions
import Testing

@Suite struct DeviceParallelismChoiceTests {
    typealias Small = SmallNetworks

    private func shapes(_ list: [(Int, Int)]) -> [DeviceParallelismShape] {
        list.map { DeviceParallelismShape(inputs: $0.0, edgeCount: $0.1) }
    }

    private let fpga = [(1024, 4096), (64, 1024)]

    @Test(arguments: [
        (160, [128, 32]), (320, [256, 64]), (80, [64, 16]), (159, [64, 16]), (5, [4, 1]),
        (1088, [256, 64]),
    ])
    func findsThePublishedOneAndItsMultiples(processors: Int, expected: [Int]) throws {
        let choice = try DeviceParallelismChoice(
            shapes(fpga), Small.device(processors: processors))
        #expect(choice.parallelism == expected)
        #expect(choice.imbalance == nil)
    }

    @Test(arguments: [
        (160, [(1024, 4096), (64, 1024)]), (34, [(1024, 8192), (64, 512)]),
        (45, [(800, 4000), (100, 500)]), (9, [(256, 2048), (256, 2048), (64, 512)]),
    ])
    func twiceTheProcessorsHalveTheCycles(processors: Int, network: [(Int, Int)]) throws {
        func cycles(_ count: Int) throws -> [Int] {
            try DeviceParallelismChoice(shapes(network), Small.device(processors: count)).cycles
        }
        let one = try cycles(processors)
        #expect(try cycles(2 * processors) == one.map { $0 / 2 })
        #expect(Set(one).count == 1 && one[0] % 2 == 0)
    }

    /// Longest cycle, then imbalance, then processors: the best of every combination.
    private func exhaustive(
        _ shapes: [DeviceParallelismShape], processors: Int, memories: (Int, Int) -> Int,
        limit: Int, isPipeline: Bool
    ) -> (longest: Int, spread: Int, processors: Int)? {
        var best: (Int, Int, Int)?
        var choice = shapes.map { _ in 1 }
        func visit(_ index: Int) {
            guard index < shapes.count else {
                let used = isPipeline ? choice.reduce(0, +) : choice.max() ?? 0
                let needed = choice.indices.reduce(0) { $0 + memories($1, choice[$1]) }
                guard used <= processors, needed <= limit else { return }
                let cycles = zip(shapes, choice).map { ($0.edgeCount + $1 - 1) / $1 }
                let longest = cycles.max() ?? 0
                let found = (longest, longest - (cycles.min() ?? 0), choice.reduce(0, +))
                if let old = best, old <= found { return }
                best = found
                return
            }
            for z in 1...shapes[index].inputs where shapes[index].inputs % z == 0 {
                if let fixed = shapes[index].fixed, fixed != z { continue }
                choice[index] = z
                visit(index + 1)
            }
        }
        visit(0)
        return best.map { ($0.0, $0.1, $0.2) }
    }

    @Test func equalsAnExhaustiveSearchOnSmallNetworks() throws {
        var generator = Xoshiro256StarStar(seed: 20)
        func pick(_ range: ClosedRange<Int>) -> Int {
            range.lowerBound + Int(generator.next() % UInt64(range.count))
        }
        var found = 0
        for _ in 0..<400 {
            let shapes = (0..<pick(1...3)).map { _ in
                let inputs = pick(1...36)
                let divisors = (1...inputs).filter { inputs % $0 == 0 }
                return DeviceParallelismShape(
                    inputs: inputs, edgeCount: pick(1...300),
                    fixed: pick(0...4) == 0 ? divisors[pick(0...divisors.count - 1)] : nil)
            }
            let processors = pick(1...60)
            let limit = pick(5...200)
            let costs = shapes.map { _ in pick(0...5) }
            let memories: (Int, Int) -> Int = { costs[$0] * $1 + ($1 + 2) / 3 }
            let schedule: Schedule = pick(0...1) == 0 ? .pipeline : .sequential
            let best = exhaustive(
                shapes, processors: processors, memories: memories, limit: limit,
                isPipeline: schedule == .pipeline)
            let choice = try? DeviceParallelismChoice(
                shapes, Small.device(processors: processors, memories: limit),
                schedule: schedule, memories: memories)
            guard let best, let choice else {
                #expect((best == nil) == (choice == nil))
                continue
            }
            found += 1
            let longest = choice.cycles.max() ?? 0
            #expect(longest == best.longest)
            #expect(longest - (choice.cycles.min() ?? 0) == best.spread)
            #expect(choice.parallelism.reduce(0, +) == best.processors)
            #expect((choice.imbalance == nil) == (best.spread == 0))
        }
        #expect(found > 100, "most small networks can be worked")
    }

    @Test func drawnPatternsKeepTheirOwn() throws {
        let network = try Small.fpga(parallelism: [64, 32])
        let choice = try DeviceParallelismChoice(network, Small.device())
        #expect(choice.parallelism == [64, 32])
        #expect(choice.imbalance?.contains("junction 1 takes 32 clocks and junction 0 64") == true)
        let free = try Small.fpga(parallelism: [nil, nil])
        #expect(
            try DeviceParallelismChoice(undrawn: free, Small.device()).parallelism == [128, 32])
        let plan = try DevicePlan(try Small.fpga(), on: Small.device())
        #expect(plan.junctions.map(\.parallelism) == [128, 32])
        #expect(plan.clocksPerSample == 34)
    }

    @Test func sequentiallyOneJunctionMayHaveAllProcessors() throws {
        let network = shapes(fpga)
        #expect(
            try DeviceParallelismChoice(
                network, Small.device(processors: 128), schedule: .sequential
            ).parallelism == [128, 32])
        #expect(
            try DeviceParallelismChoice(
                network, Small.device(processors: 1), schedule: .sequential
            ).parallelism == [1, 1])
        #expect(throws: DeviceError.tooFewProcessors(needed: 2, available: 1)) {
            try DeviceParallelismChoice(network, Small.device(processors: 1))
        }
    }

    @Test func whatIsFixedIsCheckedAndKept() throws {
        let network = shapes(fpga)
        func choice(_ z: [Int], _ processors: Int = 160) throws -> [Int] {
            try DeviceParallelismChoice(
                network, Small.device(processors: processors, parallelism: .edges(z))
            ).parallelism
        }
        #expect(try choice([32, 8]) == [32, 8])
        #expect(
            throws: DeviceError.tooFewProcessors(needed: 160, available: 128, source: .device)
        ) {
            try choice([128, 32], 128)
        }
        #expect(
            throws: DeviceError.parallelismUnsuitable(
                junction: 1, found: 24, expected: "a divisor of its 64 left neurons: 16 or 32")
        ) { try choice([128, 24]) }
        #expect(throws: DeviceError.parallelismMiscounted(found: 1, junctions: 2)) {
            try choice([128])
        }
        let drawn = try Small.fpga()
        #expect(
            throws: DeviceError.parallelismUnsuitable(
                junction: 0, found: 64, expected: "128, for which its pattern is drawn")
        ) {
            try DeviceParallelismChoice(drawn, Small.device(parallelism: .edges([64, 32])))
        }
    }

    /// Patterns are drawn for some z even where no z suits; it is not the reason.
    @Test func whatPatternsAreDrawnForIsNobodysWish() throws {
        let free = try Small.fpga(parallelism: [nil, nil])
        func reason(_ device: DeviceDescription) -> DeviceError? {
            do throws(DeviceError) {
                _ = try DevicePlan(free, on: device)
                return nil
            } catch {
                return error
            }
        }
        let few = try #require(reason(Small.device(processors: 1)))
        #expect(few == .tooFewProcessors(needed: 2, available: 1))
        #expect(few.description.contains("sequential") && !few.description.contains("auto"))
        let list = try #require(reason(Small.device(parallelism: .edges([128, 64]))))
        #expect(list == .tooFewProcessors(needed: 192, available: 160, source: .device))
        #expect(list.description.contains("\"auto\""))
        let stated = try Small.fpga(parallelism: [128, 64])
        #expect(
            throws: DeviceError.tooFewProcessors(needed: 192, available: 160, source: .junction)
        ) { try DevicePlan(stated, on: Small.device()) }
        #expect(
            throws: DeviceError.tooFewProcessors(
                needed: 128, available: 100, source: .junction, schedule: .sequential)
        ) {
            try DevicePlan(
                Small.fpga(parallelism: [128, 32], schedule: .sequential),
                on: Small.device(processors: 100))
        }
    }

    @Test func memoriesBind() throws {
        let network = try Small.fpga(parallelism: [nil, nil])
        let most = DeviceMemoryMap(try Small.fpga(), on: Small.device()).memories
        func cycles(_ memories: Int) throws -> Int? {
            try DeviceParallelismChoice(undrawn: network, Small.device(memories: memories))
                .cycles.max()
        }
        #expect(try cycles(most) == 32 && cycles(most - 1) == 64)
        #expect(throws: DeviceError.self) { try cycles(8) }
    }

    @Test func otherUnitsTakeNoProcessors() throws {
        let circulant = JunctionSpecification(structure: .circulant(blockSize: 8))
        let network = try Small.network([64, 64, 8], [circulant, .init()])
        let choice = try DeviceParallelismChoice(network, Small.device(processors: 64))
        #expect(choice.parallelism == [1, 64] && choice.cycles == [0, 8])
    }
}
