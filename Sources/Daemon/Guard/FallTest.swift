// When the newest figure is a fall. The figures are over windows of 1,000 samples: with r of the
// good generation, p of now, and s their standard errors,
//
//   fall  ⇔  r − p > 3 √(s_r² + s_p²) + m,   m = margin, or 10 margin |r| where r is an error
//   back  ⇔  r − p < 1 √(s_r² + s_p²)
//
// For an accuracy s² = p (1 − p) / 1,000. On a stationary stream a single look is a false alarm
// with probability Q(3 + m / s); docs/guard.md has what that comes to. A false alarm costs a
// comparison and changes nothing that is learned.

import Learning

/// Compares figures.
package enum FallTest {
    /// Standard errors of the difference that chance may take.
    package static let standardErrors = 3.0

    /// What a figure may lose against `reference`, beside `newest`.
    package static func allowance(
        _ reference: HeadlineFigure, _ newest: HeadlineFigure, margin: Double
    ) -> Double {
        let scale = reference.isAccuracy ? margin : 10 * margin * reference.value.magnitude
        return standardErrors * standardError(reference, newest) + scale
    }

    /// Whether `newest` is a fall from `reference`.
    package static func isFall(
        _ reference: HeadlineFigure, _ newest: HeadlineFigure, margin: Double
    ) -> Bool {
        reference.value - newest.value > allowance(reference, newest, margin: margin)
    }

    /// Whether `newest` is at the level of `reference` again.
    package static func isBack(_ reference: HeadlineFigure, _ newest: HeadlineFigure) -> Bool {
        reference.value - newest.value < standardError(reference, newest)
    }

    private static func standardError(_ a: HeadlineFigure, _ b: HeadlineFigure) -> Double {
        (a.standardError * a.standardError + b.standardError * b.standardError).squareRoot()
    }
}
