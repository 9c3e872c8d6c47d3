// The storage loop: makes committed slots durable, writes and reads checkpoints. The only loop
// that waits for a disk.
//
// Invariants:
//   - a result is reported as durable only after `Ring.commit` returned;
//   - when storage refuses, the newest refused slot is kept and written afresh every 10 s; the
//     daemon is read-only until that works.

import Learning
import MillraceProtocol
import Platform
import Synchronization
import WeightStore

/// The storage thread's work, one turn at a time. Handed to its thread once, used there alone.
final class StorageLoop: @unchecked Sendable {
    let settings: DaemonSettings
    let layout: LearnerLayout
    let storage: any Storage
    let ring: Ring
    let sections: SectionPair
    let staging: UnsafeMutableRawPointer
    let channels: LoopChannels
    private let progress: SharedProgress
    let clock: any MonotonicClock
    let report: @Sendable (DaemonEvent) -> Void

    /// What may change while the daemon runs.
    private(set) var hot: HotSettings
    /// Configurations of generations that may still be written, the newest last.
    private var texts: [(digest: UInt64, text: String)]

    let audit: AuditLog
    private var refused: CommitOrder?
    private var retryNanoseconds: UInt64 = 0
    private var unreported: CommitResult?
    var lastCheckpointNanoseconds: UInt64
    var lastCheckpointGeneration: UInt64 = 0

    /// The newest generation is at most a few commits behind the newest configuration.
    static let keptTexts = 4
    static let retryIntervalNanoseconds: UInt64 = 10_000_000_000

    init(
        settings: DaemonSettings, layout: LearnerLayout, storage: any Storage, ring: Ring,
        sections: SectionPair,
        staging: UnsafeMutableRawPointer, channels: LoopChannels, progress: SharedProgress,
        clock: any MonotonicClock, report: @escaping @Sendable (DaemonEvent) -> Void
    ) {
        self.settings = settings
        hot = HotSettings(settings, learningRate: layout.configuration.learningRate)
        texts = [(settings.configurationDigest, settings.configurationText)]
        self.layout = layout
        self.storage = storage
        self.ring = ring
        self.sections = sections
        self.staging = staging
        self.channels = channels
        self.progress = progress
        self.clock = clock
        self.report = report
        lastCheckpointNanoseconds = clock.nowNanoseconds
        audit = AuditLog(storage: storage, directory: settings.stateDirectory)
    }

    /// Writes what waits. Returns whether anything was done.
    func turn() -> Bool {
        progress.storageTurns.add(1, ordering: .relaxed)
        if let result = unreported, channels.results.push(result) { unreported = nil }
        var didWork = false
        reload()
        if unreported == nil {
            if let order = channels.commits.pop() {
                commit(order)
                didWork = true
            } else if let order = refused, clock.nowNanoseconds >= retryNanoseconds {
                commit(order)
            }
        }
        if let job = channels.storageJobs.take() {
            carryOut(job)
            didWork = true
        }
        while let note = channels.guardBoard.notes.pop() { record(note) }
        while let note = channels.guardBoard.adminNotes.pop() { record(note) }
        while let note = channels.driftNotes.pop() { record(note) }
        checkpointIfDue()
        return didWork
    }

    /// Runs turns until the daemon ends.
    func run() {
        while progress.mode != .ended {
            if turn() { continue }
            channels.storageWakeUp.announceSleep()
            if channels.commits.isEmpty {
                channels.storageWakeUp.sleep(milliseconds: 500)
            } else {
                channels.storageWakeUp.awake()
            }
        }
    }

    private func reload() {
        guard let settings = channels.reload.storage.take() else { return }
        hot = settings
        texts.removeAll { $0.digest == settings.configurationDigest }
        texts.append((settings.configurationDigest, settings.configurationText))
        if texts.count > Self.keptTexts { texts.removeFirst() }
    }

    /// The configuration that a generation was made with; the newest one if it is not known.
    func configurationText(_ digest: UInt64) -> String {
        texts.last { $0.digest == digest }?.text ?? hot.configurationText
    }

    private func commit(_ order: CommitOrder) {
        var order = order
        if let older = refused, older.slot != order.slot {
            // The newer state contains everything of the older one.
            ring.release(older.slot)
            progress.openOrders.subtract(1, ordering: .acquiringAndReleasing)
            if order.restoredFrom == 0 {
                order.restoredFrom = older.restoredFrom
                order.note = older.note
            }
            refused = nil
        }
        let generation = ring.nextGeneration
        do throws(RingError) {
            try ring.commit(
                order.slot, generation: generation, restoredFrom: order.restoredFrom,
                configurationDigest: order.configurationDigest)
            refused = nil
            progress.commits.add(1, ordering: .relaxed)
            if progress.mode == .readOnly { report(.storageRecovered(generation)) }
            progress.change(from: .readOnly, to: .running)
            // In this order: who sees no open order (`Daemon.isDrained`) also sees the result.
            tell(order, generation, isDurable: true)
            progress.openOrders.subtract(1, ordering: .acquiringAndReleasing)
            if let note = order.note { record(note, generation: generation) }
        } catch {
            let answered = order
            retryNanoseconds = clock.nowNanoseconds &+ Self.retryIntervalNanoseconds
            progress.failedCommits.add(1, ordering: .relaxed)
            if progress.mode == .running { report(.storageFailed("\(error)")) }
            progress.change(from: .running, to: .readOnly)
            order.ticket = 0
            refused = order
            tell(answered, generation, isDurable: false)
        }
    }

    /// Writes a note into the log and the audit file. A file that cannot be written is an event.
    private func record(_ note: GuardNote, generation: UInt64? = nil) {
        let entry = AuditEntry(
            note, generation: generation, time: WallClock.text(WallClock.seconds))
        report(.audited(entry))
        do throws(StorageError) {
            try audit.append(entry)
        } catch {
            report(.auditFailed("\(error)"))
        }
    }

    /// Writes a drift alarm into the log. The producer's name is in every generation since its
    /// first sample could come.
    private func record(_ note: DriftNote) {
        var name: String?
        if let producer = note.producer, let pin = ring.pinNewest() {
            name = StreamSection(
                layout: sections.streamLayout, base: ring.streamMemory(pin.slot)
            ).name(producer)
            ring.unpin(pin)
        }
        let drift = layout.configuration.drift
        report(
            .driftAlarm(
                note.alarm, detector: drift.detector.name, producer: name,
                response: note.producer == nil ? drift.response.name : "nothing"))
    }

    private func tell(_ order: CommitOrder, _ generation: UInt64, isDurable: Bool) {
        let result = CommitResult(
            generation: generation, ticket: order.ticket, isDurable: isDurable,
            isFinite: order.isFinite)
        if !channels.results.push(result) { unreported = result }
        channels.networkWakeUp.call()
    }
}
