// One history from one seed: a daemon and its disk, producers, clients and an operator, in one
// thread. Turns are taken in an order that the seed draws; the process can die, and the power can
// fail, between any two of them and within any operation of the disk. What must hold stands in
// SimulatedWorld+Checks.swift.

import Arithmetic
import Daemon
import MillraceProtocol
import Platform
import Simulation
import WeightStore

/// One history.
final class SimulatedWorld {
    let plan: SimulationPlan
    let disk: SimulatedDisk
    let rig: DaemonRig
    let scripts: [SimulatedScript]
    var generator: SplitMix64
    var ledger = Ledger()
    var log = OrderLog()
    let producers: [SimulatedProducer]
    let clients: [SimulatedClient]
    let owner: SimulatedOperator
    private(set) var guests = SimulatedGuests()
    /// What was explored.
    var states: [SimulatedState] = []
    private(set) var hits: [DiskFaultHit] = []
    private(set) var lives = 0
    var replays = 0
    private(set) var failedStarts = 0
    /// What happened, for a person who looks for the cause.
    private(set) var story: [String] = []

    private var peers = 10
    var restart = RestartMode.processKilled
    var hitsSinceStart: [DiskFaultHit] = []
    private var startsWithoutFault = 0
    /// Whether the last process ended as it should, everything durable.
    var hasStoppedCleanly = false
    private var turnsOfStop = 0
    /// Turns until the power fails, when this life is to be a short one.
    private var turnsUntilPowerCut: Int?
    /// Whether the owner wants to begin anew at the next start.
    private var wantsAnew = false
    /// Whether the log describes the whole state.
    var isLogWhole = true

    init(seed: UInt64) {
        let plan = SimulationPlan(seed: seed)
        let scripts = plan.scripts
        self.plan = plan
        self.scripts = scripts
        generator = SplitMix64(seed: seed)
        disk = SimulatedDisk(seed: seed)
        rig = plan.makeRig(disk)
        var generator = SplitMix64(seed: seed &+ 1)
        producers = scripts.prefix(plan.producers).enumerated().map { index, script in
            SimulatedProducer(
                script: script, count: 18 + generator.next() % 24, peer: index + 1,
                losesSpool: generator.next() % 8 == 0)
        }
        clients = (0..<plan.clients).map { index in
            SimulatedClient(samples: scripts[0].samples, peer: 700 + index)
        }
        owner = SimulatedOperator(restores: plan.restores)
    }

    func newPeer() -> Int {
        peers += 1
        return peers
    }

    private func draw(_ bound: UInt64) -> UInt64 { (generator.next() >> 20) % bound }

    /// Lives until everybody is done; what is wrong, or nil.
    func run() -> String? {
        var turns = 0
        while !(rig.daemon != nil && producers.allSatisfy(\.isDone) && lives > plan.faultyLives) {
            turns += 1
            guard turns < 30_000 else {
                return
                    "no end, life \(lives), \(rig.status().map { "\($0.mode)" } ?? "no status"): "
                    + producers.map(\.description).joined(separator: "; ")
            }
            if rig.daemon == nil {
                if let problem = start() { return problem }
                continue
            }
            if producers.allSatisfy(\.isDone), draw(200) == 0 {
                die(randomRestart())
                continue
            }
            everybodyTakesATurn()
            if let problem = contradiction { return problem }
            endsOrNot()
        }
        return settle() ?? contradiction
    }

    private func everybodyTakesATurn() {
        for producer in producers { producer.turn(self, &generator) }
        for client in clients { client.turn(self, &generator) }
        owner.turn(self, &generator)
        if plan.hasGuests { guests.turn(self, &generator) }
        guard let daemon = rig.daemon else { return }
        switch draw(16) {
        case ..<plan.turns.network:
            _ = daemon.stepNetwork()
            log.observe(daemon)
        case ..<(plan.turns.network + plan.turns.learner): _ = daemon.stepLearner()
        default: _ = daemon.stepStorage()
        }
        // A clock that stands still still moves a little, or no sweep would ever come.
        let step = plan.clockStep == 0 ? draw(64) == 0 ? 250 : 0 : plan.clockStep
        if step > 0, draw(8) == 0 { rig.clock.advance(milliseconds: step) }
    }

    private var contradiction: String? {
        ledger.contradiction ?? producers.compactMap(\.complaint).first
    }

    // MARK: - The end of a process

    private func endsOrNot() {
        guard let daemon = rig.daemon else { return }
        noteHits()
        if disk.hasCrashed { return die(randomRestart()) }
        if let left = turnsUntilPowerCut {
            turnsUntilPowerCut = left - 1
            if left == 0 { return die(.dropUnsynchronized) }
        }
        if daemon.isStopping {
            turnsOfStop += 1
            if daemon.isDrained {
                hasStoppedCleanly = true
                return die(randomRestart())
            }
            if turnsOfStop > 3_000 { die(.processKilled) }
            return
        }
        if daemon.isReadOnly {
            switch draw(256) {
            case 0: return die(randomRestart())
            // The owner mends the disk, and the daemon finds out by itself.
            case 1...3:
                disk.arm(nil)
                rig.clock.advance(milliseconds: 10_500)
            default: break
            }
        }
        // When all that was to happen has happened, the history comes to its end.
        guard lives <= plan.faultyLives else { return }
        switch draw(512) {
        case 0: die(randomRestart())
        case 1: daemon.stop()
        case 2: askToStop()
        default: break
        }
    }

    private func askToStop() {
        guard let json = try? ControlCodec.encode(ControlRequest(command: .stop)) else { return }
        rig.transport.put(.admin, peer: 950, ScriptedProducer.frame(.request, 6, 0, 0, [], json))
    }

    private func randomRestart() -> RestartMode {
        RestartMode.allCases[Int(draw(UInt64(RestartMode.allCases.count)))]
    }

    private func die(_ mode: RestartMode) {
        noteHits()
        story.append("life \(lives) ends, \(mode)")
        rig.kill()
        disk.restart(mode)
        restart = mode
        turnsOfStop = 0
        turnsUntilPowerCut = nil
        if plan.beginsAnew, isLogWhole, ledger.highest > 3, draw(3) == 0 { wantsAnew = true }
    }

    private func noteHits() {
        let new = disk.takeHits()
        story += new.map {
            "life \(lives): \($0.kind) in \($0.operation) \($0.place) of \($0.path)"
        }
        hits += new
        hitsSinceStart += new
    }

    // MARK: - The start of a process

    private func start() -> String? {
        lives += 1
        if let problem = numbersProblem() ?? savedCheckpointsProblem() { return problem }
        let isFaulty = lives <= plan.faultyLives
        disk.arm(isFaulty ? randomFault() : nil)
        do {
            try boot()
        } catch {
            noteHits()
            failedStarts += 1
            story.append("start \(lives) refused: \(error.message)")
            if !isFaulty { startsWithoutFault += 1 }
            guard startsWithoutFault < 2 else { return "cannot start: \(error.message)" }
            rig.kill()
            let mode = randomRestart()
            story.append("after it \(mode)")
            disk.restart(mode)
            restart = mode
            return nil
        }
        for producer in producers { producer.reconnect(peer: newPeer()) }
        for client in clients { client.reconnect(peer: newPeer()) }
        guests.reconnect(self)
        // A process that was killed leaves bytes that no sync has made durable. What the next one
        // says of them must survive a power cut before its first commit.
        if lives <= plan.faultyLives, restart == .processKilled, draw(3) == 0 {
            turnsUntilPowerCut = Int(draw(24))
        }
        return checkStart()
    }

    private var savedPath: String? {
        owner.saved.keys.sorted().first.map { "/state/checkpoints/\($0).safetensors" }
    }

    private func boot() throws(StartError) {
        var origin = StateOrigin.newest
        if wantsAnew {
            if plan.seed % 2 == 0, let savedPath { origin = .checkpoint(path: savedPath) }
            _ = try StateDirectory.setAside(rig.settings, disk)
        }
        try rig.boot(origin: origin)
        if wantsAnew {
            wantsAnew = false
            beginAnew(isEmpty: origin == .newest)
        }
        guard let daemon = rig.daemon else { return }
        log.attach(daemon, rows: rig.settings.maximumProducers)
        rig.transport.beforeReceive = { [weak self] in
            guard let self, let daemon = rig.daemon else { return }
            log.observe(daemon)
        }
    }

    private func beginAnew(isEmpty: Bool) {
        ledger.beginAnew()
        log.beginAnew()
        owner.beginAnew()
        guests.beginAnew()
        hasStoppedCleanly = false
        let everybody = producers + [guests.current].compactMap(\.self)
        guard !isEmpty else { return everybody.forEach { $0.forget() } }
        isLogWhole = false
        let rows = rig.status()?.producers ?? []
        for producer in everybody {
            let row = rows.first { $0.name == producer.script.name }
            if let row, row.epoch == producer.epoch {
                producer.lower(to: row.durable)
            } else {
                producer.forget()
            }
        }
    }

    private func randomFault() -> DiskFault? {
        let kinds = DiskFault.Kind.allCases
        let kind = kinds[Int(draw(UInt64(kinds.count)))]
        switch draw(8) {
        case 0: return nil
        case 1...4:
            return DiskFault(kind, at: disk.operationCount + Int(draw(70)))
        default:
            let operations: [StorageOperation] = [
                .write, .write, .synchronize, .synchronize, .synchronizeDirectory, .rename, .open,
                .list, .read, .preallocate, .remove, .lock, .makeDirectory, .size,
            ]
            let operation = operations[Int(draw(UInt64(operations.count)))]
            return DiskFault(kind, at: Int(draw(10)), of: operation)
        }
    }
}
