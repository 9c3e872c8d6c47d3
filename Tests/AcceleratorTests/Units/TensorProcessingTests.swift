// Goal: products cost what the formulas say where nothing waits, and what waiting adds elsewhere;
// junctions cost what was added up by hand.

import Accelerator
import Arithmetic
import Junctions
import Testing

/// The array of the experiments; P as given.
func satArray(addClocks: Int = 4) -> TensorArray {
    TensorArray(
        rows: 32, columns: 32, addClocks: addClocks, reductionLanes: 32, updateLanes: 32)
}

let satArithmetic = DeviceArithmetic(fixedBits: 0, floatBits: 16, masterBits: 32)

@Suite struct TensorProcessingTests {
    static func roundUp(_ value: Int, _ divisor: Int) -> Int { (value + divisor - 1) / divisor }

    /// The published form of the model, for tiles that never wait.
    @Test func whereNothingWaitsTheFormulasHold() {
        let processing = TensorProcessing(satArray(), satArithmetic)
        // ⌈64/32⌉·⌈256/32⌉ = 16 tiles, a multiple of P, of 288 steps at 2:8.
        let product = MatrixProduct(
            rows: 64, depth: 1152, columns: 256, sparsity: .depth(kept: 2, group: 8))
        let output = processing.cost(of: product, .outputStationary)
        #expect(output.clocks == 2 * 8 * (288 + 32 + 32 - 2))
        #expect(output.stallClocks == 0)
        let weight = processing.cost(of: product, .weightStationary)
        #expect(weight.clocks == 9 * 8 * (64 + 32 + 32 - 2))
        #expect(weight.stallClocks == 0)
        #expect(output.multiplications == 64 * 288 * 256)
        #expect(weight.sumReads == 64 * 256 * 8)
        #expect(processing.cost(of: product) == output)
    }

    @Test func dependentSumsWaitWhereNothingTakesTurns() {
        var array = satArray()
        array.interleaves = false
        let processing = TensorProcessing(array, satArithmetic)
        let product = MatrixProduct(rows: 64, depth: 1152, columns: 256)
        #expect(
            processing.cost(of: product, .outputStationary).clocks == 16 * (4 * 1152 + 62))
        #expect(
            processing.cost(of: product, .weightStationary).clocks
                == 36 * 8 * (64 + 4 * 32 + 32 - 2))
        #expect(
            processing.cost(of: product, .weightStationary).stallClocks == 36 * 8 * 3 * 32)
        array.doubleBuffers = false
        #expect(
            TensorProcessing(array, satArithmetic).cost(of: product, .weightStationary).clocks
                == 36 * 8 * (64 + 4 * 32 + 32 - 2 + 32))
    }

    @Test func aSingleTileHasNobodyToTakeTurnsWith() {
        let processing = TensorProcessing(satArray(), satArithmetic)
        let product = MatrixProduct(rows: 1, depth: 512, columns: 10)
        #expect(processing.cost(of: product, .outputStationary).clocks == 4 * 512 + 62)
        // Two tiles: in turns 4·(512 + 62), alone 2·(4·512 + 62).
        let wider = MatrixProduct(rows: 1, depth: 512, columns: 64)
        #expect(processing.cost(of: wider, .outputStationary).clocks == 4 * (512 + 62))
    }

    @Test func interleavingNeverCosts() {
        for addClocks in 1...8 {
            var array = satArray(addClocks: addClocks)
            let turns = TensorProcessing(array, satArithmetic)
            array.interleaves = false
            let alone = TensorProcessing(array, satArithmetic)
            for rows in [1, 31, 100, 400] {
                for depth in [1, 9, 200] {
                    for columns in [1, 33, 64, 257] {
                        let product = MatrixProduct(rows: rows, depth: depth, columns: columns)
                        for dataflow in [Dataflow.outputStationary, .weightStationary] {
                            #expect(
                                turns.cost(of: product, dataflow).clocks
                                    <= alone.cost(of: product, dataflow).clocks)
                        }
                    }
                }
            }
        }
    }

    static func junction(
        _ inputs: Int, _ outputs: Int, _ pruning: PruningSettings?
    ) throws -> DeviceJunction {
        let specification = JunctionSpecification(
            structure: pruning.map { .pruned($0) } ?? .dense)
        return DeviceJunction(
            specification, try specification.junction(inputs: inputs, outputs: outputs),
            hasTable: false)
    }

    @Test func aDenseJunctionByHand() throws {
        let processing = TensorProcessing(satArray(addClocks: 1), satArithmetic)
        let cost = processing.cost(try Self.junction(256, 128, nil), pruning: nil)
        #expect(cost.feedforward.clocks == 4 * (256 + 62))
        #expect(cost.backprop?.clocks == 8 * (128 + 62))
        #expect(cost.update.clocks == 4 * (256 + 62) + (256 * 128 + 128) / 32)
        #expect(
            cost.feedforward.actions[Action(.read(.weights), bits: 32, isFloat: true)]
                == 256 * 128)
        #expect(cost.feedforward.clashes == 0 && cost.feedforward.stallClocks == 0)
    }

    @Test func aPrunedJunctionByHand() throws {
        let pruning = PruningSettings(kept: 2, group: 8)
        let junction = try Self.junction(256, 128, pruning)
        var array = satArray(addClocks: 1)
        let cost = TensorProcessing(array, satArithmetic).cost(junction, pruning: pruning)
        #expect(cost.feedforward.clocks == 4 * (64 + 62))
        #expect(cost.backprop?.clocks == 1 * 8 * (1 + 62))
        // WUVE 1,028 clocks, SORE 2 · 4,096 groups / 32 lanes · 8 clocks = 2,048.
        #expect(cost.update.clocks == 4 * (256 + 62) + 2_048)
        #expect(cost.update.stallClocks == 2_048 - 1_028)
        array.generatesAhead = false
        let bare = TensorProcessing(array, satArithmetic).cost(junction, pruning: pruning)
        #expect(bare.feedforward.clocks == 4 * (64 + 62) + 1_024)
        #expect(bare.feedforward.stallClocks == 1_024)
        #expect(bare.backprop?.clocks == 1 * 8 * (1 + 62) + 1_024)
        #expect(bare.update.clocks == 4 * (256 + 62) + 1_028)
        // Dense words of the master are fetched, and nothing is kept compressed.
        let view = Action(.read(.views), bits: 19, isFloat: true)
        let weights = Action(.read(.weights), bits: 32, isFloat: true)
        #expect(cost.feedforward.actions[view] == 64 * 128)
        #expect(cost.feedforward.actions[weights] == 0)
        #expect(bare.feedforward.actions[view] == 0)
        #expect(bare.feedforward.actions[weights] == 256 * 128)
    }

    @Test func actionsOfAPrunedJunctionByHand() throws {
        let pruning = PruningSettings(kept: 2, group: 8)
        let cost = TensorProcessing(satArray(addClocks: 1), satArithmetic).cost(
            try Self.junction(256, 128, pruning), pruning: pruning)
        func half(_ kind: ActionKind) -> Action { Action(kind, bits: 16, isFloat: true) }
        func full(_ kind: ActionKind) -> Action { Action(kind, bits: 32, isFloat: true) }
        func view(_ kind: ActionKind) -> Action { Action(kind, bits: 19, isFloat: true) }
        var forward = ActionCounts()
        forward.add(half(.multiply), 64 * 128)
        forward.add(half(.add), 64 * 128 + 128)
        forward.add(half(.compare), 128)
        forward.add(half(.read(.activations)), 256 * 4)
        forward.add(view(.read(.views)), 64 * 128)
        forward.add(full(.read(.biases)), 128)
        forward.add(half(.write(.activations)), 128)
        #expect(cost.feedforward.actions == forward)
        var back = ActionCounts()
        back.add(half(.multiply), 32 * 256 + 256)
        back.add(half(.add), 32 * 256)
        back.add(half(.read(.errors)), 128 * 8)
        back.add(view(.read(.views)), 32 * 256)
        back.add(half(.read(.activations)), 256)
        back.add(half(.write(.errors)), 256)
        #expect(cost.backprop?.actions == back)
        var update = ActionCounts()
        update.add(half(.multiply), 256 * 128)
        update.add(half(.add), 256 * 128)
        update.add(half(.read(.activations)), 256 * 4)
        update.add(half(.read(.errors)), 128 + 128)
        update.add(full(.multiply), 256 * 128 + 128)
        update.add(full(.add), 256 * 128 + 128)
        update.add(full(.read(.weights)), 2 * 256 * 128)
        update.add(full(.write(.weights)), 256 * 128)
        update.add(full(.read(.biases)), 128)
        update.add(full(.write(.biases)), 128)
        update.add(half(.compare), 2 * 4_096 * (1 + 6 * 2))
        update.add(view(.write(.views)), 64 * 128 + 32 * 256)
        #expect(cost.update.actions == update)
    }

    @Test func theFirstJunctionNeedsNoViewForBackprop() throws {
        let pruning = PruningSettings(kept: 2, group: 8)
        let cost = TensorProcessing(satArray(addClocks: 1), satArithmetic).cost(
            try Self.junction(256, 128, pruning), pruning: pruning, isFirst: true)
        #expect(cost.backprop == nil)
        #expect(
            cost.update.actions[Action(.write(.views), bits: 19, isFloat: true)] == 64 * 128)
        #expect(cost.update.clocks == 4 * (256 + 62) + 1_028)
    }

    @Test func whoPrunesOneDirectionPaysForTheOther() throws {
        let processing = TensorProcessing(satArray(addClocks: 1), satArithmetic)
        let forward = PruningSettings(kept: 2, group: 8, passes: .forward)
        let cost = processing.cost(try Self.junction(256, 128, forward), pruning: forward)
        let dense = processing.cost(try Self.junction(256, 128, nil), pruning: nil)
        #expect(cost.feedforward.clocks == 4 * (64 + 62))
        #expect(cost.backprop?.clocks == dense.backprop?.clocks)
        // BP multiplies FF's view as if it were dense, but fetches it compressed.
        #expect(
            cost.backprop?.actions[Action(.read(.views), bits: 19, isFloat: true)] == 128 * 64)
        let backward = PruningSettings(kept: 2, group: 8, passes: .backward)
        let other = processing.cost(try Self.junction(256, 128, backward), pruning: backward)
        #expect(other.feedforward == dense.feedforward)
        #expect(other.backprop?.clocks == 8 * 63)
    }
}
