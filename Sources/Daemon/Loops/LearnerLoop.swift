// The learner's loop: take records in order, decide each, commit now and then.
//
// Invariants:
//   - only this loop writes the two live sections;
//   - a commit copies both sections between two records, so a generation is exactly "all
//     records before it"; it never changes learner state;
//   - it never waits for storage or readers: without a free slot the commit is skipped and
//     tried again.

import Kernels
import Learning
import MillraceProtocol
import Platform
import Synchronization
import WeightStore

/// When the learner commits by itself.
public struct CommitPolicy: Equatable, Sendable {
    /// After that many decided sequences; 0 means never by count.
    public var sequences: UInt64
    /// After that much time with something undecided; 0 means never by time.
    public var intervalNanoseconds: UInt64

    /// - sequences, intervalNanoseconds: see the properties.
    public init(sequences: UInt64, intervalNanoseconds: UInt64) {
        self.sequences = sequences
        self.intervalNanoseconds = intervalNanoseconds
    }

    /// The policy with its interval stretched until generations of `generationBytes` write at
    /// most `bytesPerDay` (0: no limit).
    public func limited(generationBytes: Int, bytesPerDay: UInt64) -> CommitPolicy {
        guard bytesPerDay > 0 else { return self }
        let dayNanoseconds = 86_400.0 * 1e9
        let shortest = UInt64(dayNanoseconds * Double(generationBytes) / Double(bytesPerDay))
        return CommitPolicy(
            sequences: 0, intervalNanoseconds: max(intervalNanoseconds, shortest))
    }
}

/// The learner thread's work, one turn at a time. Handed to its thread once, used there alone.
final class LearnerLoop: @unchecked Sendable {
    private let learner: OnlineLearner
    private let learnerSection: UnsafeMutableRawPointer
    private let stream: StreamSection
    private let sections: SectionPair
    private let records: RecordQueue
    private let ring: Ring
    private let channels: LoopChannels
    private let progress: SharedProgress
    private let clock: any MonotonicClock
    private let generationBytes: Int
    private var policy: CommitPolicy
    private var configurationDigest: UInt64
    private let guardian: LearnerGuard

    private var decidedSinceCommit: UInt64 = 0
    private var lastCommitNanoseconds: UInt64
    private var isCommitRequested = false
    private var isDirty = false
    private var pendingTicket: UInt32 = 0
    private var pendingRestoredFrom: UInt64 = 0
    private var pendingNote: GuardNote?
    private var isRollbackDue = false
    private var pacer: YieldPacer

    /// Records decided in one turn before the other duties get a look.
    static let recordsPerTurn = 256
    /// How long after a question the learner goes on yielding: who asks ten times a second always
    /// finds it so, and everybody the way back of an answer.
    static let attentionNanoseconds: UInt64 = 100_000_000

    init(
        learner: OnlineLearner, sections: SectionPair, records: RecordQueue, ring: Ring,
        channels: LoopChannels, progress: SharedProgress, clock: any MonotonicClock,
        settings: DaemonSettings, generationBytes: Int, guardian: LearnerGuard
    ) {
        self.guardian = guardian
        self.learner = learner
        self.sections = sections
        learnerSection = sections.learner
        stream = StreamSection(layout: sections.streamLayout, base: sections.stream)
        self.records = records
        self.ring = ring
        self.channels = channels
        self.progress = progress
        self.clock = clock
        pacer = YieldPacer(clock: clock)
        self.generationBytes = generationBytes
        policy = settings.commit.limited(
            generationBytes: generationBytes, bytesPerDay: settings.bytesPerDay)
        configurationDigest = settings.configurationDigest
        lastCommitNanoseconds = clock.nowNanoseconds
    }

    /// Decides what waits, commits when it is time. Returns whether anything was done.
    func turn() -> Bool {
        progress.learnerTurns.add(1, ordering: .relaxed)
        var didWork = false
        reload()
        if let order = channels.restores.pop() {
            restore(order)
            didWork = true
        }
        let count = min(records.count, Self.recordsPerTurn)
        for index in 0..<count {
            decide(records.peek(index))
            if isRollbackDue { rollBack() }
            if pacer.isOver() { offerProcessor() }
            // A large network may need seconds for a turn, and is not stuck.
            if index & 15 == 15 { progress.learnerTurns.add(1, ordering: .relaxed) }
        }
        if count > 0 {
            records.consume(count)
            channels.networkWakeUp.call()
            didWork = true
        }
        if isCommitDue { didWork = commit() || didWork }
        if progress.mode == .draining, records.count == 0, !isDirty {
            progress.change(from: .draining, to: .drained)
            channels.networkWakeUp.callAlways()
        }
        return didWork
    }

    /// Runs turns until the daemon ends, sleeping when there is nothing to do.
    func run() {
        while progress.mode != .ended {
            if turn() { continue }
            channels.learnerWakeUp.announceSleep()
            if records.count == 0, channels.restores.isEmpty {
                channels.learnerWakeUp.sleep(milliseconds: sleepMilliseconds)
            } else {
                channels.learnerWakeUp.awake()
            }
        }
    }

    /// Lets those who wait for this processor go first, while somebody asks questions: where nobody
    /// does, yielding would only cost samples.
    private func offerProcessor() {
        let asked = progress.askedNanoseconds.load(ordering: .relaxed)
        if clock.nowNanoseconds < asked &+ Self.attentionNanoseconds { WorkerThread.yield() }
        pacer.begin()
    }

    /// Takes over settings that were read again; between two records, so that a sample is learned
    /// with one rate.
    private func reload() {
        guard let settings = channels.reload.learner.take() else { return }
        policy = settings.commit.limited(
            generationBytes: generationBytes, bytesPerDay: settings.bytesPerDay)
        configurationDigest = settings.configurationDigest
        learner.setLearningRate(settings.learningRate)
        guardian.take(settings.learnerGuard)
    }

    /// Forces the next turn to commit; the assembly calls it before the threads start.
    func requestCommit() { isCommitRequested = true }

    private var sleepMilliseconds: Int32 {
        guard isDirty || isCommitRequested else { return 1000 }
        guard !isCommitRequested, progress.mode == .running else { return 1 }
        guard policy.intervalNanoseconds > 0 else { return 1000 }
        let elapsed = clock.nowNanoseconds &- lastCommitNanoseconds
        let left = policy.intervalNanoseconds > elapsed ? policy.intervalNanoseconds - elapsed : 0
        return Int32(clamping: left / 1_000_000 + 1)
    }

    private var isCommitDue: Bool {
        if isCommitRequested { return true }
        guard isDirty else { return false }
        if progress.mode == .draining, records.count == 0 { return true }
        if policy.sequences > 0, decidedSinceCommit >= policy.sequences { return true }
        return policy.intervalNanoseconds > 0
            && clock.nowNanoseconds &- lastCommitNanoseconds >= policy.intervalNanoseconds
    }

    /// Copies both sections into a free slot and hands it to storage. False if none is free.
    private func commit() -> Bool {
        guard let slot = ring.acquire() else {
            progress.skippedCommits.add(1, ordering: .relaxed)
            return false
        }
        if let note = guardian.replaceNotFinite() { restored(note) }
        ring.learnerMemory(slot).copyMemory(
            from: learnerSection, byteCount: sections.learnerBytes)
        ring.streamMemory(slot).copyMemory(
            from: sections.stream, byteCount: sections.streamLayout.section.byteCount)
        let order = CommitOrder(
            slot: slot, restoredFrom: pendingRestoredFrom, ticket: pendingTicket,
            configurationDigest: configurationDigest, isFinite: guardian.hasFiniteWeights,
            note: pendingNote)
        progress.openOrders.add(1, ordering: .acquiringAndReleasing)
        guard channels.commits.push(order) else {
            ring.release(slot)
            progress.openOrders.subtract(1, ordering: .acquiringAndReleasing)
            progress.skippedCommits.add(1, ordering: .relaxed)
            return false
        }
        pendingRestoredFrom = 0
        pendingNote = nil
        pendingTicket = 0
        decidedSinceCommit = 0
        isDirty = false
        isCommitRequested = false
        lastCommitNanoseconds = clock.nowNanoseconds
        channels.storageWakeUp.call()
        return true
    }

    /// Takes the learned state of another generation. What belongs to the stream stays: the
    /// pending samples are counted in the stream section, so they stay with it.
    private func restore(_ order: RestoreOrder) {
        guard let source = UnsafeRawPointer(bitPattern: order.section) else { return }
        var note = GuardNote(
            kind: .adminRollback, from: ring.newestGeneration, to: order.generation)
        let layout = learner.layout
        let before = layout.learnedCount(UnsafeRawPointer(learnerSection))
        let after = layout.learnedCount(source)
        note.undone = before > after ? before - after : 0
        sections.copyLearnedState(from: source)
        guardian.stateWasReplaced()
        restored(note)
        pendingTicket = order.ticket
    }

    /// The guard goes back to the good generation. Nobody waits for an answer.
    private func rollBack() {
        isRollbackDue = false
        if let note = guardian.rollBack() { restored(note) }
    }

    /// The live section has another learned state, which the next commit makes a generation of.
    private func restored(_ note: GuardNote) {
        learner.stateWasReplaced()
        pendingRestoredFrom = note.to
        pendingNote = note
        isDirty = true
        isCommitRequested = true
    }
}

extension LearnerLoop {
    private func decide(_ record: StreamRecord) {
        let producer = record.producer
        switch record.kind {
        case .sample: learn(record, producer)
        case .lateLabel: applyLabel(record, producer)
        case .refused:
            stream.countRefused(producer, record.reason, record.target)
            advance(producer, to: record.sequence &+ record.target &- 1, by: record.target)
        case .skipped:
            stream.add(.skipped, producer, record.target)
            advance(producer, to: record.sequence &+ record.target &- 1, by: record.target)
        case .openEpoch:
            if record.nameCount == 0 {
                learner.forget(producer: producer, epoch: record.epoch)
            } else {
                learner.openEpoch(producer: producer, epoch: record.epoch)
            }
            stream.openEpoch(
                record.epoch, producer: producer, name: UnsafeRawBufferPointer(record.name))
            progress.setTaken(producer, 0)
            isDirty = true
            isCommitRequested = true
        case .flush:
            isCommitRequested = isCommitRequested || isDirty
        }
    }

    @inline(__always)
    private func advance(_ producer: Int, to sequence: UInt64, by count: UInt64) {
        stream[.position, producer] = sequence
        progress.setTaken(producer, sequence)
        decidedSinceCommit &+= count
        isDirty = true
    }

    private func learn(_ record: StreamRecord, _ producer: Int) {
        if guardian.isComparing { compare(record, producer) }
        let outcome = learner.sample(
            producer: producer, epoch: record.epoch, sequence: record.sequence,
            features: UnsafeRawPointer(record.features), label: label(of: record))
        if let alarms = learner.takeRaisedAlarms() { tell(alarms) }
        switch outcome.decision {
        case .learned:
            stream.countLearned(producer, sequence: record.sequence)
            isRollbackDue = guardian.learned(label: label(of: record))
        case .pending: stream.add(.pending, producer, 1)
        case .expired: stream.add(.expired, producer, 1)
        }
        if let expired = outcome.expired, stream.epoch(expired.producer) == expired.epoch {
            stream.leavePending(expired.producer)
            stream.add(.expired, expired.producer, 1)
        }
        advance(producer, to: record.sequence, by: 1)
    }

    /// Tells the log of alarms, and the guard if it is to be asked. A producer's own is told where
    /// it is not also that of all.
    private func tell(_ alarms: RaisedAlarms) {
        let producer = alarms.isOverall ? nil : alarms.producer
        if let alarm = learner.driftFigures(producer: producer)?.newest {
            _ = channels.driftNotes.push(DriftNote(producer: producer, alarm: alarm))
            channels.storageWakeUp.call()
        }
        if alarms.isOverall, learner.layout.configuration.drift.response == .askGuard {
            guardian.ask()
        }
    }

    /// Shows the guard a sample before it is learned.
    private func compare(_ record: StreamRecord, _ producer: Int) {
        let features = UnsafeRawPointer(record.features)
        switch learner.layout.configuration.task {
        case .classification, .regression:
            return guardian.compare(features: features, label: label(of: record))
        case .autoencoder:
            return guardian.compareForecasts(previous: features, features: features)
        case .forecast: break
        }
        if let previous = learner.previousFeatures(producer: producer) {
            guardian.compareForecasts(previous: previous, features: features)
        }
    }

    private func applyLabel(_ record: StreamRecord, _ producer: Int) {
        if guardian.isComparing,
            let features = learner.waitingFeatures(
                producer: producer, epoch: record.epoch, sequence: record.target)
        {
            guardian.compare(features: features, label: label(of: record))
        }
        let outcome = learner.label(
            producer: producer, epoch: record.epoch, sequence: record.target,
            label: label(of: record))
        if let alarms = learner.takeRaisedAlarms() { tell(alarms) }
        switch outcome {
        case .learned:
            stream.leavePending(producer)
            stream.countLearned(producer, sequence: record.target)
            isRollbackDue = guardian.learned(label: label(of: record))
            stream.add(.labels, producer, 1)
        case .unknownSample:
            stream.countRefused(producer, RefusalReason.unknownSample.rawValue, 1)
            progress.refusedLabels.add(1, ordering: .relaxed)
            _ = channels.lateRefusals.push(
                LateRefusal(
                    producer: producer, epoch: record.epoch, sequence: record.sequence))
        }
        advance(producer, to: record.sequence, by: 1)
    }

    @inline(__always)
    private func label(of record: StreamRecord) -> SampleLabel {
        switch record.labelKind {
        case 1: .classIndex(record.classIndex)
        case 2: .values(UnsafePointer(record.values))
        default: .none
        }
    }
}
