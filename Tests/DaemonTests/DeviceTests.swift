// The cost on the emulated device, through the whole daemon: what ACKs say is what status,
// generations and checkpoints say, to the last clock; and who does not ask gets what he always got.

import Accelerator
import Daemon
import Learning
import MillraceProtocol
import Platform
import Testing
import WeightStore

extension DeviceDescription {
    /// Edge processors for the small network of `DaemonRig`.
    static func edge(_ name: String = "edge") -> DeviceDescription {
        DeviceDescription(
            name: name, title: "edge processors for tests", source: "tests", clockHertz: 15e6,
            memory: DeviceMemory(capacityBits: 1 << 20, widthBits: 32),
            arithmetic: DeviceArithmetic(fixedBits: 16, floatBits: 32),
            edgeProcessors: EdgeProcessors(count: 160),
            energy: EnergyTable(
                name: "one", node: "none", unit: .picojoules,
                rows: [
                    EnergyRow(
                        action: "multiply", isFloat: true, bits: 32, energy: 3.7, source: "tests")
                ]))
    }
}

@Suite struct DeviceTests {
    private let script = SampleScript(featureCount: 5, classCount: 3, seed: 11)
    private let directory = ScratchDirectory()

    private func rig(_ device: DeviceDescription? = .edge()) throws -> DaemonRig {
        let rig = DaemonRig(storage: LinuxStorage(), directory: directory.path, device: device)
        try rig.boot()
        return rig
    }

    private func stream(
        _ rig: DaemonRig, _ name: String, _ count: UInt64, peer: Int, wantsCost: Bool = true
    ) -> ScriptedProducer {
        let producer = ScriptedProducer(
            name: name, script: script, count: count, peer: peer, wantsCost: wantsCost)
        rig.run {
            producer.turn(rig.transport)
            return producer.isDone
        }
        return producer
    }

    /// What the ring lists, newest first.
    private func generations(_ rig: DaemonRig) throws -> [GenerationEntry] {
        let listed = rig.ask(
            ControlRequest(command: .generations), door: .query, GenerationsReply.self)
        return try #require(listed).generations
    }

    /// What `samples` learned samples cost, as it travels.
    private func expected(_ rig: DaemonRig, _ samples: UInt64) throws -> DeviceCost {
        let device = try #require(LearnerLayout(rig.configuration).device)
        let total = device.charge.learnedTotal.multiplied(by: samples)
        return DeviceCost(
            clocks: total.clocks, nanoseconds: device.plan.device.nanoseconds(total.clocks),
            accesses: total.accesses, energy: total.wholeEnergy)
    }

    @Test func acksStatusGenerationsAndCheckpointsAgree() throws {
        let rig = try rig()
        let producer = stream(rig, "p", 1_000, peer: 1)
        try #require(producer.isDone)
        let cost = try #require(producer.cost)
        #expect(cost == (try expected(rig, 1_000)))
        #expect(cost.clocks > 0 && producer.costs == producer.acks.count + 1)

        let status = try #require(rig.status())
        let device = try #require(status.device)
        #expect(status.samples == 1_000)
        #expect(device.total.clocks == cost.clocks && device.total.accesses == cost.accesses)
        #expect(device.total.energy?.rounded(.down) == Double(cost.energy))
        #expect(device.seconds == Double(cost.clocks) / 15e6)
        #expect(device.queries?.samples == 0)

        let generations = try generations(rig)
        #expect(generations.first?.device == device.total)
        for (newer, older) in zip(generations, generations.dropFirst()) {
            let (now, then) = (try #require(newer.device), try #require(older.device))
            #expect(newer.deviceSince?.clocks == now.clocks - then.clocks)
            #expect(now.clocks == (try expected(rig, newer.samples)).clocks)
        }
        #expect(generations.last?.deviceSince == nil)

        let saved = rig.ask(
            ControlRequest(command: .checkpointSave, name: "one"), door: .admin,
            CheckpointReply.self)
        let path = try #require(saved).checkpoint.path
        #expect(try report(rig, path)?.total == device.total)
    }

    /// What `checkpoint inspect` says of the device of a file.
    private func report(_ rig: DaemonRig, _ path: String) throws -> DeviceStatus? {
        let layout = LearnerLayout(rig.configuration)
        let checkpoint = try CheckpointReader.open(storage: LinuxStorage(), path: path)
        defer { checkpoint.close() }
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: layout.section.byteCount, alignment: 64)
        defer { memory.deallocate() }
        try checkpoint.load(.learner, layout: layout.section, into: memory)
        return layout.deviceStatus(UnsafeRawPointer(try #require(memory.baseAddress)))
    }

    @Test func whoDoesNotAskGetsTheSameBytes() throws {
        let with = try rig()
        let producer = stream(with, "p", 200, peer: 1, wantsCost: false)
        #expect(producer.isDone && producer.costs == 0)
        #expect(!producer.acks.isEmpty && producer.acks.allSatisfy { $0.count == 48 && $0[6] == 0 })
    }

    @Test func withoutADeviceNoCostFollows() throws {
        let rig = try rig(nil)
        let producer = stream(rig, "p", 200, peer: 1)
        #expect(producer.isDone && producer.costs == 0)
        #expect(producer.acks.allSatisfy { $0.count == 48 && $0[6] == 0 })
        let status = try #require(rig.status())
        #expect(status.device == nil && status.saturations == nil)
        #expect(try generations(rig).allSatisfy { $0.device == nil })
        let schema = rig.ask(ControlRequest(command: .schema), door: .query, SchemaReply.self)
        #expect(schema != nil && schema?.costEnergyUnit == nil)
        #expect(try predict(rig, wantsCost: true).cost == nil)
    }

    @Test func queriesAreCountedApart() throws {
        let rig = try rig()
        _ = stream(rig, "p", 100, peer: 1)
        let before = try #require(rig.status()?.device)
        #expect(try predict(rig, wantsCost: false).cost == nil)
        let view = try predict(rig, wantsCost: true)
        let device = try #require(LearnerLayout(rig.configuration).device)
        let each = device.charge.inferredTotal
        #expect(view.cost?.clocks == 3 * each.clocks && each.clocks > 0)
        #expect(view.cost?.energy == each.multiplied(by: 3).wholeEnergy)
        let after = try #require(rig.status()?.device)
        #expect(after.queries?.samples == 6)
        #expect(after.queries?.total.clocks == 6 * each.clocks)
        #expect(after.total == before.total)
        let schema = rig.ask(ControlRequest(command: .schema), door: .query, SchemaReply.self)
        #expect(schema?.costEnergyUnit == "pJ")
    }

    /// Three predictions; the cost that came with them, and how many bytes.
    private func predict(
        _ rig: DaemonRig, wantsCost: Bool
    ) throws -> (cost: DeviceCost?, bytes: Int) {
        let schema = WireSchema(
            elementType: .f32, featureCount: 5, outputCount: 3, task: .classification)
        var memory = [UInt8](repeating: 0, count: 1024)
        let bytes = try memory.withUnsafeMutableBytes { memory in
            let batch = try #require(
                BatchEncoder(
                    predict: 3, request: 77, schema: schema, wantsCost: wantsCost, into: memory))
            batch.featureMemory.initializeMemory(as: UInt8.self, repeating: 0)
            return batch.seal()
        }
        rig.transport.put(.query, peer: 500, Array(memory[..<bytes]))
        var found: [UInt8]?
        rig.run(turns: 100) {
            found = rig.transport.take(peer: 500)
            return found != nil
        }
        let frame = try #require(found)
        return try frame.withUnsafeBytes { bytes in
            let (header, body) = try Frame.decode(bytes)
            let view = try PredictionView(header, body)
            #expect(view.count == 3)
            #expect(bytes.count == 32 + 16 + 3 * 16 + (view.cost == nil ? 0 : 32))
            return (view.cost, bytes.count)
        }
    }

    @Test func aRestartGoesOnAndARollbackGoesBack() throws {
        let rig = try rig()
        let first = stream(rig, "p", 500, peer: 1)
        let early = try #require(rig.status())
        rig.kill()
        try rig.boot()
        #expect(rig.status()?.device?.total == early.device?.total)
        let second = stream(rig, "q", 300, peer: 2)
        #expect(first.isDone && second.isDone)
        #expect(second.cost == (try expected(rig, 800)))
        let old = try #require(try generations(rig).last)
        let answer = rig.ask(
            ControlRequest(command: .rollback, generation: old.generation), door: .admin,
            RollbackReply.self)
        #expect(answer?.stateDigest == old.stateDigest)
        #expect(rig.status()?.device?.total == old.device)
        let newest = try #require(try generations(rig).first)
        #expect(newest.restoredFrom == old.generation && newest.deviceSince == nil)
        #expect(newest.device == old.device)
    }

    @Test func anotherDeviceStartsAtNothingAndIsLogged() throws {
        let rig = try rig()
        _ = stream(rig, "p", 100, peer: 1)
        #expect(rig.events.all.allSatisfy { !$0.line.contains("device_changed") })
        let samples = try #require(rig.status()).samples
        rig.kill()
        rig.configuration.device = .edge("other")
        try rig.boot()
        let status = try #require(rig.status())
        #expect(status.samples == samples)
        #expect(status.device?.name == "other" && status.device?.total.clocks == 0)
        let line = try #require(rig.events.all.map(\.line).last { $0.contains("device_changed") })
        #expect(line.contains("from=\"edge (") && line.contains("to=\"other ("))
        let producer = stream(rig, "q", 50, peer: 2)
        #expect(producer.cost == (try expected(rig, 50)))
        // A generation of the other device has no charges of this one.
        #expect(try generations(rig).contains { $0.device == nil })
        // A state that had no device gets one without more ado.
        rig.kill()
        rig.configuration.device = nil
        try rig.boot()
        #expect(rig.status()?.device == nil)
        rig.kill()
        rig.configuration.device = .edge()
        try rig.boot()
        #expect(rig.status()?.device?.total.clocks == 0)
    }
}
