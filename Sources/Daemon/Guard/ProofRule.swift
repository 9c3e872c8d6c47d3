// When a generation is proved good: it was there when the window of its figure was full, 1,000
// samples were scored after it, so that the window is about those only, and the figure is no fall from its own. Whoever keeps the
// generations asks this rule; it keeps figures only.

import Learning

/// The rule, for one candidate at a time.
package struct ProofRule {
    /// What a look at the newest durable generation came to.
    package enum Verdict: Equatable, Sendable {
        case nothing
        /// The newest is the candidate now.
        case nominate
        /// The candidate is proved, and the newest is the next one.
        case provedNext
        /// The candidate is not proved; the newest is the next one.
        case replaced
    }

    /// Samples that must be scored before a generation can be a candidate: a full window.
    package static let firstSamples = 1_000
    /// Samples that must be scored after a candidate before it is judged.
    package static let proofSamples = 1_000

    /// As `GuardSettings.margin`.
    package var margin: Double
    private var candidate: HeadlineFigure?

    /// - margin: as `GuardSettings.margin`
    package init(margin: Double) { self.margin = margin }

    /// Looks at the figure of the newest durable generation.
    package mutating func look(_ newest: HeadlineFigure) -> Verdict {
        guard newest.scored >= Self.firstSamples else { return .nothing }
        guard let candidate else {
            self.candidate = newest
            return .nominate
        }
        if newest.scored < candidate.scored {
            // A rollback went behind the candidate: what followed it is no proof any more.
            self.candidate = newest
            return .replaced
        }
        guard newest.scored - candidate.scored >= Self.proofSamples else { return .nothing }
        self.candidate = newest
        return FallTest.isFall(candidate, newest, margin: margin) ? .replaced : .provedNext
    }

    /// There is no candidate any more.
    package mutating func forget() { candidate = nil }
}
