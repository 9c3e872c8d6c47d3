// The guard on the learner's thread: shows the judge every labelled sample, and carries out what it
// decides, between two samples.
//
// Invariants:
//   - it changes nothing that is learned until it rolls back: with the guard watching the bytes
//     are those without it;
//   - allocates nothing per sample; a sample costs a few comparisons while watching, two FF passes
//     while comparing;
//   - a generation whose weights are not all finite is never committed while there is a finite one
//     to go back to.

import Kernels
import Learning
import MillraceProtocol
import WeightStore

/// The guard; used by the learner's thread only.
final class LearnerGuard {
    private var settings: GuardSettings
    private let layout: LearnerLayout
    private let sections: SectionPair
    private let ring: Ring
    private let board: GuardBoard
    private var paired: PairedPredictor
    private let isClassification: Bool
    private let kernels: KernelSet
    private var judge: GuardJudge
    /// The good generation, while it is compared.
    private var good: Pin?
    private var knownProof: UInt64 = 0
    private var notFiniteAt: UInt64?
    private var status: GuardStatus
    private var isRollbackDue = false
    /// Whether every weight was a finite number at the last commit, after `replaceNotFinite`.
    private(set) var hasFiniteWeights = false

    /// Classes of a layout; 0 for errors.
    static func classCount(_ layout: LearnerLayout) -> Int {
        if case .classification(let count) = layout.configuration.task { count } else { 0 }
    }

    /// - memory: `DaemonPlan.guardBytes` bytes, 64-byte aligned
    init(
        settings: GuardSettings, layout: LearnerLayout, sections: SectionPair, ring: Ring,
        board: GuardBoard, memory: UnsafeMutableRawPointer, kernels: KernelSet
    ) {
        self.settings = settings
        self.layout = layout
        self.sections = sections
        self.ring = ring
        self.board = board
        self.kernels = kernels
        let classCount = Self.classCount(layout)
        isClassification = classCount > 0
        paired = PairedPredictor(layout: layout, workspace: memory, kernels: kernels)
        let test = PairedTest(
            classCount: classCount, memory: memory + PairedPredictor.workspaceBytes(layout))
        judge = GuardJudge(settings: settings, test: test)
        status = GuardStatus(state: settings.isOn ? "waiting" : "off")
        status.evidenceNeeded = GuardJudge.evidence
        // A generation that was held by an earlier process.
        let held = ring.heldGeneration
        if held != 0, let pin = ring.pin(generation: held) {
            let section = UnsafeRawPointer(ring.learnerMemory(pin.slot))
            if let figure = PrequentialFigures.headline(layout: layout, section: section) {
                judge.prove(figure)
                board.proved.store(held, ordering: .releasing)
                knownProof = held
                status.good = held
            }
            ring.unpin(pin)
        }
        publish()
    }

    /// Whether every labelled sample is to be shown before it is learned.
    var isComparing: Bool { judge.isComparing }

    /// A sample that is about to be learned, and its label; only while comparing.
    func compare(features: UnsafeRawPointer, label: SampleLabel) {
        guard let good else { return }
        let section = UnsafeRawPointer(ring.learnerMemory(good.slot))
        guard
            let errors = paired.compare(
                UnsafeRawPointer(sections.learner), section, features: features, label: label)
        else { return }
        var classIndex: Int32 = 0
        if case .classIndex(let index) = label { classIndex = index }
        take(judge.compare(errors, label: classIndex))
    }

    /// A sample that is about to be learned as the successor of `previous`; only while comparing.
    func compareForecasts(previous: UnsafeRawPointer, features: UnsafeRawPointer) {
        guard let good else { return }
        let errors = paired.compareForecasts(
            UnsafeRawPointer(sections.learner), UnsafeRawPointer(ring.learnerMemory(good.slot)),
            previous: previous, features: features)
        take(judge.compare(errors, label: 0))
    }

    /// A labelled sample was learned. True when `rollBack` is to be called now.
    ///
    /// - label: the class; ignored by other tasks
    func learned(label: SampleLabel) -> Bool {
        guard settings.isOn else { return false }
        var classIndex: Int32 = -2
        // A stuck label is of classes; other tasks count as never the same one.
        if isClassification, case .classIndex(let index) = label {
            classIndex = index
        } else {
            classIndex = Int32(truncatingIfNeeded: judge.samples & 1)
        }
        take(judge.count(label: classIndex))
        if judge.isLookDue { look() }
        return isRollbackDue
    }

    /// An alarm of drift: compares with the good generation, whatever the figure says.
    func ask() {
        if settings.isOn { take(judge.ask()) }
    }

    private func look() {
        let section = UnsafeRawPointer(sections.learner)
        guard let figure = PrequentialFigures.headline(layout: layout, section: section) else {
            return
        }
        let proved = board.proved.load(ordering: .acquiring)
        if proved != knownProof {
            knownProof = proved
            status.good = proved
            judge.prove(figure)
            if !judge.isComparing { release() }
        }
        status.figure = figure.value
        status.allowance = judge.reference.map {
            FallTest.allowance($0, figure, margin: settings.margin)
        }
        take(judge.look(figure))
        publish()
    }

    private func take(_ verdict: GuardVerdict) {
        switch verdict {
        case .nothing: return
        case .fell:
            status.falls &+= 1
            board.turns.add(1, ordering: .releasing)
            pinGood()
            if judge.isComparing { note(judge.isStuck ? .stuck : .fall) }
        case .asked:
            board.turns.add(1, ordering: .releasing)
            pinGood()
            if judge.isComparing { note(.asked) }
        case .rollBack:
            isRollbackDue = true
            // Until the restored state is durable.
            board.answersFrom.store(good?.generation ?? 0, ordering: .releasing)
        case .drift:
            status.drifts &+= 1
            note(.drift)
        case .unresolved:
            status.drifts &+= 1
            note(.unresolved)
        case .recovered:
            note(.recovered)
            release()
        case .settled:
            note(.settled)
            release()
        }
        if !isRollbackDue { answer() }
        publish()
    }

    /// Queries come from the good generation exactly while the guard is suspicious.
    private func answer() {
        let generation = judge.state == .suspicious ? good?.generation ?? 0 : 0
        board.answersFrom.store(generation, ordering: .releasing)
    }

    private func pinGood() {
        if good != nil { return }
        good = ring.pin(generation: ring.heldGeneration)
        paired.begin()
        if let good {
            status.good = good.generation
        } else {
            judge.begin(hasGood: false)
        }
    }

    private func release() {
        if let good { ring.unpin(good) }
        good = nil
    }

    /// Puts the learned state of the good generation into the live section. The caller marks the
    /// next commit with the note, and calls `afterRollback` when the learner has taken the state.
    func rollBack() -> GuardNote? {
        isRollbackDue = false
        guard let good else { return nil }
        let note = restore(good, kind: .rollback)
        status.rollbacks &+= 1
        release()
        publish()
        return note
    }

    /// Before a commit: nil when every weight is finite, or nothing can be done about it; else the
    /// live section has the learned state of the newest generation whose weights are, or of the
    /// held one if that happened within the last 5,000 labelled samples.
    func replaceNotFinite() -> GuardNote? {
        hasFiniteWeights = isFinite(UnsafeRawPointer(sections.learner))
        guard !hasFiniteWeights else { return nil }
        let isRepeated = notFiniteAt.map { judge.samples &- $0 < 5_000 } ?? false
        let held = ring.pin(generation: ring.heldGeneration)
        let newest = ring.pinNewest()
        defer {
            if let held { ring.unpin(held) }
            if let newest { ring.unpin(newest) }
        }
        let sources = isRepeated ? [held, newest] : [newest, held]
        for case .some(let pin) in sources
        where isFinite(UnsafeRawPointer(ring.learnerMemory(pin.slot))) {
            let note = restore(pin, kind: .notFinite)
            hasFiniteWeights = true
            notFiniteAt = judge.samples
            status.notFinite &+= 1
            stateWasReplaced()
            return note
        }
        return nil
    }

    /// Takes over settings that were read again. Off or on, it begins anew.
    func take(_ settings: GuardSettings) {
        guard settings != self.settings else { return }
        let isTurned = settings.isOn != self.settings.isOn
        self.settings = settings
        judge.settings = settings
        if isTurned { stateWasReplaced() } else { publish() }
    }

    /// Somebody else replaced what is learned: what was thought about it is worth nothing.
    func stateWasReplaced() {
        release()
        isRollbackDue = false
        judge.begin(hasGood: knownProof != 0)
        board.turns.add(1, ordering: .releasing)
        answer()
        publish()
    }

    private func isFinite(_ section: UnsafeRawPointer) -> Bool {
        OnlineLearner.allWeightsFinite(layout: layout, section: section, kernels: kernels)
    }

    private func restore(_ pin: Pin, kind: GuardNote.Kind) -> GuardNote {
        let section = UnsafeRawPointer(ring.learnerMemory(pin.slot))
        var note = fact(kind)
        note.to = pin.generation
        let before = layout.learnedCount(UnsafeRawPointer(sections.learner))
        let after = layout.learnedCount(section)
        note.undone = before > after ? before - after : 0
        status.undone &+= note.undone
        sections.copyLearnedState(from: section)
        board.turns.add(1, ordering: .releasing)
        return note
    }

    private func fact(_ kind: GuardNote.Kind) -> GuardNote {
        var note = GuardNote(kind: kind, from: ring.newestGeneration)
        note.reference = judge.reference?.value ?? .nan
        note.figure = status.figure ?? .nan
        note.goodWins = UInt64(judge.test.secondWins)
        note.learnerWins = UInt64(judge.test.firstWins)
        return note
    }

    /// Tells the storage loop; when its queue is full the counts in `status` have to do.
    private func note(_ kind: GuardNote.Kind) {
        var note = fact(kind)
        note.to = good?.generation ?? 0
        _ = board.notes.push(note)
    }

    private func publish() {
        let state = settings.isOn ? judge.state : .waiting
        board.state.store(state.rawValue, ordering: .releasing)
        status.state = settings.isOn ? state.name : "off"
        status.reference = judge.reference?.value
        status.compared = UInt64(judge.test.count)
        status.goodWins = UInt64(judge.test.secondWins)
        status.learnerWins = UInt64(judge.test.firstWins)
        status.evidence = judge.test.secondSum
        status.backOff = judge.backOffSamples
        status.samples = judge.samples
        let copy = status
        _ = board.status.withLockIfAvailable { $0 = copy }
    }
}
