// The judge alone, fed with figures and comparisons from seeded coins.

import Arithmetic
import Daemon
import Learning
import Testing

/// A judge with memory of its own, and a figure over the newest 1,000 coins.
private final class JudgeRig {
    var judge: GuardJudge
    private let memory: UnsafeMutableRawPointer
    private var coins: [Bool] = []
    private var random: Xoshiro256StarStar
    private var right = 0

    init(seed: UInt64, patience: Int = 10_000) {
        memory = .allocate(byteCount: PairedTest.byteCount(classCount: 3), alignment: 64)
        judge = GuardJudge(
            settings: GuardSettings(patience: patience),
            test: PairedTest(classCount: 3, memory: memory))
        random = Xoshiro256StarStar(seed: seed)
    }

    deinit { memory.deallocate() }

    var figure: HeadlineFigure {
        let share = Double(right) / Double(max(1, min(coins.count, 1_000)))
        return HeadlineFigure(
            scored: coins.count, value: share, isAccuracy: true,
            standardError: (share * (1 - share) / 1_000).squareRoot(), noChange: 1 / 3)
    }

    private func coin(_ share: Double) -> Bool {
        Double(random.index(below: 1 << 30)) < share * Double(1 << 30)
    }

    /// Samples that the learner has right with one probability, the good generation with another.
    func run(_ count: Int, live: Double, good: Double, label: Int32? = nil) -> [GuardVerdict] {
        var verdicts: [GuardVerdict] = []
        for _ in 0..<count {
            let isRight = coin(live)
            let label = label ?? Int32(random.index(below: 3))
            if judge.isComparing {
                let errors = PairedErrors(first: isRight ? 0 : 1, second: coin(good) ? 0 : 1)
                verdicts.append(judge.compare(errors, label: label))
            }
            coins.append(isRight)
            right += isRight ? 1 : 0
            if coins.count > 1_000, coins[coins.count - 1_001] { right -= 1 }
            verdicts.append(judge.count(label: label))
            if judge.isLookDue { verdicts.append(judge.look(figure)) }
        }
        return verdicts.filter { $0 != .nothing }
    }

    /// Proved good at that level.
    func prove(_ share: Double) {
        _ = run(1_000, live: share, good: share)
        judge.prove(figure)
    }
}

@Suite struct GuardJudgeTests {
    @Test func aSteadyStreamRaisesNoRollbackAndFewAlarms() {
        var alarms = 0
        for seed in 1...40 {
            let rig = JudgeRig(seed: UInt64(seed))
            rig.prove(0.9)
            let verdicts = rig.run(10_000, live: 0.9, good: 0.9)
            #expect(!verdicts.contains(.rollBack), "seed \(seed)")
            alarms += verdicts.count { $0 == .fell }
        }
        // 4,000 looks; a single one alarms with probability 4e-6 (docs/guard.md).
        print("false alarms in 400,000 samples: \(alarms)")
        #expect(alarms <= 1)
    }

    @Test func randomLabelsThatEndLeadToARollbackAndNotToDrift() {
        for seed in 1...10 {
            let rig = JudgeRig(seed: UInt64(seed))
            rig.prove(0.9)
            let during = rig.run(5_000, live: 0.333, good: 0.333)
            #expect(during == [.fell], "seed \(seed): \(during)")
            #expect(rig.judge.state == .suspicious)
            let after = rig.run(300, live: 0.5, good: 0.9)
            #expect(after.first == .rollBack, "seed \(seed): \(after)")
        }
    }

    /// The stated rate of false decisions: each sum reaches ln 100,000 by chance at most once in
    /// 100,000 samples on which two predictors differ (docs/guard.md).
    @Test func labelsThatTellNothingAreSeldomDriftOrRollback() {
        var wrong = (drifts: 0, rollbacks: 0)
        let (streams, length) = (400, 5_000)
        for seed in 1...streams {
            let rig = JudgeRig(seed: UInt64(1_000 + seed))
            rig.prove(0.9)
            let verdicts = rig.run(length, live: 1.0 / 3, good: 1.0 / 3)
            wrong.drifts += verdicts.count { $0 == .drift }
            wrong.rollbacks += verdicts.count { $0 == .rollBack }
        }
        print("random labels, \(streams) × \(length): \(wrong)")
        // Two coins of one third differ on 4/9 of the samples.
        let bound = Double(streams * length) * 4 / 9 / 100_000
        #expect(Double(wrong.rollbacks) <= bound && Double(wrong.drifts) <= bound)
    }

    @Test func aWorldThatChangedIsAcceptedAndNotUndone() {
        for seed in 1...10 {
            let rig = JudgeRig(seed: UInt64(seed))
            rig.prove(0.9)
            let verdicts = rig.run(12_000, live: 0.75, good: 0.5)
            #expect(!verdicts.contains(.rollBack))
            #expect(verdicts.prefix(2) == [.fell, .drift], "seed \(seed): \(verdicts)")
            #expect(verdicts.contains(.settled))
        }
    }

    @Test func consistentWrongLabelsAreUndoneWhenTheyEndInProbation() {
        let rig = JudgeRig(seed: 3)
        rig.prove(0.9)
        #expect(rig.run(5_000, live: 0.8, good: 0.05).prefix(2) == [.fell, .drift])
        #expect(rig.judge.state == .probation)
        #expect(rig.run(400, live: 0.2, good: 0.9).contains(.rollBack))
    }

    @Test func aStuckLabelIsAFallAlthoughTheAccuracyRises() {
        let rig = JudgeRig(seed: 4)
        rig.prove(0.9)
        #expect(rig.judge.stuckLength == 64)
        #expect(rig.run(3_000, live: 1, good: 0.33, label: 1) == [.fell])
        #expect(rig.judge.isStuck && rig.judge.state == .suspicious)
        #expect(rig.run(300, live: 0.33, good: 0.9).contains(.rollBack))
    }

    @Test func aFallThatNothingExplainsIsAcceptedAfterPatience() {
        let rig = JudgeRig(seed: 5, patience: 2_000)
        rig.prove(0.9)
        #expect(rig.run(3_000, live: 0.6, good: 0.6).prefix(2) == [.fell, .unresolved])
    }

    @Test func rollbacksBackOff() {
        let rig = JudgeRig(seed: 6)
        rig.prove(0.9)
        var times: [UInt64] = []
        for _ in 0..<400 where times.count < 6 {
            // However often the good generation looks better.
            if rig.run(100, live: 0.3, good: 0.9).contains(.rollBack) {
                times.append(rig.judge.samples)
            }
        }
        let gaps = zip(times.dropFirst(), times).map { $0 - $1 }
        #expect(gaps.count == 5)
        for (index, gap) in gaps.enumerated() {
            #expect(gap + 100 >= GuardJudge.windowSamples << UInt64(index), "\(gaps)")
        }
    }
}
