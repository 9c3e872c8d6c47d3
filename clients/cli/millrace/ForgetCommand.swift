import ArgumentParser
import Client
import MillraceProtocol

/// `millrace forget NAME`
struct ForgetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget",
        abstract: "Gives the place of a producer that does not come back to others.",
        discussion: """
            For names that were typed wrongly and devices that are gone: max-producers names have a \
            place, and one that is forgotten makes room for another. What it taught stays in the \
            weights; its counts and figures go. The producer must have been silent for ten seconds, \
            with all its samples durable. A spool that was written under the name is refused from \
            then on; `millrace stream --again` sends everything in a new epoch.
            """)

    @Argument(
        help: "The producer; `millrace status` lists them.", completion: Completions.producers)
    var name: String
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard ProducerName(name) != nil else {
            throw ValidationError("NAME has 1 to 64 of A-Z a-z 0-9 . _ -")
        }
    }

    func run() throws {
        try reporting(output) {
            let client = try daemon.adminClient(makeContext())
            let reply = try client.ask(
                ForgetReply.self, ControlRequest(command: .forget, name: name))
            if output.json { return Console.printJSON(bytes: client.newestReply) }
            let places = reply.freePlaces == 1 ? "1 place is" : "\(reply.freePlaces) places are"
            Console.print("producer \(reply.forgotten) is forgotten; \(places) free")
        }
    }
}
