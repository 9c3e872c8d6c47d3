// Goal: every candidate of the stated space is looked at once and ends in one place; what fits has
// the bytes and clocks of its plan; what does not fit is remembered by its smallest.

import Accelerator
import Arithmetic
import Junctions
import Testing

@Suite struct FitSearchTests {
    /// A device that works everything but N:M.
    private let device = DeviceDescription(
        name: "bench", title: "A test device", source: "none", clockHertz: 1e6,
        memory: DeviceMemory(capacityBits: 1 << 30, widthBits: 32),
        arithmetic: DeviceArithmetic(fixedBits: 12, floatBits: 32),
        edgeProcessors: EdgeProcessors(count: 64),
        transformUnits: TransformUnits(butterflies: 8, multipliers: 8))

    private func specification(
        _ candidate: FitCandidate, _ index: Int, _ count: Int
    ) -> JunctionSpecification {
        let structure: WeightStructure =
            switch candidate.structure(of: index, count: count) {
            case .dense: .dense
            case .clashFree(let share):
                .clashFree(
                    InterleaverSettings(type: 2), .fraction(1 / Double(share)), seed: 1)
            case .laneAligned(let share): .laneAligned(.fraction(1 / Double(share)), seed: 1)
            case .circulant(let blockSize): .circulant(blockSize: blockSize)
            case .pruned(let kept, let group): .pruned(PruningSettings(kept: kept, group: group))
            }
        return JunctionSpecification(
            structure: structure, arithmetic: candidate.format.map { .fixed($0) } ?? .float32)
    }

    /// The network of a candidate; nil where its junctions cannot be.
    private func network(_ candidate: FitCandidate, _ widths: [Int]) -> DeviceNetwork? {
        let count = widths.count - 1
        var junctions: [DeviceJunction] = []
        for index in 0..<count {
            let specification = specification(candidate, index, count)
            guard
                let junction = try? specification.junction(
                    inputs: widths[index], outputs: widths[index + 1])
            else { return nil }
            junctions.append(DeviceJunction(specification, junction, hasTable: true))
        }
        return DeviceNetwork(
            junctions: junctions, inputBits: 8, schedule: .sequential, hasMomentum: false)
    }

    private func searched(_ widths: [Int], budgetBits: Int) -> FitSearch {
        var search = FitSearch(on: device, budgetBits: budgetBits)
        for candidate in FitCandidate.all(junctionCount: widths.count - 1) {
            if let network = network(candidate, widths) {
                search.consider(candidate, network)
            } else {
                search.leaveOut(candidate, reason: "the shape")
            }
        }
        return search
    }

    @Test func theSpaceIsWhatIsStated() {
        #expect(FitStructure.all.count == 22)
        for (count, size) in [(1, 110), (2, 110), (3, 215), (5, 215)] {
            let all = FitCandidate.all(junctionCount: count)
            #expect(all.count == size)
            #expect(Set(all.map(\.text)).count == size, "texts tell candidates apart")
        }
        #expect(FitCandidate.formats.compactMap { $0?.width } == [16, 12, 10, 8])
        let spared = FitCandidate(.circulant(blockSize: 8), nil, sparesOuter: true)
        #expect(
            (0..<4).map { spared.structure(of: $0, count: 4).text }
                == ["dense", "circulant 8", "circulant 8", "dense"])
    }

    @Test func everyCandidateEndsInOnePlace() throws {
        let search = searched([64, 64, 64, 32], budgetBits: 300_000)
        #expect(search.candidateCount == 215)
        let omitted = search.omissions.reduce(0) { $0 + $1.candidates.count }
        #expect(search.rows.count + search.tooLargeCount + omitted == 215)
        // N:M needs an array; sixteen bits are too wide.
        for omission in search.omissions where omission.reason != "the shape" {
            for candidate in omission.candidates {
                #expect(
                    candidate.structure.kind == .pruned || candidate.format?.width == 16,
                    "\(candidate.text): \(omission.reason)")
            }
        }
        #expect(!search.rows.contains { $0.candidate.structure.kind == .pruned })
    }

    @Test func rowsCostWhatTheirPlansSay() throws {
        let search = searched([64, 64, 64, 32], budgetBits: 200_000)
        try #require(!search.rows.isEmpty)
        for row in search.rows {
            let made = try #require(self.network(row.candidate, [64, 64, 64, 32]))
            let plan = try DevicePlan(made, on: device)
            #expect(plan.memory.totalBits == row.memoryBits)
            #expect(plan.clocksPerSample == row.clocksPerSample)
            #expect(row.memoryBits <= 200_000)
        }
    }

    @Test func noRowBeatsOneOfTheFront() {
        let search = searched([64, 64, 64, 32], budgetBits: 400_000)
        let front = search.front()
        #expect(!front.isEmpty)
        for index in front {
            let mine = search.rows[index]
            #expect(
                !search.rows.contains {
                    $0.memoryBits <= mine.memoryBits && $0.clocksPerSample <= mine.clocksPerSample
                        && ($0.memoryBits < mine.memoryBits
                            || $0.clocksPerSample < mine.clocksPerSample)
                })
        }
    }

    @Test func figuresAreAnotherDimension() throws {
        var search = searched([64, 64, 64, 32], budgetBits: 400_000)
        let plain = search.front()
        let loser = try #require(search.rows.indices.first { !plain.contains($0) })
        for index in search.rows.indices where index % 2 == 0 || index == loser {
            search.note(figure: index == loser ? 0.9 : 0.5, ofRow: index)
        }
        let front = search.front(withFigures: true)
        #expect(front.contains(loser), "the best figure is on the front")
        #expect(front.allSatisfy { search.rows[$0].figure != nil })
        #expect(search.front() == plain)
    }

    @Test func theSmallestThatDoesNotFitIsKnown() throws {
        let roomy = searched([64, 64, 64, 32], budgetBits: 1 << 30)
        let least = try #require(roomy.rows.map(\.memoryBits).min())
        let tight = searched([64, 64, 64, 32], budgetBits: least - 1)
        #expect(tight.rows.isEmpty)
        #expect(tight.tooLargeCount == roomy.rows.count)
        let shortage = try #require(tight.smallestShortage)
        #expect(shortage.memory.totalBits == least)
        #expect(!shortage.memory.fits && shortage.memory.capacityBits == least - 1)
        let exact = searched([64, 64, 64, 32], budgetBits: least)
        #expect(exact.rows.count >= 1 && exact.rows.allSatisfy { $0.memoryBits == least })
    }
}
