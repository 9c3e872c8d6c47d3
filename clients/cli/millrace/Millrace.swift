// `millrace`: the command line over Client, SampleSources and WeightStore. Standard output is
// data, standard error is talk.

import ArgumentParser

/// The root command.
@main
struct Millrace: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "millrace",
        abstract: "Streams samples to a learning millraced, asks it, and steers it.",
        discussion: """
            The daemon is found by --state DIR, else MILLRACE_STATE, else ./millrace-state; or by
            --ingest, --query and --admin, else MILLRACE_INGEST, MILLRACE_QUERY, MILLRACE_ADMIN.
            What is sent and not acknowledged is kept under MILLRACE_SPOOL, else
            $XDG_STATE_HOME/millrace/spool, else ~/.local/state/millrace/spool.

            Every command takes --json: one document on standard output, keys sorted.

            EXIT CODES
              0    done
              64   wrong usage
              65   bad data: the source, a checkpoint, or a schema that does not fit
              66   no such input: file, generation or checkpoint
              69   the daemon does not answer
              70   internal error
              73   the spool cannot be made
              74   input or output failed
              75   not now: try the same command again later
              76   the other side speaks another version
              77   not allowed
              78   bad configuration
              130  interrupted; the same command continues

            Errors read: error: WHAT. WHY. TRY: command
            """,
        version: "0.1.0",
        subcommands: [
            StatusCommand.self, StreamCommand.self, LabelCommand.self, PredictCommand.self,
            GenerationsCommand.self, RollbackCommand.self, CheckpointCommand.self, PlanCommand.self,
        ])
}
