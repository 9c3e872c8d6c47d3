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
        let figure: HeadlineFigure
    }

    /// Samples that must be scored after a candidate before it is judged.
    static let proofSamples = 5_000

    private var candidate: Candidate?

    /// Looks at a generation that has just become durable. Allocates nothing.
    mutating func consider(_ newest: Pin, ring: Ring, description: ServiceDescription) {
        let section = UnsafeRawPointer(ring.learnerMemory(newest.slot))
        guard
            let figure = PrequentialFigures.headline(
                layout: description.layout, section: section)
        else { return }
        guard let candidate else {
            nominate(newest, figure, ring, description)
            return
        }
        if figure.scored < candidate.figure.scored {
            // A rollback went behind the candidate: what followed it is no proof any more.
            forget(ring)
        } else if figure.scored - candidate.figure.scored >= Self.proofSamples {
            if figure.value >= candidate.figure.value - Self.tolerance(candidate.figure) {
                _ = ring.hold(generation: candidate.pin.generation)
            }
            forget(ring)
            nominate(newest, figure, ring, description)
        }
    }

    private mutating func nominate(
        _ newest: Pin, _ figure: HeadlineFigure, _ ring: Ring, _ description: ServiceDescription
    ) {
        let section = UnsafeRawPointer(ring.learnerMemory(newest.slot))
        guard
            OnlineLearner.allWeightsFinite(
                layout: description.layout, section: section, kernels: KernelSet.best),
            let pin = ring.pin(generation: newest.generation)
        else { return }
        candidate = Candidate(pin: pin, figure: figure)
    }

    /// Lets the candidate go. A rollback calls it: what follows is no proof, and the ring needs
    /// the slot, since the newest, the source, and an old and a new held generation are taken.
    mutating func forget(_ ring: Ring) {
        if let candidate { ring.unpin(candidate.pin) }
        candidate = nil
    }

    /// Three standard errors of an accuracy over 1,000 samples, or a fifth of an error.
    private static func tolerance(_ figure: HeadlineFigure) -> Double {
        guard figure.isAccuracy else { return 0.2 * figure.value.magnitude }
        return 3 * (figure.value * (1 - figure.value) / 1_000).squareRoot() + 0.01
    }
}
