// One run: a stream, a poison, a policy, a seed. The judge, the test and the rule of proof are the
// daemon's own; a generation is a copy of the section every 256 samples.

import Arithmetic
import Daemon
import Kernels
import Learning

/// What happens to labels, or weights, for 5,000 samples.
enum Poison: String, CaseIterable, Sendable {
    case none, random, flipped, stuck, nan
}

/// What is done about a fall.
enum Policy: String, CaseIterable, Sendable {
    /// Nothing.
    case off
    /// The daemon's: compare, answer from the good generation meanwhile, decide.
    case compare
    /// Roll back as soon as a figure fell.
    case rollback
    /// Answer from the good generation and learn nothing until its own figure over 500 samples is
    /// back, or 10,000 samples passed.
    case freeze
}

/// What came of a run.
struct StudyResult: Sendable {
    /// Whether the answer to a query with each sample's features was right, by the true label.
    var served: [Bool] = []
    /// Whether the learner itself was right.
    var live: [Bool] = []
    var falls = 0
    var rollbacks = 0
    var drifts = 0
    var compared = 0
    var frozen = 0
    var firstActions: [String] = []
}

/// The run.
final class StudyRun {
    static let commitInterval = 256
    private let stream: StudyStream
    private let poison: Poison
    private let policy: Policy
    private let layout: LearnerLayout
    private let section: UnsafeMutableRawPointer
    private let workspace: UnsafeMutableRawPointer
    private let candidate: UnsafeMutableRawPointer
    private let good: UnsafeMutableRawPointer
    private var paired: PairedPredictor
    private let predictor: Predictor
    private let outputs: UnsafeMutablePointer<Float>
    private let learner: OnlineLearner
    private var judge: GuardJudge
    private var proof: ProofRule
    private var hasGood = false
    private var random: Xoshiro256StarStar
    private var memory: [UnsafeMutableRawPointer] = []
    private var result = StudyResult()
    private var frozenRight: [Bool] = []
    private var frozenUntil = 0
    private var goodFigure = 0.0
    private let settings = GuardSettings()

    init(_ stream: StudyStream, _ poison: Poison, _ policy: Policy, seed: UInt64) {
        self.stream = stream
        self.poison = poison
        self.policy = policy
        var configuration = stream.configuration
        configuration.seed = seed
        layout = LearnerLayout(configuration)
        var memory: [UnsafeMutableRawPointer] = []
        func take(_ bytes: Int) -> UnsafeMutableRawPointer {
            let base = UnsafeMutableRawPointer.allocate(byteCount: max(bytes, 64), alignment: 64)
            base.initializeMemory(as: UInt8.self, repeating: 0, count: max(bytes, 64))
            memory.append(base)
            return base
        }
        section = take(layout.section.byteCount)
        workspace = take(layout.workspaceBytes)
        candidate = take(layout.section.byteCount)
        good = take(layout.section.byteCount)
        paired = PairedPredictor(
            layout: layout, workspace: take(PairedPredictor.workspaceBytes(layout)), kernels: .best)
        predictor = Predictor(
            layout: layout, workspace: take(layout.predictorWorkspaceBytes), kernels: .best)
        outputs = take(configuration.outputCount * 4 + 64).assumingMemoryBound(to: Float.self)
        learner = OnlineLearner(
            layout: layout, section: section, workspace: workspace, kernels: .best)
        let test = PairedTest(
            classCount: stream.classCount,
            memory: take(PairedTest.byteCount(classCount: stream.classCount)))
        judge = GuardJudge(settings: settings, test: test)
        proof = ProofRule(margin: settings.margin)
        random = Xoshiro256StarStar(seed: seed &+ 99)
        self.memory = memory
    }

    deinit { for base in memory { base.deallocate() } }

    func finish() -> StudyResult {
        learner.initialise()
        learner.openEpoch(producer: 0, epoch: 1)
        stream.features.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            for index in 0..<stream.count { step(index, base + index * stream.stride) }
        }
        return result
    }

    /// For `measure`: a learner at its beginning, with something to watch.
    func prepare() {
        learner.initialise()
        learner.openEpoch(producer: 0, epoch: 1)
        judge.begin(hasGood: true)
    }

    var count: Int { stream.count }

    var isFinite: Bool {
        OnlineLearner.allWeightsFinite(layout: layout, section: section, kernels: .best)
    }

    func copyToGood() { good.copyMemory(from: section, byteCount: layout.section.byteCount) }

    /// One sample with, or without, what the daemon's loop asks of the judge while it watches.
    func watchOrNot(_ index: Int, _ sequence: Int, _ isWatched: Bool) {
        stream.features.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            let label = stream.classes[index]
            _ = learner.sample(
                producer: 0, epoch: 1, sequence: UInt64(sequence) + 1,
                features: base + index * stream.stride, label: .classIndex(label))
            guard isWatched else { return }
            _ = judge.count(label: label)
            guard judge.isLookDue,
                let figure = PrequentialFigures.headline(layout: layout, section: section)
            else { return }
            _ = judge.look(figure)
        }
    }

    private func step(_ index: Int, _ row: UnsafeRawPointer) {
        let truth = stream.classes[index]
        let label = label(index, truth)
        let isFrozen = policy == .freeze && frozenUntil > 0
        let shielded = isFrozen || (policy == .compare && judge.state == .suspicious)
        var served = shielded ? predict(good, row) : -1
        if poison == .nan, index == stream.poisonStart { damage() }
        if isFrozen {
            result.frozen += 1
            thaw(index, isRight: served == label)
            result.live.append(served == truth)
            result.served.append(served == truth)
            return
        }
        if policy == .compare, judge.isComparing { compare(row, label) }
        let outcome = learner.sample(
            producer: 0, epoch: 1, sequence: UInt64(index) + 1, features: row,
            label: .classIndex(label))
        if served < 0 { served = outcome.predictedClass }
        result.live.append(outcome.predictedClass == truth)
        result.served.append(served == truth)
        if policy == .compare {
            take(judge.count(label: label))
        } else {
            _ = judge.count(label: Int32(index & 1))
        }
        if policy != .off { look(index) }
        if index % Self.commitInterval == Self.commitInterval - 1 { commit() }
    }

    private func label(_ index: Int, _ truth: Int32) -> Int32 {
        guard index >= stream.poisonStart, index < stream.poisonStart + StudyStream.poisonSamples
        else { return truth }
        switch poison {
        case .none, .nan: return truth
        case .random: return Int32(random.index(below: stream.classCount))
        case .flipped: return (truth + 1) % Int32(stream.classCount)
        case .stuck: return 0
        }
    }

    private func predict(_ section: UnsafeRawPointer, _ row: UnsafeRawPointer) -> Int32 {
        predictor.predict(section: section, features: row, outputs: outputs)
    }

    private func compare(_ row: UnsafeRawPointer, _ label: Int32) {
        guard
            let errors = paired.compare(section, good, features: row, label: .classIndex(label))
        else { return }
        result.compared += 1
        take(judge.compare(errors, label: label))
    }

    private func look(_ index: Int) {
        guard judge.isLookDue,
            let figure = PrequentialFigures.headline(layout: layout, section: section)
        else { return }
        let verdict = judge.look(figure)
        if policy == .compare { return take(verdict) }
        guard verdict == .fell, hasGood else { return }
        result.falls += 1
        restore()
        judge.begin(hasGood: true)
        if policy == .freeze {
            frozenUntil = index + 10_000
            frozenRight = []
        }
    }

    /// Frozen: goes on when the good generation is right again as often as it was.
    private func thaw(_ index: Int, isRight: Bool) {
        frozenRight.append(isRight)
        let newest = frozenRight.suffix(500)
        let share = Double(newest.reduce(0) { $0 + ($1 ? 1 : 0) }) / Double(newest.count)
        if index >= frozenUntil || (newest.count == 500 && share > goodFigure - 0.04) {
            frozenUntil = 0
        }
    }

    private func take(_ verdict: GuardVerdict) {
        switch verdict {
        case .nothing: return
        case .fell, .asked:
            result.falls += 1
            paired.begin()
            proof.forget()
        case .rollBack:
            result.rollbacks += 1
            restore()
        case .drift, .unresolved: result.drifts += 1
        case .recovered, .settled: break
        }
        if result.firstActions.count < 40 {
            result.firstActions.append("\(judge.samples):\(verdict)")
        }
    }

    private func restore() {
        section.copyMemory(from: good, byteCount: layout.section.byteCount)
        learner.stateWasReplaced()
        proof.forget()
        if policy != .compare { result.rollbacks += 1 }
    }

    /// What a fault in memory would do.
    private func damage() {
        guard let field = layout.section.fields.first(where: { $0.name.contains("weight") })
        else { return }
        (section + field.offset).storeBytes(of: Float.nan, as: Float.self)
    }

    private func commit() {
        if policy != .off,
            !OnlineLearner.allWeightsFinite(layout: layout, section: section, kernels: .best)
        {
            restore()
            result.rollbacks += policy == .compare ? 1 : 0
            judge.begin(hasGood: hasGood)
            return
        }
        guard judge.state == .waiting || judge.state == .watching,
            let figure = PrequentialFigures.headline(layout: layout, section: section)
        else { return }
        switch proof.look(figure) {
        case .nothing: return
        case .nominate, .replaced: break
        case .provedNext:
            good.copyMemory(from: candidate, byteCount: layout.section.byteCount)
            hasGood = true
            goodFigure = figure.value
            judge.prove(figure)
        }
        candidate.copyMemory(from: section, byteCount: layout.section.byteCount)
    }
}
