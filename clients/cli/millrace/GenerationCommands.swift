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
            var table = TextTable([
                "generation", "state", "samples", "held", "pins", "from", "digest",
            ])
            for entry in reply.generations {
                table.add(
                    "\(entry.generation)", entry.state, "\(entry.samples)",
                    entry.held ? "held" : "", "\(entry.pins)",
                    entry.restoredFrom == 0 ? "" : "\(entry.restoredFrom)", entry.stateDigest)
            }
            table.lines.forEach(Console.print)
        }
    }
}

/// `millrace rollback N`
struct RollbackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Goes back to the weights of a generation, as a new generation.",
        discussion: "Positions of producers stay: what was learned since is forgotten, not sent "
            + "again.")

    @Argument(help: "The generation to go back to; `millrace generations` lists them.")
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
