// What the guard thinks, and nothing that it does: a machine of four states over figures and
// comparisons. A fall alone cannot tell poisoned labels from a world that changed, so a fall only
// starts a comparison of the learner with the good generation on the same labelled samples:
//
//   watching ──fall──▶ suspicious ──good is better──────────────▶ roll back, watching
//      ▲  ▲               │  │
//      │  └──figure back──┘  └──learner is better and has skill,
//      │                        or patience is over─────────────▶ probation
//      └──────────────8,000 samples────────────────────────────────┘  │
//                     good is better and the figure fell again ───▶ roll back, watching
//
// Probation: the new level is accepted, the good generation stays at hand and is still compared.
// So labels that were wrong and consistent, and so were taken for drift, are undone too when they
// end within 8,000 samples.
//
// Bounds: after a rollback the next has to wait 1,000 labelled samples, then 2,000, 4,000, … up to
// 64,000, until another generation is proved good. Depends on samples only, never on time.

import Learning

/// What the guard is doing.
package enum GuardState: UInt8, Sendable {
    /// No generation is proved good yet: there is nothing to go back to.
    case waiting = 0
    case watching
    case suspicious
    case probation
}

/// What a look at a sample or a figure came to.
package enum GuardVerdict: UInt8, Sendable {
    case nothing = 0
    /// The figure fell: compare.
    case fell
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
    /// Evidence for a rollback: ln 100,000.
    package static let rollbackEvidence = 11.512_925_464_970_229
    /// Evidence for drift, which is provisional: ln 1,000.
    package static let driftEvidence = 6.907_755_278_982_137
    /// Labelled samples between two looks at the figure.
    package static let lookInterval: UInt64 = 100
    /// Labelled samples after an accepted level for which the good generation stays at hand.
    package static let probationSamples: UInt64 = 8_000
    /// Labelled samples that the window of a figure needs to be about one level only.
    package static let windowSamples: UInt64 = 1_000
    /// Doublings of the time between rollbacks.
    package static let backOffMax = 6

    package let settings: GuardSettings
    package private(set) var state = GuardState.waiting
    /// The figure that a fall is measured from: of the good generation, or of an accepted level.
    package private(set) var reference: HeadlineFigure?
    package private(set) var test: PairedTest
    /// Labelled samples that the learner has taken, rollbacks or not.
    package private(set) var samples: UInt64 = 0
    /// Of the fall, by `samples`.
    package private(set) var since: UInt64 = 0
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
        reference = figure
        referenceDue = nil
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

    /// One more labelled sample; costs an addition.
    package mutating func count(_ samples: UInt64) { self.samples &+= samples }

    /// Takes the figure over the newest 1,000 samples.
    package mutating func look(_ figure: HeadlineFigure) -> GuardVerdict {
        nextLook = samples &+ Self.lookInterval
        if let due = referenceDue, samples >= due {
            referenceDue = nil
            reference = figure
        }
        switch state {
        case .waiting: return .nothing
        case .watching:
            guard let reference, UInt64(figure.scored) >= Self.windowSamples,
                FallTest.isFall(reference, figure, margin: settings.margin)
            else { return .nothing }
            return enter(.suspicious, .fell)
        case .suspicious:
            if let reference, FallTest.isBack(reference, figure) {
                state = .watching
                return .recovered
            }
            return samples &- since >= UInt64(settings.patience) ? accept(.unresolved) : .nothing
        case .probation:
            guard samples &- since >= Self.probationSamples else { return .nothing }
            state = .watching
            return .settled
        }
    }

    /// Takes a comparison of the learner (first) with the good generation (second).
    package mutating func compare(_ errors: PairedErrors, label: Int32) -> GuardVerdict {
        test.add(errors, label: label)
        if test.secondSum >= Self.rollbackEvidence, samples >= rollbackAllowed {
            rollbackAllowed = samples &+ Self.windowSamples << UInt64(backOff)
            backOff = min(backOff + 1, Self.backOffMax)
            state = .watching
            return .rollBack
        }
        if state == .suspicious, test.firstSum >= Self.driftEvidence, test.firstHasSkill ?? true {
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
