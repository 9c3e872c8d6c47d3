// The network loop: owns every socket, the sessions and the credit, judges what comes in, and
// answers queries on the newest durable generation.
//
// Invariants:
//   - one generation is pinned at any time: the newest durable one this loop has seen; queries
//     and acknowledgements come from it, so neither can name what a crash would take back;
//   - nothing here waits for the learner or for storage.
//
// The doors are in extensions: IngestDoor, QueryDoor, ControlDoor.

import Accelerator
import Learning
import Messaging
import MillraceProtocol
import Platform
import WeightStore

/// Memory of the network loop, given by the arena.
struct NetworkMemory {
    /// One received frame; 64-byte aligned.
    let receive: UnsafeMutableRawBufferPointer
    /// One frame to send; 64-byte aligned.
    let send: UnsafeMutableRawBufferPointer
    /// Workspace of the predictor.
    let predictor: UnsafeMutableRawPointer
    /// Outputs of one prediction.
    let outputs: UnsafeMutablePointer<Float>
    /// A learner section loaded from a checkpoint on its way to the learner.
    let staging: UnsafeMutableRawPointer
}

/// The network thread's work, one turn at a time. Handed to its thread once, used there alone.
final class NetworkLoop: @unchecked Sendable {
    let settings: DaemonSettings
    let schema: WireSchema
    let admission: Admission
    let predictor: Predictor
    let memory: NetworkMemory
    let transport: any Transport
    let records: RecordQueue
    let ring: Ring
    let sections: SectionPair
    let channels: LoopChannels
    let progress: SharedProgress
    let clock: any MonotonicClock
    let description: ServiceDescription
    /// What one query costs on the emulated device; nothing without one.
    let inference: DeviceFigures
    /// What the connection guard sees of this loop.
    let ledger: ConnectionLedger

    var producers: ProducerDirectory
    var sessions: SessionTable
    var counters = NetworkCounters()
    var control = ControlDesk()
    /// Whose frames are taken.
    var keeper: DoorKeeper
    /// Who sent the frame that is being taken.
    var visitor = Visitor.trusted
    private var cutNanoseconds: UInt64?
    var hold: HoldPolicy
    var greetings: GreetingBudget
    private var answers: AnswerBook
    /// The connection whose question is being answered; -1 without.
    private var asking: Int32 = -1
    /// The good generation, while the guard wants queries answered from it.
    private var kept: Pin?
    /// The newest durable generation seen.
    var pin: Pin?
    let startNanoseconds: UInt64
    /// Configurations read again since the start, and what became of the newest.
    var reloads: UInt64 = 0
    var reloadReport: ReloadReport?
    var reloadedNanoseconds: UInt64 = 0
    private var lastSweepNanoseconds: UInt64 = 0
    private var hasNewRecords = false
    /// A producer wants a commit that is not asked for yet.
    var isFlushWanted = false

    static let handfulsPerTurn = 16
    static let framesPerHandful = 8
    /// A handful of large frames is shorter: a question must not wait for thousands of samples.
    static let bytesPerHandful = 4096
    static let queriesPerHandful = 8

    init(
        settings: DaemonSettings, description: ServiceDescription, admission: Admission,
        predictor: Predictor, memory: NetworkMemory, transport: any Transport,
        records: RecordQueue, ring: Ring, sections: SectionPair, channels: LoopChannels,
        progress: SharedProgress, clock: any MonotonicClock, producers: ProducerDirectory,
        ledger: ConnectionLedger, access: AccessBoard?
    ) {
        self.ledger = ledger
        greetings = GreetingBudget(producers: settings.maximumProducers)
        answers = AnswerBook(
            capacity: ledger.capacity, frameBytes: DaemonPlan.frameBytes(settings, admission.schema)
        )
        keeper = DoorKeeper(board: access)
        self.settings = settings
        self.description = description
        inference = description.layout.device?.charge.inferredTotal ?? DeviceFigures()
        self.admission = admission
        schema = admission.schema
        self.predictor = predictor
        self.memory = memory
        self.transport = transport
        self.records = records
        self.ring = ring
        self.sections = sections
        self.channels = channels
        self.progress = progress
        self.clock = clock
        self.producers = producers
        hold = HoldPolicy(margin: settings.learnerGuard.margin)
        sessions = SessionTable(capacity: settings.maximumPeers)
        startNanoseconds = clock.nowNanoseconds
    }

    /// The stream section of the pinned generation.
    var durableStream: StreamSection? {
        pin.map { StreamSection(layout: sections.streamLayout, base: ring.streamMemory($0.slot)) }
    }

    /// Takes what waits at every door. Returns whether anything was done.
    /// - looks: whether to see first what came; needless when a wait follows, which looks itself.
    func turn(looks: Bool = true) -> Bool {
        progress.networkTurns.add(1, ordering: .relaxed)
        reload()
        if keeper.refresh() { endUnwelcomeSessions() }
        var didWork = takeResults()
        didWork = finishJobs() || didWork
        tellLateRefusals()
        // Queries get their look between handfuls of samples, so a flood cannot hold them up.
        for _ in 0..<Self.handfulsPerTurn {
            if looks { transport.wait(milliseconds: 0) }
            let samples = drain(.ingest, frames: Self.framesPerHandful, hasLooked: looks)
            queueFlush()
            if hasNewRecords {
                hasNewRecords = false
                channels.learnerWakeUp.call()
            }
            let queries = drain(.query, frames: Self.queriesPerHandful, hasLooked: looks)
            didWork = didWork || samples != .nothing || queries != .nothing
            if samples != .more && queries != .more { break }
        }
        didWork = drain(.admin, frames: 1, hasLooked: looks) != .nothing || didWork
        sweep()
        return didWork
    }

    /// Runs turns until the daemon ends.
    func run() {
        while progress.mode != .ended {
            if turn() { continue }
            channels.networkWakeUp.announceSleep()
            // Once more, now that the others call: a whole turn, because what wakes this loop is
            // not only results but also credit that the learner gave back.
            if !turn(looks: false) { transport.wait(milliseconds: 200) }
            channels.networkWakeUp.awake()
        }
    }

    /// Says that the learner has something to do.
    func noteNewRecord() { hasNewRecords = true }

    /// Pins the newest durable generation and lets the one before go.
    func pinNewest() {
        guard let newest = ring.pinNewest() else { return }
        if let pin { ring.unpin(pin) }
        pin = newest
    }

    /// What a handful took.
    private enum Handful {
        case nothing
        /// Something, and the door was empty then.
        case all
        /// As much as a handful takes.
        case more
    }

    private func drain(_ door: Door, frames: Int, hasLooked: Bool) -> Handful {
        var peer = Peer()
        var origin = FrameOrigin()
        guard transport.mayHave(door) else {
            // libzmq has no news for it since it was found empty: it still is, and the connection
            // guard may wait for nothing else to judge a message without end.
            if hasLooked { ledger.foundEmpty(door) }
            return .nothing
        }
        var taken = 0
        for count in 0..<frames where taken < Self.bytesPerHandful {
            let received = transport.receive(
                door, into: memory.receive, from: &peer, origin: &origin)
            if received == .nothing {
                ledger.foundEmpty(door)
                return count > 0 ? .all : .nothing
            }
            ledger.deliver(origin)
            switch received {
            case .nothing: break
            case .multipart: refuse(door, peer, .badRequest, origin)
            case .oversize: refuse(door, peer, .oversize, origin)
            case .frame(let bytes):
                counters.frames &+= 1
                counters.bytes &+= UInt64(bytes)
                taken &+= bytes
                guard admit(door, origin, peer), mayAsk(door, origin) else { continue }
                let frame = UnsafeRawBufferPointer(rebasing: memory.receive[..<bytes])
                asking = door == .ingest ? -1 : origin.descriptor
                if take(door, frame, peer, origin) { ledger.noteUseful(origin.descriptor) }
                asking = -1
            }
        }
        return .more
    }

    /// Whether a question shall be answered: not while its sender leaves earlier answers lying.
    private func mayAsk(_ door: Door, _ origin: FrameOrigin) -> Bool {
        guard door != .ingest, origin.descriptor >= 0 else { return true }
        let now = clock.nowNanoseconds
        let verdict = answers.judge(origin.descriptor, now)
        guard verdict != .answer else {
            progress.askedNanoseconds.store(now, ordering: .relaxed)
            return true
        }
        counters.dropped &+= 1
        if case .condemn(let serial) = verdict {
            ledger.condemn(origin.descriptor, serial: serial, .unread)
        }
        return false
    }

    /// An answer of `bytes` went to libzmq.
    func noteAnswer(_ bytes: Int) {
        if asking >= 0 { answers.note(asking, bytes) }
    }

    /// Takes one frame. Whether its connection is of use: in session, or asking what can be asked.
    private func take(
        _ door: Door, _ frame: UnsafeRawBufferPointer, _ peer: Peer, _ origin: FrameOrigin
    ) -> Bool {
        do throws(FrameError) {
            let (header, body) = try Frame.decode(frame, limit: settings.maximumMessageBytes)
            switch door {
            case .ingest:
                try takeIngest(header, body, peer)
                return sessions.find(peer) != nil
            case .query: try takeQuery(header, body, peer)
            case .admin: try takeAdmin(header, body, peer)
            }
            return true
        } catch {
            refuse(door, peer, error.reason, origin)
            return false
        }
    }

    /// Counts a frame that could not be taken and tells its sender why.
    func refuse(
        _ door: Door, _ peer: Peer, _ reason: RefusalReason, _ origin: FrameOrigin = FrameOrigin()
    ) {
        counters.count(reason)
        // A daemon that cannot take anything is no mistake of its peers.
        if progress.mode == .running,
            let serial = greetings.refuse(
                peer, serial: SocketGate.serial(origin.descriptor), clock.nowNanoseconds)
        {
            ledger.condemn(origin.descriptor, serial: serial, .abuse)
            // It will be cut within milliseconds; answers would only be more work.
            if origin.descriptor >= 0 { return }
        }
        guard peer.byteCount > 0 else { return }
        switch door {
        case .ingest: sendNack(peer, session: sessions.find(peer), reason)
        case .query, .admin: sendQueryRefused(door, peer, request: 0, reason, "")
        }
    }

    private func takeResults() -> Bool {
        var tookAny = false
        var isFinite: Bool?
        while let result = channels.results.pop() {
            tookAny = true
            if result.isDurable {
                pinNewest()
                // Of a newer one the result is on its way.
                isFinite = pin?.generation == result.generation ? result.isFinite : nil
            }
            if result.ticket != 0 { finishRestore(result) }
        }
        guard tookAny else { return false }
        announceDurable()
        if let pin {
            if let isFinite {
                hold.consider(
                    pin, isFinite: isFinite, ring: ring, description: description,
                    board: channels.guardBoard)
            }
            endRestored(pin)
            if let figure = PrequentialFigures.headline(
                layout: description.layout,
                section: UnsafeRawPointer(ring.learnerMemory(pin.slot)))
            {
                progress.headline.publish(figure)
            }
        }
        _ = answering()
        return true
    }

    /// The generation that queries are answered from: the newest, or while the guard is suspicious
    /// of it the one proved good.
    func answering() -> Pin? {
        let wanted = channels.guardBoard.answersFrom.load(ordering: .acquiring)
        if kept?.generation != wanted {
            if let kept { ring.unpin(kept) }
            kept = ring.pin(generation: wanted)
        }
        return kept ?? pin
    }

    /// What was restored from the good generation is durable: the newest can answer again.
    private func endRestored(_ newest: Pin) {
        let board = channels.guardBoard
        let source = ring.header(newest).restoredFrom
        guard source != 0, !board.isComparing else { return }
        _ = board.answersFrom.compareExchange(
            expected: source, desired: 0, ordering: .acquiringAndReleasing)
    }

    /// Shuts down the connections of those who lost their rights, after a moment in which the
    /// refusal can leave.
    func cutSoon() {
        cutNanoseconds = cutNanoseconds ?? clock.nowNanoseconds &+ 20_000_000
    }

    /// Rare duties: credit for those who wait, acknowledgements that could not be sent.
    private func sweep() {
        grantCredit()
        let now = clock.nowNanoseconds
        if let due = cutNanoseconds, now >= due {
            cutNanoseconds = nil
            keeper.board?.noteCut(keeper.cutUnwelcome())
        }
        guard now &- lastSweepNanoseconds > 200_000_000 else { return }
        lastSweepNanoseconds = now
        announceDurable()
    }
}

/// What the network loop counts since the start of the process.
struct NetworkCounters {
    var frames: UInt64 = 0
    var queries: UInt64 = 0
    var predictions: UInt64 = 0
    var acknowledgements: UInt64 = 0
    var bytes: UInt64 = 0
    var accepted: UInt64 = 0
    var nacks: UInt64 = 0
    var resets: UInt64 = 0
    /// Replies that a peer's full queue made us drop.
    var dropped: UInt64 = 0
    private(set) var refused = [UInt64](repeating: 0, count: StreamLayout.reasonCount)

    mutating func count(_ reason: RefusalReason) {
        refused[Int(reason.rawValue) % StreamLayout.reasonCount] &+= 1
    }

    func refused(_ reason: RefusalReason) -> UInt64 {
        refused[Int(reason.rawValue) % StreamLayout.reasonCount]
    }
}
