// What the guard thinks, and nothing that it does: a machine of four states over figures and
// comparisons. A fall alone cannot tell poisoned labels from a world that changed, so a fall only
// starts a comparison of the learner with the good generation on the same labelled samples:
//
//   watching ──fall──▶ suspicious ──good is better──────────────▶ roll back, watching
//      ▲  ▲               │  │
//      │  └──figure back──┘  └──learner is better and has skill,
//      │                        or patience is over─────────────▶ probation
//      └──────────────8,000 samples────────────────────────────────┘  │  │
//                                     good is better ──▶ roll back, ◀──┘  │
//                                     another fall ────▶ suspicious ◀────┘
//
// Probation: the new level is accepted, the good generation stays at hand and is still compared.
// So labels that were wrong and consistent, and so were taken for drift, are undone too when they
// end within 8,000 samples.
//
// A label that is stuck raises an accuracy. So a run of one label is a fall, too, when it is longer
// than max(64, ln 10⁻⁹ / ln p₀): p₀ is the share of labels that repeat the one before, as it was
// with the reference figure.
//
// Bounds: after a rollback the next has to wait 1,000 labelled samples, then 2,000, 4,000, … up to
// 64,000, until another generation is proved good. Depends on samples only, never on time.

import Arithmetic
import Learning

/// What the guard is doing.
package enum GuardState: UInt8, Sendable {
    /// No generation is proved good yet: there is nothing to go back to.
    case waiting = 0
    case watching
    case suspicious
    case probation

    /// The state in `status`.
    package var name: String {
        switch self {
        case .waiting: "waiting"
        case .watching: "watching"
        case .suspicious: "suspicious"
        case .probation: "probation"
        }
    }
}

/// What a look at a sample or a figure came to.
package enum GuardVerdict: UInt8, Sendable {
    case nothing = 0
    /// The figure fell: compare.
    case fell
    /// Somebody else wants to know: compare.
    case asked
    /// The good generation is better: go back to it.
    case rollBack
    /// The learner is better: the world changed.
    case drift
    /// Nothing was decided in time; the level is accepted.
    case unresolved
    /// The figure came back by itself.
    case recovered
    /// The accepted level held.
    case settled
}

/// The judgement; memory for the comparison is its caller's.
package struct GuardJudge {
    /// Evidence for a rollback, for drift and for skill: ln 100,000. Each of the three sums gets
    /// there by chance once in 100,000 differing samples or more (`PairedTest`).
    package static let evidence = 11.512_925_464_970_229
    /// Labelled samples between two looks at the figure.
    package static let lookInterval: UInt64 = 100
    /// Labelled samples after an accepted level for which the good generation stays at hand.
    package static let probationSamples: UInt64 = 8_000
    /// Labelled samples that the window of a figure needs to be about one level only.
    package static let windowSamples: UInt64 = 1_000
    /// ln 10⁻⁹
    private static let stuckOdds = -20.723_265_836_946_41
    /// Doublings of the time between rollbacks.
    package static let backOffMax = 6

    package var settings: GuardSettings
    package private(set) var state = GuardState.waiting
    /// The figure that a fall is measured from: of the good generation, or of an accepted level.
    package private(set) var reference: HeadlineFigure?
    package private(set) var test: PairedTest
    /// Labelled samples that the learner has taken, rollbacks or not.
    package private(set) var samples: UInt64 = 0
    /// Of the fall, by `samples`.
    package private(set) var since: UInt64 = 0
    /// The length of a run of one label that is a fall.
    package private(set) var stuckLength = UInt64.max
    /// Whether the labels are one such run at present.
    package private(set) var isStuck = false
    private var runLabel: Int32 = -1
    private var runLength: UInt64 = 0
    /// From here on the figure is about labels that are not stuck.
    private var figureFrom: UInt64 = 0
    private var nextLook: UInt64 = 0
    private var referenceDue: UInt64?
    private var rollbackAllowed: UInt64 = 0
    private var backOff = 0

    package init(settings: GuardSettings, test: PairedTest) {
        self.settings = settings
        self.test = test
    }

    /// Whether every labelled sample is to be compared.
    package var isComparing: Bool { state == .suspicious || state == .probation }

    /// Whether the figure is to be looked at.
    package var isLookDue: Bool { samples >= nextLook }

    /// Labelled samples until another rollback is allowed.
    package var backOffSamples: UInt64 {
        rollbackAllowed > samples ? rollbackAllowed - samples : 0
    }

    /// Another generation was proved good, or one is known from before.
    package mutating func prove(_ figure: HeadlineFigure) {
        refer(to: figure)
        backOff = 0
        if state == .waiting || state == .probation { state = .watching }
    }

    /// Somebody else replaced what was learned: old figures mean nothing. The level is taken anew
    /// when the window is about what came after.
    package mutating func begin(hasGood: Bool) {
        state = hasGood ? .watching : .waiting
        reference = nil
        referenceDue = samples + Self.windowSamples
    }

    /// One more labelled sample.
    ///
    /// - label: the class; any one value where there are none
    package mutating func count(label: Int32) -> GuardVerdict {
        samples &+= 1
        guard label == runLabel else {
            runLabel = label
            runLength = 1
            if isStuck {
                isStuck = false
                figureFrom = samples &+ Self.windowSamples
                test.reset()
            }
            return .nothing
        }
        runLength &+= 1
        guard runLength >= stuckLength, !isStuck, state != .waiting else { return .nothing }
        isStuck = true
        return state == .suspicious ? .nothing : enter(.suspicious, .fell)
    }

    private mutating func refer(to figure: HeadlineFigure) {
        reference = figure
        referenceDue = nil
        stuckLength = .max
        if let share = figure.noChange, share < 0.999 {
            stuckLength = max(
                64, UInt64((Self.stuckOdds / Double(logFMA(Float(max(share, 0.01))))).rounded(.up)))
        }
    }

    /// Takes the figure over the newest 1,000 samples.
    package mutating func look(_ figure: HeadlineFigure) -> GuardVerdict {
        nextLook = samples &+ Self.lookInterval
        if let due = referenceDue, samples >= due { refer(to: figure) }
        switch state {
        case .waiting: return .nothing
        case .watching: return isFall(figure) ? enter(.suspicious, .fell) : .nothing
        case .suspicious:
            if let reference, !isStuck, samples >= figureFrom,
                FallTest.isBack(reference, figure)
            {
                state = .watching
                return .recovered
            }
            return samples &- since >= UInt64(settings.patience) ? accept(.unresolved) : .nothing
        case .probation:
            if isFall(figure) { return enter(.suspicious, .fell) }
            guard samples &- since >= Self.probationSamples else { return .nothing }
            state = .watching
            return .settled
        }
    }

    /// Somebody else has a reason to compare. A figure that did not fall ends it only when the
    /// window is about what came after.
    package mutating func ask() -> GuardVerdict {
        guard state == .watching else { return .nothing }
        figureFrom = max(figureFrom, samples &+ Self.windowSamples)
        return enter(.suspicious, .asked)
    }

    private func isFall(_ figure: HeadlineFigure) -> Bool {
        guard let reference, UInt64(figure.scored) >= Self.windowSamples else { return false }
        return FallTest.isFall(reference, figure, margin: settings.margin)
    }

    /// Takes a comparison of the learner (first) with the good generation (second).
    package mutating func compare(_ errors: PairedErrors, label: Int32) -> GuardVerdict {
        test.add(errors, label: label)
        if test.secondSum >= Self.evidence, samples >= rollbackAllowed {
            rollbackAllowed = samples &+ Self.windowSamples << UInt64(backOff)
            backOff = min(backOff + 1, Self.backOffMax)
            state = .watching
            return .rollBack
        }
        if state == .suspicious, test.firstSum >= Self.evidence, test.skillSum >= Self.evidence {
            return accept(.drift)
        }
        return .nothing
    }

    private mutating func accept(_ verdict: GuardVerdict) -> GuardVerdict {
        reference = nil
        referenceDue = samples &+ Self.windowSamples
        return enter(.probation, verdict)
    }

    private mutating func enter(_ state: GuardState, _ verdict: GuardVerdict) -> GuardVerdict {
        self.state = state
        since = samples
        test.reset()
        return verdict
    }
}
