// The one document at the end of a stream.

import Client
import MillraceProtocol

/// Prequential figures with every member present, null where it is not defined.
struct PrequentialDocument: Encodable {
    var figures: Figures?

    private enum Key: String, CodingKey {
        case overall, last1000, noChange, kappaTemporal, perClassRecall, mae, rmse, skill
        case anomalyScore, anomalyPercentile, meanBaseline, steps, samples, task
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(figures?.overall, forKey: .overall)
        try container.encode(figures?.last1000, forKey: .last1000)
        try container.encode(figures?.noChange, forKey: .noChange)
        try container.encode(figures?.kappaTemporal, forKey: .kappaTemporal)
        try container.encodeIfPresent(figures?.perClassRecall, forKey: .perClassRecall)
        try container.encodeIfPresent(figures?.mae, forKey: .mae)
        try container.encodeIfPresent(figures?.rmse, forKey: .rmse)
        try container.encodeIfPresent(figures?.skill, forKey: .skill)
        try container.encodeIfPresent(figures?.anomalyScore, forKey: .anomalyScore)
        try container.encodeIfPresent(figures?.anomalyPercentile, forKey: .anomalyPercentile)
        try container.encodeIfPresent(figures?.meanBaseline, forKey: .meanBaseline)
        try container.encodeIfPresent(figures?.steps, forKey: .steps)
        try container.encodeIfPresent(figures?.samples, forKey: .samples)
        try container.encodeIfPresent(figures?.task, forKey: .task)
    }
}

/// What a stream did.
struct StreamReport: Encodable {
    /// The producer.
    var name: String
    /// Its epoch.
    var epoch: UInt32
    /// Samples of the source that were sent in this epoch, by this run and those before.
    var samples: UInt64
    /// Samples of this epoch that are durably decided.
    var acknowledged: UInt64
    /// Numbers of this epoch that were refused for good.
    var refused: UInt64
    /// Refusals that this run heard of, by reason.
    var refusedBy: [String: UInt64]
    /// Samples whose label did not come in time: nothing was learned from them.
    var expired: UInt64
    /// Numbers that the daemon got more than once and took once.
    var duplicates: UInt64
    /// Rows of the source that could not be used.
    var badRows: UInt64
    /// Samples that were acknowledged before this run.
    var resumedAt: UInt64
    /// Numbers that this run sent for the first time, and again.
    var sent: UInt64
    var resent: UInt64
    /// HELLO frames; more than one when the daemon or the connection went away.
    var greetings: UInt64
    /// From the first WELCOME to the end.
    var seconds: Double
    /// Samples acknowledged in this run, per second.
    var samplesPerSecond: Double
    /// The newest generation that the daemon spoke of.
    var generation: UInt64
    /// Whether all of the source is durably decided.
    var finished: Bool
    /// Whether it was so before this run.
    var wasFinished: Bool
    /// Whether the source was standard input, which cannot be read again.
    var fromStandardInput: Bool
    /// How to go on after an interruption.
    var advice: String?
    /// Whether a signal ended the run.
    var interrupted: Bool
    /// The producer's figures.
    var prequential: PrequentialDocument
    /// Whether the cost was asked for.
    var costAsked = false
    /// What the daemon's emulated device spent during this run, whoever sent the samples.
    var cost: CostDocument?
    /// What it has spent until the last ACK's generation.
    var totalCost: CostDocument?

    /// The report for people.
    ///
    /// - classNames: names of the classes, or empty.
    func lines(classNames: [String]) -> [String] {
        var lines: [String] = []
        if wasFinished, finished {
            lines.append(
                "\(name): finished before: all \(Format.count(acknowledged)) samples are "
                    + "acknowledged\(fromStandardInput ? "; standard input was not read" : ""). "
                    + "TRY: \(fromStandardInput ? "--append to send it, or " : "")--again for a new "
                    + "epoch")
        } else {
            lines.append(
                "\(name): \(Format.count(acknowledged)) of \(Format.count(samples)) samples "
                    + "acknowledged in epoch \(epoch), \(Format.count(refused)) refused, "
                    + "\(Format.count(duplicates)) duplicates not taken")
            let rate = Format.count(UInt64(max(0, min(samplesPerSecond, 1e15))))
            let resumed =
                resumedAt > 0 ? ", continued after \(Format.count(resumedAt))" : ""
            lines.append(
                "\(Format.decimal(seconds, 2)) s, \(rate) samples/s, generation "
                    + "\(generation)\(resumed)")
        }
        for (reason, count) in refusedBy.sorted(by: { $0.key < $1.key }) {
            lines.append("refused: \(Format.count(count)) \(reason)")
        }
        if expired > 0 {
            lines.append(
                "expired: \(Format.count(expired)) samples had no label in time, and nothing was "
                    + "learned from them. TRY: --label-column, or [labels] window for late labels")
        }
        if badRows > 0 { lines.append("left out: \(Format.count(badRows)) rows of the source") }
        if let figures = prequential.figures {
            lines += FiguresText(figures: figures, classNames: classNames).lines
        }
        if let cost { lines += cost.lines } else if costAsked { lines.append(CostDocument.missing) }
        if interrupted { lines.append("stopped. TRY: \(advice ?? "the same command")") }
        return lines
    }
}
