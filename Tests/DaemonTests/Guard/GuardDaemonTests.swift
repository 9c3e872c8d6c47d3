// The guard inside a whole daemon, its three loops in one thread over a simulated disk.

import Arithmetic
import Daemon
import Learning
import MillraceProtocol
import Simulation
import Testing

@Suite struct GuardDaemonTests {
    static let count: UInt64 = 4_200
    static let poison: Range<UInt64> = 2_801..<3_401

    private func script(_ poison: Range<UInt64>) -> SampleScript {
        SampleScript(featureCount: 5, classCount: 3, seed: 31, poison: poison)
    }

    private func rig(_ disk: SimulatedDisk, isOn: Bool = true) -> DaemonRig {
        let rig = DaemonRig(storage: disk, directory: "/state", commitSequences: 100)
        rig.settings.learnerGuard.isOn = isOn
        return rig
    }

    /// A stream to its end, through as many lives as it takes.
    private func run(
        _ rig: DaemonRig, _ disk: SimulatedDisk, poison: Range<UInt64>,
        restart: RestartMode = .dropUnsynchronized
    ) -> StatusReply? {
        let producer = ScriptedProducer(
            name: "p", script: script(poison), count: Self.count, batch: 50, peer: 1)
        var peer = 1
        var starts = 0
        for _ in 0..<60_000 where !producer.isDone {
            if rig.daemon == nil {
                do {
                    try rig.boot()
                } catch {
                    starts += 1
                    if starts > 3 { return nil }
                    disk.restart(restart)
                    continue
                }
                peer += 1
                producer.reconnect(peer: peer)
            }
            producer.turn(rig.transport)
            _ = rig.daemon?.stepNetwork()
            _ = rig.daemon?.stepLearner()
            _ = rig.daemon?.stepStorage()
            rig.clock.advance(milliseconds: 1)
            if disk.hasCrashed {
                rig.kill()
                disk.restart(restart)
            }
        }
        return rig.status()
    }

    /// Every sample in the learned set exactly once, whatever was undone in the weights.
    private func isExactlyOnce(_ status: StatusReply?) -> Bool {
        guard let row = status?.producers.first(where: { $0.name == "p" }) else { return false }
        let count = Self.count
        let xor = (1...count).reduce(UInt64(0)) { $0 ^ StreamSection.scrambled($1) }
        return row.balances && row.idCount == count && row.learned == count
            && row.idSum == Hexadecimal.digits(count * (count + 1) / 2)
            && row.idXor == Hexadecimal.digits(xor)
    }

    @Test func poisonIsUndoneAndEverySampleStaysDecidedOnce() throws {
        let disk = SimulatedDisk(seed: 1)
        let rig = rig(disk)
        let status = try #require(run(rig, disk, poison: Self.poison))
        let guardian = try #require(status.guardian)
        #expect(guardian.falls >= 1)
        #expect(guardian.rollbacks == 1)
        #expect(guardian.undone > 600)
        #expect(guardian.answersFrom == nil)
        #expect(isExactlyOnce(status))
        let text = String(decoding: disk.contents("/state/audit.jsonl") ?? [], as: UTF8.self)
        #expect(text.contains("\"event\":\"fall\""))
        #expect(text.contains("\"by\":\"guard\",\"event\":\"rollback\""))
        let reply = rig.ask(ControlRequest(command: .guardian), door: .query, GuardReply.self)
        let entry = try #require(reply?.history.first { $0.event == "rollback" })
        #expect(entry.generation != nil && entry.to == guardian.good)
        #expect(rig.events.all.contains { $0.line.hasPrefix("event=rollback by=guard") })
    }

    @Test func withoutPoisonTheBytesAreThoseWithoutTheGuard() throws {
        let digests = [true, false].map { isOn in
            let disk = SimulatedDisk(seed: 1)
            return run(rig(disk, isOn: isOn), disk, poison: 0..<0)?.stateDigest
        }
        #expect(digests[0] != nil && digests[0] == digests[1])
    }

    /// The disk dies at every operation around the rollback.
    @Test func aCrashAtAnyStepOfTheRollbackLosesNothing() throws {
        let disk = SimulatedDisk(seed: 1)
        let rig = rig(disk)
        var first = 0
        let producer = ScriptedProducer(
            name: "p", script: script(Self.poison), count: Self.count, batch: 50, peer: 1)
        try rig.boot()
        while !producer.isDone, first == 0 {
            producer.turn(rig.transport)
            _ = rig.daemon?.stepNetwork()
            _ = rig.daemon?.stepLearner()
            let operations = disk.operationCount
            _ = rig.daemon?.stepStorage()
            rig.clock.advance(milliseconds: 1)
            if rig.events.all.contains(where: { $0.line.hasPrefix("event=rollback") }) {
                first = operations
            }
        }
        try #require(first > 0)
        let modes = RestartMode.allCases
        for operation in (first - 1)..<(first + 9) {
            let mode = modes[operation % modes.count]
            let disk = SimulatedDisk(seed: 1, fault: DiskFault(.crash, at: operation))
            let status = run(self.rig(disk), disk, poison: Self.poison, restart: mode)
            #expect(isExactlyOnce(status), "operation \(operation), \(mode)")
            #expect(disk.hasFaulted)
        }
    }

    @Test func weightsThatAreNotFiniteNeverBecomeAGeneration() throws {
        let disk = SimulatedDisk(seed: 1)
        let rig = rig(disk, isOn: false)
        try rig.boot()
        let daemon = try #require(rig.daemon)
        let field = try #require(
            daemon.liveLayout.section.fields.first { $0.name.contains("weight") })
        let before = daemon.newestGeneration
        (daemon.liveSection + field.offset).storeBytes(of: Float.nan, as: Float.self)
        let producer = ScriptedProducer(
            name: "p", script: script(0..<0), count: 300, batch: 50, peer: 1)
        rig.run(turns: 4_000) {
            producer.turn(rig.transport)
            return producer.isDone
        }
        let status = try #require(rig.status())
        #expect(status.guardian?.notFinite == 1)
        let entry = rig.ask(ControlRequest(command: .guardian), door: .query, GuardReply.self)?
            .history.first { $0.event == "rollback" }
        #expect(entry?.why == "a weight was not a finite number")
        #expect((entry?.to ?? 0) >= before)
        let value = (daemon.liveSection + field.offset).load(as: Float.self)
        #expect(value.isFinite)
        #expect(producer.isDone)
    }

    @Test func anAuditFileThatCannotBeWrittenStopsNothing() throws {
        let disk = SimulatedDisk(seed: 1)
        let rig = rig(disk)
        try rig.boot()
        let generation = try #require(rig.daemon).newestGeneration
        disk.setContents("/state/audit.jsonl", Array("half a li".utf8))
        disk.arm(DiskFault(.inputOutputOnce, at: disk.operationCount + 3))
        let held = rig.ask(
            ControlRequest(command: .hold, generation: generation), door: .admin, HoldReply.self)
        #expect(held?.held == generation)
        _ = rig.status()
        let again = rig.ask(
            ControlRequest(command: .hold, generation: generation), door: .admin, HoldReply.self)
        #expect(again?.held == generation)
        let reply = rig.ask(ControlRequest(command: .guardian), door: .query, GuardReply.self)
        #expect(reply?.history.filter { $0.event == "hold" && $0.by == "admin" }.count == 2)
        #expect(rig.daemon?.isReadOnly == false)
    }
}
