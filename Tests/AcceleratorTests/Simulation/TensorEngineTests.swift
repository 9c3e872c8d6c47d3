// Goal: SORE keeps what sorting keeps, in M clocks per group and lane; WUVE takes a weight per lane
// and clock; both as the model charges them.

import Accelerator
import Arithmetic
import Testing

@Suite struct TensorEngineTests {
    static func processing(reductionLanes: Int, updateLanes: Int = 1) -> TensorProcessing {
        TensorProcessing(
            TensorArray(
                rows: 2, columns: 2, addClocks: 1, reductionLanes: reductionLanes,
                updateLanes: updateLanes), DeviceArithmetic(fixedBits: 0, floatBits: 16))
    }

    /// Positions of the N largest magnitudes by sorting, of equal ones the first.
    static func sorted(_ group: [Int], kept: Int) -> [Int] {
        let order = group.indices.sorted {
            let (a, b) = (group[$0].magnitude, group[$1].magnitude)
            return a != b ? a > b : $0 < $1
        }
        return order.prefix(kept).sorted()
    }

    @Test func everyGroupOfFourSmallNumbersIsSelectedAsBySorting() {
        for kept in 1...2 {
            for code in 0..<625 {
                let group = [code % 5, code / 5 % 5, code / 25 % 5, code / 125].map { $0 - 2 }
                var stack = TensorSelectionStack(kept: kept)
                for (position, value) in group.enumerated() {
                    stack.take(value, position: position)
                }
                #expect(
                    stack.selection.map(\.position) == Self.sorted(group, kept: kept),
                    "\(group)")
                #expect(stack.selection.allSatisfy { $0.value == group[$0.position] })
            }
        }
    }

    @Test(arguments: [(1, 4), (2, 4), (1, 8), (2, 8), (4, 8), (2, 16)])
    func lanesAgreeWithTheModel(_ kept: Int, _ group: Int) {
        var generator = SplitMix64(seed: UInt64(kept * 100 + group))
        for count in [1, 2, 5, 32, 33] {
            let groups = (0..<count).map { _ in
                (0..<group).map { _ in Int(generator.next() % 13) - 6 }
            }
            for lanes in [1, 2, 3, 32] {
                let processing = Self.processing(reductionLanes: lanes)
                let simulation = TensorSelectionSimulation(
                    processing.array, groups: groups, kept: kept, group: group)
                #expect(
                    simulation.clocks == processing.selectionClocks(groups: count, of: group))
                #expect(
                    simulation.comparisons
                        == count * TensorProcessing.comparisons(kept: kept, group: group))
                for (index, own) in groups.enumerated() {
                    #expect(
                        simulation.selections[index].map(\.position)
                            == Self.sorted(own, kept: kept))
                }
            }
        }
    }

    @Test func aLaneTakesAWeightPerClock() {
        // 64 · 8 weights in 32 lanes: |W| / lanes = 16 clocks per direction.
        #expect(Self.processing(reductionLanes: 32).selectionClocks(groups: 64, of: 8) == 16)
        #expect(TensorProcessing.comparisons(kept: 2, group: 8) == 0 + 1 + 6 * 2)
    }

    @Test(arguments: [1, 3, 8, 32]) func updatesTakeAWeightPerLaneAndClock(_ lanes: Int) {
        var generator = SplitMix64(seed: UInt64(lanes))
        for count in 0...40 {
            let weights = (0..<count).map { _ in Int(generator.next() % 100) }
            let increments = (0..<count).map { _ in Int(generator.next() % 9) - 4 }
            let processing = Self.processing(reductionLanes: 1, updateLanes: lanes)
            let simulation = TensorUpdateSimulation(
                processing.array, weights: weights, increments: increments, rate: 3)
            #expect(simulation.clocks == processing.updateClocks(count))
            #expect(simulation.weights == zip(weights, increments).map { $0 - 3 * $1 })
        }
    }

    @Test func aGroupOfTwoOfEightTakes38Bits() {
        #expect(TensorProcessing.groupBits(kept: 2, group: 8, valueBits: 16) == 38)
        #expect(TensorProcessing.groupBits(kept: 2, group: 4, valueBits: 16) == 36)
        #expect(TensorProcessing.groupBits(kept: 2, group: 16, valueBits: 16) == 40)
    }
}
