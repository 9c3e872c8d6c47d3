// `millrace`: the command line over Client, SampleSources and WeightStore. Standard output is
// data, standard error is talk.

import ArgumentParser
import Client
import Platform

/// The root command.
@main
struct Millrace: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "millrace",
        abstract: "Streams samples to a learning millraced, asks it, and steers it.",
        discussion: """
            The daemon is found by --state DIR, else MILLRACE_STATE, else ./millrace-state; or by
            --ingest, --query and --admin. Every command takes --json: one document on standard
            output, keys sorted, also of a failure. Errors read: error: WHAT. WHY. TRY: command

            ENVIRONMENT
              MILLRACE_STATE   the daemon's state directory
              MILLRACE_INGEST  the daemon's ingest socket; so MILLRACE_QUERY and MILLRACE_ADMIN
              MILLRACE_KEY     the client's secret certificate, for TCP; millrace keygen makes one
              MILLRACE_SERVER_KEY
                               the daemon's public key: 40 characters, or its certificate
              MILLRACE_SPOOL   where what is sent and not acknowledged is kept, else
                               $XDG_STATE_HOME/millrace/spool or ~/.local/state/millrace/spool
              NO_COLOR         no colours, when it is not empty
              COLUMNS          width of tables, when standard output is no terminal

            EXIT CODES
              0    done
              64   wrong usage
              65   bad data: source, labels, checkpoint, key, or a schema that does not fit
              66   no such input: file, key, generation or checkpoint
              69   the daemon does not answer
              70   internal error
              73   cannot be made: the spool, or an output, checkpoint or key already there
              74   input or output failed, standard output included
              75   not now: try the same command again later
              76   the other side speaks another version
              77   not allowed: permissions, or a key refused, here or by the daemon
              78   bad configuration, or a network that does not fit
              130  interrupted; the same command continues
            """,
        version: "0.1.0",
        subcommands: [
            StatusCommand.self, WatchCommand.self, StreamCommand.self, LabelCommand.self,
            PredictCommand.self, ForgetCommand.self,
            GenerationsCommand.self, RollbackCommand.self, GuardCommand.self,
            CheckpointCommand.self,
            PlanCommand.self, KeygenCommand.self,
        ])

    /// As ArgumentParser has it, and with --json a document of a wrong usage, too.
    static func main() {
        StandardOutput.prepare()
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            let isUsage = !(error is ExitCode) && exitCode(for: error) == .validationFailure
            if isUsage, CommandLine.arguments.contains("--json") {
                Console.printJSON(
                    FailureDocument(
                        ClientError(
                            .usage, message(for: error), advice: "the same command with --help")))
            }
            exit(withError: error)
        }
    }
}
