// Goal: the plan adds up, prints every owner, and says what to do when it does not fit; the arena
// hands out disjoint zeroed memory and nothing after it is sealed.

import Accelerator
import Platform
import Testing

@Suite struct MemoryPlanTests {
    static func plan(budget: Int) -> MemoryPlan {
        var plan = MemoryPlan(budgetBytes: budget)
        plan.add(MemoryLine(owner: "weights", detail: "784-128-10", bytes: 409_000))
        plan.add(
            MemoryLine(
                owner: "generation ring", unitCount: 6, unit: "slots", unitBytes: 500_000,
                setting: MemorySetting(key: "ring.slots", lowest: 3, fixedUnits: 1)))
        plan.add([MemoryLine(owner: "queues", detail: "", bytes: 1_000)])
        return plan
    }

    @Test func tablePrintsEveryOwnerAndTheTotal() {
        let plan = Self.plan(budget: 4_000_000)
        #expect(plan.fits && plan.shortage == nil)
        #expect(plan.totalBytes == 3_410_000)
        let expected = """
            weights          784-128-10            409,000
            generation ring  6 slots of 500,000  3,000,000
            queues                                   1,000
            ----------------------------------------------
            total                                3,410,000
            budget                               4,000,000
            free                                   590,000

            """
        #expect(plan.table == expected)
    }

    @Test func aPlanThatIsExactlyTheBudgetFits() {
        #expect(Self.plan(budget: 3_410_000).fits)
        #expect(!Self.plan(budget: 3_409_999).fits)
    }

    @Test func aShortageNamesTheBiggestLineAndWhatWouldFit() throws {
        let plan = Self.plan(budget: 2_500_000)
        let shortage = try #require(plan.shortage)
        #expect(shortage.biggest.owner == "generation ring")
        #expect(shortage.biggestMayTakeBytes == 2_090_000)
        #expect(
            shortage.description
                == "the plan is 910,000 bytes over its budget of 2,500,000; the biggest line is "
                + "generation ring (3,000,000). TRY: memory.budget = \"4MiB\", for all of "
                + "3,410,000; or ring.slots = 3")
        #expect(plan.table.hasSuffix("over                                   910,000\n"))
    }

    /// Only what is legal is offered: a slot less than the least would be refused.
    @Test(arguments: [400_000, 1_900_000]) func onlyALegalValueIsOffered(_ budget: Int) throws {
        let shortage = try #require(Self.plan(budget: budget).shortage)
        #expect(!shortage.description.contains("ring.slots"))
        #expect(
            shortage.description.hasSuffix("TRY: memory.budget = \"4MiB\", for all of 3,410,000"))
        #expect(budget > 400_000 || shortage.biggestMayTakeBytes == 0)
    }

    @Test func theBudgetThatIsOfferedFits() throws {
        for total in [1 << 20, 1 << 20 + 1, 5 << 20 - 1] {
            var plan = MemoryPlan(budgetBytes: 100)
            plan.add(MemoryLine(owner: "weights", detail: "", bytes: total - 90))
            plan.add(MemoryLine(owner: "queues", detail: "", bytes: 90))
            let offered = try #require(plan.shortage).fittingMebibytes << 20
            #expect(offered >= total && offered - total < 1 << 20)
        }
    }
}

@Suite struct ArenaTests {
    @Test func reservationsAreDisjointAlignedAndZero() throws {
        let arena = try Arena(byteCount: 10_000)
        #expect(arena.byteCount >= 10_000)
        let sizes = [1, 64, 100, 0, 4_000]
        var end: UnsafeMutableRawPointer?
        for size in sizes {
            let memory = arena.reserve(size, owner: "owner \(size)")
            let start = try #require(memory.baseAddress)
            #expect(memory.count == size)
            #expect(UInt(bitPattern: start) % 64 == 0)
            if let end { #expect(start >= end) }
            #expect(memory.allSatisfy { $0 == 0 })
            memory.initializeMemory(as: UInt8.self, repeating: 0xFF)
            end = start + size
        }
        #expect(arena.lines.map(\.bytes) == sizes)
        #expect(arena.usedBytes >= sizes.reduce(0, +))
        arena.seal()
        #expect(arena.isSealed)
    }

    @Test func aSealedArenaTraps() async {
        await #expect(processExitsWith: .failure) {
            let arena = try Arena(byteCount: 4_096)
            _ = arena.reserve(64, owner: "before")
            arena.seal()
            _ = arena.reserve(64, owner: "after")
        }
    }

    @Test func aFullArenaTraps() async {
        await #expect(processExitsWith: .failure) {
            let arena = try Arena(byteCount: 4_096)
            _ = arena.reserve(4_000, owner: "first")
            _ = arena.reserve(4_000, owner: "second")
        }
    }

    @Test func moreThanTheMachineHasIsAnError() {
        #expect(throws: MemoryRegionError.self) { _ = try Arena(byteCount: 1 << 60) }
    }
}
