import ArgumentParser
import Client
import Glibc
import Platform

/// `millrace watch`
struct WatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Shows how the daemon learns, again and again.",
        discussion: """
            On a terminal the table is drawn in place; Ctrl-C ends it. Otherwise, and with TERM=dumb,
            one line per refresh; with --json one object per line: its number, the time, the rates,
            and the status as millrace status --json prints it.

            Rates are by the daemon's own clock: of samples and late labels since the refresh before,
            as they were accepted; of commits and of the emulated device over five seconds. Figures
            are those of the newest durable generation.

            A daemon that goes away is waited for; refreshes without an answer count, too. Exit code
            69 when it never answered, or not in the last of --count; 130 when --count was
            interrupted.
            """)

    @Option(help: ArgumentHelp("Seconds from refresh to refresh.", valueName: "seconds"))
    var interval = 1.0
    @Option(help: ArgumentHelp("End after this many refreshes.", valueName: "count"))
    var count: Int?
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard interval >= 0.05, interval <= 86_400 else {
            throw ValidationError("--interval takes seconds from 0.05 to 86400.")
        }
        guard count ?? 1 > 0 else { throw ValidationError("--count takes 1 or more.") }
    }

    private var view: any WatchView {
        if output.json { return WatchJSON() }
        return Screen.isThere ? WatchScreen() : WatchLines()
    }

    func run() throws {
        try reporting(output) {
            let signals = ProcessSignals()
            // `millrace watch | head -3` ends with its reader.
            signal(SIGPIPE, SIG_DFL)
            let query = try daemon.queryClient(makeContext())
            var watch = Watch(
                query: query, signals: signals, view: view, endpoint: daemon.endpoints.query,
                interval: interval, patience: daemon.timeout)
            try watch.run(count: count)
        }
    }
}
