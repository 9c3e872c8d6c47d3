// `millrace guard`: what the guard of the learner is doing, what it would take to act, and what
// was done to generations before.

import ArgumentParser
import Client
import MillraceProtocol

/// `millrace guard`
struct GuardCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "guard",
        abstract: "Says what the guard is doing, and what was done to generations.",
        discussion: """
            When the accuracy over the newest 1,000 samples falls by more than chance, or one label \
            comes too often in a row, the learner is compared with the generation proved good, on \
            the same samples. Only if that is better the daemon goes back to it. Meanwhile queries \
            are answered from it. [guard] of the configuration has the thresholds.
            """)

    @Option(
        help: ArgumentHelp("Entries of the record to print, newest first.", valueName: "number"))
    var history = 10
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (0...100).contains(history) else {
            throw ValidationError("--history takes a number from 0 to 100.")
        }
    }

    func run() throws {
        try reporting(output) {
            let client = try daemon.queryClient(makeContext())
            var reply = try client.ask(GuardReply.self, ControlRequest(command: .guardian))
            reply.history = Array(reply.history.prefix(history))
            if output.json { return Console.printJSON(reply) }
            // The good generation may be older than the ring, where nobody can go back to it.
            let ring = try? client.ask(
                GenerationsReply.self, ControlRequest(command: .generations))
            GuardText(reply: reply, ring: ring?.generations).lines.forEach(Console.print)
        }
    }
}

/// A guard in words.
struct GuardText {
    let reply: GuardReply
    /// What the ring holds; nil if that is not known.
    let ring: [GenerationEntry]?

    var lines: [String] {
        let status = reply.guardian
        var table = TextTable()
        table.add("guard", state)
        table.add(
            "good", status.good == 0 ? "none yet" : "generation \(status.good)" + place(status.good)
        )
        table.add("next", next)
        table.add(
            "so far",
            "\(status.falls) falls, \(status.drifts) new levels accepted, \(status.rollbacks) "
                + "rollbacks, \(status.notFinite) for weights that were not finite")
        table.add("undone", Format.count(status.undone) + " samples, by the guard's rollbacks")
        return table.lines + record
    }

    /// Whether a rollback by hand can go to `generation`.
    private func place(_ generation: UInt64) -> String {
        guard let ring else { return "" }
        guard let entry = ring.first(where: { $0.generation == generation }) else {
            return ", no longer in the ring: millrace rollback cannot go to it"
        }
        return entry.held ? ", held in the ring" : ", in the ring and not held"
    }

    private var state: String {
        let status = reply.guardian
        switch status.state {
        case "off": return "off: [guard] on-fall = \"nothing\""
        case "waiting": return "waiting: no generation is proved good yet"
        case "watching": return "watching"
        case "suspicious":
            return
                "suspicious: the figure fell, a label is stuck, or the loss rose; queries are answered "
                + "from generation \(status.answersFrom ?? status.good)"
        case "probation":
            return "probation: a new level is accepted, the good generation is still compared"
        default: return status.state
        }
    }

    /// What it would take to act.
    private var next: String {
        let status = reply.guardian
        switch status.state {
        case "off", "waiting": return "nothing"
        case "suspicious", "probation":
            let delay =
                status.backOff > 0 ? ", and \(Format.count(status.backOff)) more samples" : ""
            return
                "a rollback at evidence \(Format.decimal(status.evidenceNeeded, 1))\(delay); it is "
                + "\(Format.decimal(status.evidence, 1)) after \(Format.count(status.compared)) "
                + "samples: \(status.goodWins) won by the good generation, \(status.learnerWins) "
                + "by the learner"
        default:
            guard let reference = status.reference, let allowance = status.allowance,
                let figure = status.figure
            else { return "a comparison, when the figure falls" }
            return "a comparison below \(Format.decimal(reference - allowance, 4)); it is "
                + "\(Format.decimal(figure, 4)), and was \(Format.decimal(reference, 4))"
        }
    }

    private var record: [String] {
        guard !reply.history.isEmpty else { return [] }
        var table = TextTable(["time", "event", "by", "from", "to", "as", "undone", "why"])
        for entry in reply.history {
            table.add([
                entry.time, entry.event, entry.by, "\(entry.from)",
                entry.to.map { "\($0)" } ?? "", entry.generation.map { "\($0)" } ?? "",
                entry.undone.map { "\($0)" } ?? "", entry.why,
            ])
        }
        return [""] + table.lines
    }
}
