import ArgumentParser
import Client
import MillraceProtocol

/// `millrace generations`
struct GenerationsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generations", abstract: "Lists the generations in the ring.")

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reporting(output) {
            let client = try daemon.queryClient(makeContext())
            let reply = try client.ask(
                GenerationsReply.self, ControlRequest(command: .generations))
            if output.json { return Console.printJSON(bytes: client.newestReply) }
            let hasDevice = reply.generations.contains { $0.device != nil }
            let hasDrift = reply.generations.contains { $0.driftAlarms != nil }
            var table = TextTable(
                ["generation", "state", "samples", "held", "pins", "from", "digest"]
                    + (hasDrift ? ["alarms", "since"] : [])
                    + (hasDevice ? ["device clocks", "since", "energy", "since"] : []))
            for entry in reply.generations {
                table.add(
                    [
                        "\(entry.generation)", entry.state, "\(entry.samples)",
                        entry.held ? "held" : "", "\(entry.pins)",
                        entry.restoredFrom == 0 ? "" : "\(entry.restoredFrom)",
                        entry.stateDigest,
                    ] + (hasDrift ? Self.drift(entry) : []) + (hasDevice ? Self.device(entry) : []))
            }
            table.lines.forEach(Console.print)
        }
    }

    /// Alarms of drift until the generation, and since the one below it.
    private static func drift(_ entry: GenerationEntry) -> [String] {
        [entry.driftAlarms, entry.driftAlarmsSince].map { $0.map { "\($0)" } ?? "-" }
    }

    /// Clocks and energy until the generation, and since the one below it.
    private static func device(_ entry: GenerationEntry) -> [String] {
        func clocks(_ amounts: DeviceAmounts?) -> String { amounts.map { "\($0.clocks)" } ?? "-" }
        func energy(_ amounts: DeviceAmounts?) -> String {
            amounts?.energy.map { Format.decimal($0, 0) } ?? "-"
        }
        return [
            clocks(entry.device), clocks(entry.deviceSince), energy(entry.device),
            energy(entry.deviceSince),
        ]
    }
}

/// `millrace rollback N`
struct RollbackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Goes back to the weights of a generation, as a new generation.",
        discussion: "Positions of producers stay: what was learned since is forgotten, not sent "
            + "again.")

    @Argument(
        help: "The generation to go back to; `millrace generations` lists them.",
        completion: Completions.generations)
    var generation: UInt64
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reporting(output) {
            let client = try daemon.adminClient(makeContext())
            let reply = try client.ask(
                RollbackReply.self, ControlRequest(command: .rollback, generation: generation))
            if output.json { return Console.printJSON(bytes: client.newestReply) }
            Console.print(
                "generation \(reply.generation) has the weights of \(reply.restoredFrom) "
                    + "(from the \(reply.source)), state \(reply.stateDigest)")
        }
    }
}
