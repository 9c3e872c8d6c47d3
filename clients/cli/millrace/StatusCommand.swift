import ArgumentParser
import Client
import MillraceProtocol
import SampleSources

/// `millrace status`
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Prints where the daemon stands.")

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reporting(output) {
            let client = try daemon.queryClient(makeContext())
            let status = try client.ask(StatusReply.self, ControlRequest(command: .status))
            if output.json { return Console.printJSON(bytes: client.newestReply) }
            // Only for the names of the classes: without them the classes are numbered.
            let schema = try? client.ask(SchemaReply.self, ControlRequest(command: .schema))
            StatusText(status: status, classNames: schema?.classNames ?? [])
                .lines.forEach(Console.print)
        }
    }
}

/// A status as text.
struct StatusText {
    let status: StatusReply
    let classNames: [String]

    var lines: [String] {
        var table = TextTable()
        table.add("mode", status.mode.rawValue)
        table.add("generation", "\(status.generation)  state \(status.stateDigest)")
        let place =
            status.inFlight > 0
            ? " learned, \(status.inFlight) of them still in the pipeline" : " in the weights"
        table.add("samples", Format.count(status.samples) + place)
        table.add("uptime", Format.decimal(status.uptimeSeconds, 1) + " s")
        table.add(
            "commits",
            "\(status.commits), \(status.skippedCommits) passed over, "
                + "\(status.checkpoints) checkpoints")
        table.add(
            "memory",
            "resident \(Format.bytes(status.residentBytes)), planned "
                + "\(Format.bytes(status.plannedBytes)) of \(Format.bytes(status.budgetBytes))")
        if let drift = status.drift {
            table.add("drift", DriftText(drift: drift).parts.joined(separator: ", "))
            for producer in status.producers {
                guard let newest = producer.drift?.newest else { continue }
                table.add("", "  \(producer.name): the last \(DriftText.alarm(newest))")
            }
        }
        for line in StatusDoors(status: status).lines { table.add(line.name, line.text) }
        return table.lines + [""]
            + FiguresText(figures: status.figures, classNames: classNames).lines
            + DeviceText(status: status).lines + producers + refusals + budget
    }

    private var producers: [String] {
        guard !status.producers.isEmpty else { return ["", "no producers yet"] }
        var table = TextTable([
            "producer", "epoch", "accepted", "durable", "learned", "pending", "expired", "refused",
            "skipped", "labels", "queued", "resent", "balance",
        ])
        for producer in status.producers {
            let numbers = [
                producer.next &- 1, producer.durable, producer.learned, producer.pending,
                producer.expired, producer.refused, producer.skipped, producer.labels,
                producer.queued, producer.resends,
            ]
            table.add(
                [producer.name, "\(producer.epoch)"] + numbers.map { "\($0)" }
                    + [producer.balances ? "ok" : "BROKEN"])
        }
        return [""] + table.lines
    }

    private var refusals: [String] {
        guard !status.counters.refusedBy.isEmpty else { return [] }
        var table = TextTable(["refused", "count"])
        for (reason, count) in status.counters.refusedBy.sorted(by: { $0.key < $1.key }) {
            table.add(reason, "\(count)")
        }
        return [""] + table.lines
    }

    private var budget: [String] {
        var table = TextTable(["memory", "bytes", "of"])
        for line in status.budget { table.add(line.owner, "\(line.bytes)", line.detail) }
        return [""] + table.lines
    }
}

/// Figures as text.
struct FiguresText {
    let figures: Figures
    /// Names of the classes, or empty.
    let classNames: [String]

    var lines: [String] {
        var table = TextTable()
        let isClass = figures.task == "classification"
        table.add(
            isClass ? "accuracy" : "error",
            "overall \(Format.figure(figures.overall))"
                + "  last 1,000 \(Format.figure(figures.last1000))"
                + "  no change \(Format.figure(figures.noChange))")
        if isClass {
            table.add("kappa", "temporal \(Format.figure(figures.kappaTemporal))")
            if let recall = figures.perClassRecall {
                table.add("recall", recallText(recall))
            }
        } else {
            table.add(
                "skill",
                "\(Format.figure(figures.skill))  rmse \(Format.figure(figures.rmse))"
                    + "  anomaly \(Format.figure(figures.anomalyScore))" + percentileText)
            if let mean = figures.meanBaseline {
                table.add(
                    "means", "\(Format.figure(mean)) is the error of saying the running means")
            }
            if let steps = figures.steps {
                table.add("steps", steps.map(Self.stepText).joined(separator: "  "))
                table.add(
                    "no change",
                    steps.map { "+\($0.step) \(Format.figure($0.noChange))" }
                        .joined(separator: "  "))
            }
        }
        table.add("scored", Format.count(figures.samples) + " samples, test then train")
        return table.lines
    }

    /// `  percentile 0.9812`, where errors are ranked.
    private var percentileText: String {
        figures.anomalyPercentile.map { "  percentile \(Format.figure($0))" } ?? ""
    }

    private static func stepText(_ step: StepError) -> String {
        "+\(step.step) \(Format.figure(step.mae))"
    }

    /// Recall by class; of many classes the five that are recognised least.
    private func recallText(_ recall: [Double?]) -> String {
        guard recall.count > 12 else {
            return recall.enumerated().map { "\(name($0)) \(Format.figure($1))" }
                .joined(separator: "  ")
        }
        let seen = recall.enumerated().compactMap { index, share in share.map { (index, $0) } }
        let worst = seen.sorted { ($0.1, $0.0) < ($1.1, $1.0) }.prefix(5)
        let mean = seen.isEmpty ? nil : seen.reduce(0) { $0 + $1.1 } / Double(seen.count)
        return "mean \(Format.figure(mean)) over \(seen.count) classes, lowest: "
            + worst.map { "\(name($0.0)) \(Format.figure($0.1))" }.joined(separator: ", ")
    }

    private func name(_ index: Int) -> String {
        classNames.indices.contains(index) ? legible(classNames[index]) : "class \(index)"
    }
}
