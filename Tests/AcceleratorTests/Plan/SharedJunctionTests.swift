// Goal: a junction that the positions of a sample share is charged for every one of them, holds its
// weights once, and steps as planned.

import Accelerator
import Arithmetic
import Junctions
import Testing

@Suite struct SharedJunctionTests {
    /// A convolution of 9 taps over 6 channels at `uses` positions, a recurrent junction that
    /// nobody steps at once, and a dense junction behind them.
    private func network(
        _ uses: Int, _ structure: WeightStructure = .dense, increment: Increment = .exact,
        _ arithmetic: NumberArithmetic = .float32, readsInput: Bool = true
    ) throws -> DeviceNetwork {
        let made = [
            try #require(DeviceCase.junction(structure, 48, 32, arithmetic, increment: increment)),
            try #require(DeviceCase.junction(.dense, 32, 12, .float32)),
        ]
        return DeviceNetwork(
            junctions: [
                DeviceJunction(
                    made[0].specification, made[0].junction, hasTable: true, uses: uses,
                    place: DeviceBlockPlace(block: 0, name: "input", readsInput: readsInput)),
                made[1],
            ], inputBits: 16, schedule: .sequential, hasMomentum: false,
            blocks: [
                DeviceBlock(kind: "lstm", inputs: 768, kept: 100),
                DeviceBlock(kind: "group-norm", inputs: 320, kept: 0, scaledChannels: 32),
            ])
    }

    private static let device = DeviceCase.device(
        stochastic: StochasticUnit(converters: 8, lanes: 4),
        transform: TransformUnits(butterflies: 2, multipliers: 4))

    @Test func everyVectorIsCharged() throws {
        for readsInput in [true, false] {
            let once = try DeviceCase.plan(network(1, readsInput: readsInput), [8, 4], Self.device)
            let often = try DeviceCase.plan(
                network(32, readsInput: readsInput), [8, 4], Self.device)
            let (one, all) = (once.junctions[0], often.junctions[0])
            #expect((one.backprop == nil) == readsInput && (all.backprop == nil) == readsInput)
            for operation in Operation.allCases {
                guard let one = one[operation], let all = all[operation] else { continue }
                #expect(one.clocks > 0 && all.clocks == 32 * one.clocks)
                #expect(all.actions.accesses == 32 * one.actions.accesses)
                #expect(all.actions.multiplications == 32 * one.actions.multiplications)
            }
            #expect(all.overheadClocks == 32 * one.overheadClocks && one.overheadClocks > 0)
            #expect(once.junctions[1] == often.junctions[1])
            // The junction behind blocks has somebody to its left.
            #expect(often.junctions[1].backprop != nil)
            #expect(once.memory == often.memory)
            let charge = DeviceCharge(often)
            #expect(charge.junctionCount == 2)
            #expect(charge.learned[1] == UInt64(all.feedforward.clocks))
        }
        let plan = try DeviceCase.plan(network(2), [8, 4], Self.device)
        #expect(plan.names == ["block 0 input", "junction 0"] && plan.hasBlocks)
    }

    @Test func blocksHaveLinesOfMemory() throws {
        let memory = try DeviceCase.plan(network(32), [8, 4], Self.device).memory
        #expect(memory[.weights]?.bits == (48 * 32 + 32 * 12) * 32)
        // Inputs as they arrive; what the norm reads; what the last junction reads.
        #expect(memory[.activations]?.bits == 768 * 16 + (320 + 32) * 32)
        #expect(memory[.errors]?.bits == (320 + 32 + 12) * 32)
        #expect(memory[.kept]?.bits == 100 * 32 && memory[.scales]?.bits == 2 * 32 * 32)
        let circulant = try network(10, .circulant(blockSize: 8))
        let spectra = try DeviceCase.plan(circulant, [1, 4], Self.device).memory
        #expect(spectra[.workingSpectra]?.bits == (10 * 48 + 32) * 32)
    }

    @Test(arguments: [
        (WeightStructure.dense, Increment.exact),
        (.random(.fraction(0.25), seed: 3), .exact),
        (.dense, .stochastic(StochasticRule(bitCount: 8))),
        (.circulant(blockSize: 8), .exact),
    ])
    func itStepsAsPlanned(_ structure: WeightStructure, _ increment: Increment) throws {
        for arithmetic in [NumberArithmetic.float32, DeviceCase.sixteenBits] {
            for readsInput in [true, false] {
                let network = try network(
                    7, structure, increment: increment, arithmetic, readsInput: readsInput)
                let z = structure.isCirculant ? [1, 4] : [8, 4]
                let plan = try DeviceCase.plan(network, z, Self.device)
                let run = DeviceSimulation(network, plan: plan).run(samples: 3)
                #expect(run.disagreements(with: plan).isEmpty)
                #expect(run.junctions == plan.junctions)
            }
        }
    }

    /// z makes the longest of all vectors short, not the longest of one.
    @Test func vectorsDecideWhoGetsProcessors() throws {
        let shapes = [
            DeviceParallelismShape(inputs: 48, edgeCount: 48 * 32, uses: 100),
            DeviceParallelismShape(inputs: 64, edgeCount: 64 * 64),
        ]
        var device = Self.device
        device.edgeProcessors = EdgeProcessors(count: 48)
        let choice = try DeviceParallelismChoice(shapes, device, schedule: .sequential)
        #expect(choice.parallelism[0] == 48 && choice.cycles[0] == 3200)
        // The other need not be faster than that.
        #expect(choice.cycles[1] <= 3200)
    }

    @Test func whatDoesNotFitSaysWhatToDo() throws {
        var device = Self.device
        device.memory.capacityBits = 1 << 10
        let network = try network(32)
        do {
            _ = try DevicePlan(network, on: device)
            Issue.record("it does not fit")
        } catch {
            #expect(error.text(network.name).contains("[block.N]"))
        }
        device.edgeProcessors = nil
        do {
            _ = try DevicePlan(network, on: device)
            Issue.record("nobody works it")
        } catch {
            #expect(error.text(network.name).hasPrefix("block 0 input (dense"), "\(error)")
        }
    }
}

extension WeightStructure {
    fileprivate var isCirculant: Bool { if case .circulant = self { true } else { false } }
}
