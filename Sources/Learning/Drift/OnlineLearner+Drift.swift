// What the learner does when its loss rises: nothing, or something once the sample of the alarm is
// learned. All of it is in the section, so a learner that goes on from a copy does the same.

import Junctions

extension OnlineLearner {
    /// Shows the detectors the loss of a sample that was scored; after it took its rule, or the
    /// raised rate would be its own.
    func watchLoss(_ producer: Int, _ loss: Double) {
        guard let drift, let alarms = drift.observe(producer, loss) else { return }
        raisedAlarms = alarms
        guard alarms.isOverall else { return }
        switch layout.configuration.drift.response {
        case .nothing, .askGuard: return
        case .raiseRate(_, let samples): drift.raise(samples)
        case .reWarm(let count):
            normaliser?.forget(to: UInt64(count))
            targetNormaliser?.forget(to: UInt64(count))
        }
    }

    /// The alarms since the last call, at most those of the newest sample or label; nil without.
    public func takeRaisedAlarms() -> RaisedAlarms? {
        guard let alarms = raisedAlarms else { return nil }
        raisedAlarms = nil
        return alarms
    }

    /// Alarms so far; nil without a detector.
    ///
    /// - producer: one producer's detector, or the one over all (nil)
    public func driftFigures(producer: Int?) -> DriftFigures? {
        drift?.figures(producer: producer)
    }

    /// The rule for the sample that is learned now; counts it where the rate is raised.
    func takeRule() -> UpdateRule {
        guard let drift, drift.takeRaised(),
            case .raiseRate(let factor, _) = layout.configuration.drift.response
        else { return rule }
        return UpdateRule(
            learningRate: rule.learningRate * factor, momentum: rule.momentum,
            weightDecay: rule.weightDecay, increment: rule.increment)
    }
}
