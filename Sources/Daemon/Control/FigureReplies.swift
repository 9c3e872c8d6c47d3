// Prequential figures of a committed generation, in the words of the protocol.

import Learning
import MillraceProtocol

extension NetworkLoop {
    /// The figures in the pinned generation, of one producer or of all (nil).
    func figures(producer: Int?) -> Figures {
        guard let pin else { return Figures(task: schema.task.name) }
        return Self.figures(
            layout: description.layout, section: UnsafeRawPointer(ring.learnerMemory(pin.slot)),
            producer: producer, task: schema.task)
    }

    static func figures(
        layout: LearnerLayout, section: UnsafeRawPointer, producer: Int?, task: WireTask
    ) -> Figures {
        let figures = PrequentialFigures(layout: layout, section: section, producer: producer)
        var reply = Figures(task: task.name, samples: UInt64(figures.scored))
        guard figures.scored > 0 else { return reply }
        reply.loss = finite(figures.meanLoss)
        if let agreement = figures.agreement {
            reply.overall = finite(agreement.overall.accuracy)
            reply.last1000 = finite(agreement.last1000.accuracy)
            reply.noChange = finite(agreement.overall.noChange)
            reply.kappaTemporal = finite(agreement.overall.kappaTemporal)
            reply.perClassRecall = figures.recalls.map(\.recall)
        }
        if let errors = figures.errors {
            reply.overall = finite(errors.overall.meanAbsoluteError)
            reply.last1000 = finite(errors.last1000.meanAbsoluteError)
            reply.noChange = finite(errors.overall.noChangeMeanAbsoluteError)
            reply.mae = reply.overall
            reply.rmse = finite(errors.overall.rootMeanSquareError)
            reply.skill = finite(errors.overall.skill)
        }
        reply.anomalyScore = finite(
            PrequentialFigures.anomalyScore(layout: layout, section: section, producer: producer))
        reply.anomalyPercentile = finite(
            PrequentialFigures.anomalyPercentile(
                layout: layout, section: section, producer: producer))
        reply.meanBaseline = finite(figures.meanPredictorError)
        reply.steps = stepErrors(figures.steps)
        return reply
    }

    /// Errors by step, at most sixteen, evenly spread with the first and the last; nil without steps.
    private static func stepErrors(_ steps: [StepFigures]) -> [StepError]? {
        guard steps.count > 1 else { return nil }
        let count = min(steps.count, 16)
        return (0..<count).map { place in
            let step = place * (steps.count - 1) / (count - 1)
            return StepError(
                step: step + 1, mae: steps[step].meanAbsoluteError,
                noChange: steps[step].noChangeMeanAbsoluteError)
        }
    }

    /// JSON has no infinities.
    private static func finite(_ value: Double?) -> Double? {
        value.flatMap { $0.isFinite ? $0 : nil }
    }
}
