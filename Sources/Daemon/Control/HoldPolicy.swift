// Which generation is proved good. A candidate is pinned; once the learner has scored enough
// samples after it without getting worse, it is held, and the newest generation is the next
// candidate. A held generation outlives the ring's turns, so a slow poison cannot fill every
// slot before it is noticed.

import Kernels
import Learning
import WeightStore

/// Proves generations.
struct HoldPolicy {
    private struct Candidate {
        let pin: Pin
        let scored: Int
        let figure: Double
    }

    /// Samples that must be scored after a candidate before it is judged.
    static let proofSamples = 5_000

    private var candidate: Candidate?

    /// Looks at a generation that has just become durable.
    mutating func consider(_ newest: Pin, ring: Ring, description: ServiceDescription) {
        let section = UnsafeRawPointer(ring.learnerMemory(newest.slot))
        let figures = PrequentialFigures(
            layout: description.layout, section: section, producer: nil)
        guard let candidate else {
            nominate(newest, figures, ring, description)
            return
        }
        if figures.scored < candidate.scored {
            // A rollback went behind the candidate: what followed it is no proof any more.
            drop(ring)
        } else if figures.scored - candidate.scored >= Self.proofSamples {
            if Self.figure(figures) >= candidate.figure - Self.tolerance(candidate.figure) {
                _ = ring.hold(generation: candidate.pin.generation)
            }
            drop(ring)
            nominate(newest, figures, ring, description)
        }
    }

    private mutating func nominate(
        _ newest: Pin, _ figures: PrequentialFigures, _ ring: Ring,
        _ description: ServiceDescription
    ) {
        let section = UnsafeRawPointer(ring.learnerMemory(newest.slot))
        guard
            OnlineLearner.allWeightsFinite(
                layout: description.layout, section: section, kernels: KernelSet.best),
            let pin = ring.pin(generation: newest.generation)
        else { return }
        candidate = Candidate(pin: pin, scored: figures.scored, figure: Self.figure(figures))
    }

    private mutating func drop(_ ring: Ring) {
        if let candidate { ring.unpin(candidate.pin) }
        candidate = nil
    }

    /// Larger is better: accuracy of the last 1,000, or minus their mean absolute error.
    private static func figure(_ figures: PrequentialFigures) -> Double {
        figures.agreement?.last1000.accuracy
            ?? figures.errors.map { -$0.last1000.meanAbsoluteError } ?? 0
    }

    /// Three standard errors of an accuracy over 1,000 samples, or a fifth of an error.
    private static func tolerance(_ figure: Double) -> Double {
        guard figure >= 0, figure <= 1 else { return 0.2 * figure.magnitude }
        return 3 * (figure * (1 - figure) / 1_000).squareRoot() + 0.01
    }
}
