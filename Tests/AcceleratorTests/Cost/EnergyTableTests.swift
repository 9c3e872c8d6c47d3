// Energy: rows, the rule between widths, and what nothing stands for.

import Accelerator
import Testing

@Suite struct EnergyTableTests {
    private func row(
        _ action: String, _ bits: Int, _ energy: Double, isFloat: Bool = false, memory: Int = 0
    ) -> EnergyRow {
        EnergyRow(
            action: action, isFloat: isFloat, bits: bits, energy: energy, source: "test",
            memoryBytes: memory)
    }

    private func table(_ rows: [EnergyRow], memoryBytes: Int = 0) -> EnergyTable {
        EnergyTable(
            name: "t", node: "", unit: .picojoules, rows: rows, memoryBytes: memoryBytes)
    }

    @Test func multipliersGrowWithTheSquareAndAddersWithTheWidth() {
        let it = table([row("multiply", 8, 0.25), row("add", 8, 0.5)])
        #expect(it.energy(of: Action(.multiply, bits: 16)) == 1)
        #expect(it.energy(of: Action(.multiply, bits: 4)) == 0.0625)
        #expect(it.energy(of: Action(.add, bits: 16)) == 1)
        #expect(it.energy(of: Action(.multiply, bits: 8)) == 0.25)
    }

    @Test func theNearestWidthCountsAndOfTwoTheWider() {
        let it = table([row("add", 8, 8), row("add", 32, 320)])
        #expect(it.energy(of: Action(.add, bits: 10)) == 10)
        #expect(it.energy(of: Action(.add, bits: 17)) == 170)
        #expect(it.energy(of: Action(.add, bits: 16)) == 160)
    }

    @Test func floatsAndWholeNumbersAreDifferent() {
        let it = table([row("multiply", 16, 1, isFloat: true)])
        #expect(it.energy(of: Action(.multiply, bits: 16)) == nil)
        #expect(it.energy(of: Action(.multiply, bits: 32, isFloat: true)) == 4)
    }

    @Test func accessesGoByTheBitAndTheMemorysSize() {
        let rows = [
            row("read", 64, 10, memory: 8 << 10), row("read", 64, 20, memory: 32 << 10),
            row("read", 64, 100, memory: 1 << 20),
        ]
        let read = Action(.read(.weights), bits: 16, isFloat: true)
        for (size, energy) in [
            (0, 2.5), (8 << 10, 2.5), (9 << 10, 5), (64 << 10, 25), (1 << 30, 25),
        ] {
            #expect(table(rows, memoryBytes: size).energy(of: read) == energy)
        }
        #expect(table(rows).energy(of: Action(.write(.weights), bits: 16)) == nil)
    }

    @Test func anyWidthCostsTheSame() {
        let it = table([row("count-ones", 0, 0.178), row("count-ones", 8, 7)])
        #expect(it.energy(of: Action(.countOnes, bits: 16)) == 0.178)
    }

    @Test func sumsWhatHasRowsAndNamesTheRest() {
        var counts = ActionCounts()
        counts.add(Action(.multiply, bits: 8), 1000)
        counts.add(Action(.add, bits: 16), 10)
        counts.add(Action(.lookUp, bits: 10), 7)
        counts.add(Action(.lookUp, bits: 16), 7)
        counts.add(Action(.add, bits: 32, isFloat: true), 7)
        let energy = table([row("multiply", 8, 0.25), row("add", 8, 0.5)]).energy(of: counts)
        #expect(energy.amount == 260 && energy.unit == .picojoules)
        #expect(energy.uncounted == ["add (float)", "look-up"])
    }
}
