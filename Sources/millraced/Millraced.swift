// millraced: reads its configuration, takes its memory, recovers its state, opens its doors and
// learns until it is told to stop. Assembly only; every part is in a library.

import ArgumentParser
import Configuration
import Daemon
import Glibc
import Platform

/// The daemon's command line.
@main
struct Millraced: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "millraced",
        abstract: "Learns online from sensor samples streamed over ZeroMQ.",
        discussion: """
            Values come from flags, then MILLRACE_SECTION_KEY in the environment, then the file, \
            then defaults. The state directory is --state, MILLRACE_STATE, [daemon] state, or \
            ./millrace-state.

            SIGNALS
              SIGTERM  learns what is queued, makes it durable, acknowledges it, and ends; so SIGINT
              SIGHUP   reads the configuration and the clients' keys again: what may change does, what
                       may not is logged

            EXIT CODES
              0    stopped cleanly
              64   wrong usage
              65   damaged data
              66   no such data file
              69   a socket cannot be bound
              70   internal error
              71   no memory
              74   the disk or standard output fails, or a stop took too long
              75   another millraced has the state directory
              77   the state directory may not be used: permissions
              78   the configuration is wrong or does not fit
            """,
        version: Daemon.version)

    @Option(
        help: ArgumentHelp("The configuration.", valueName: "file"),
        completion: .file(extensions: ["toml"]))
    var config: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Override one value, for example --set learning.rate=0.02; may be repeated.",
            valueName: "section.key=value"))
    var overrides: [String] = []

    @Option(
        help: ArgumentHelp("The state directory.", valueName: "directory"),
        completion: .directory)
    var state: String?

    @Flag(help: "Print the effective configuration and the memory plan, and exit.")
    var check = false

    @Flag(
        help: ArgumentHelp(
            "Print a systemd drop-in with the MemoryMax of this configuration, and exit."))
    var dropIn = false

    @Option(
        help: ArgumentHelp(
            "Start an empty state directory from a checkpoint.", valueName: "checkpoint"),
        completion: .file(extensions: ["safetensors"]))
    var from: String?

    @Flag(help: "Move an existing state aside and begin anew.")
    var fresh = false

    @Option(
        name: .customLong("init"),
        help: ArgumentHelp(
            "Write a commented configuration for this CSV file to standard output, and exit.",
            valueName: "file.csv"),
        completion: .file(extensions: ["csv"]))
    var describe: String?

    @Option(
        help: ArgumentHelp(
            "With --init: the column of the label, by name or by number from 1.",
            valueName: "column"))
    var labelColumn: String?

    static func main() {
        StandardOutput.prepare()
        main(nil)
    }

    func validate() throws {
        guard [check, dropIn, describe != nil].count(where: { $0 }) <= 1 else {
            throw ValidationError("--check, --drop-in and --init: one of them at a time.")
        }
        if labelColumn != nil, describe == nil {
            throw ValidationError("--label-column goes with --init.")
        }
    }

    func run() throws {
        // Not in `validate`, which comes before unknown options are found.
        if config == nil, describe == nil {
            throw ValidationError(
                "no configuration. TRY: millraced --config FILE, or millraced --init DATA.csv "
                    + "to have one written")
        }
        ProcessFacts.limitMallocArenas(2)
        if let describe { Foundry.describe(describe, labelColumn: labelColumn) }
        let configuration = load()
        var settings = DaemonSettings(configuration)
        let plan = DaemonPlan(configuration.learner, settings)
        if check {
            Foundry.check(configuration, plan, settings, verifyKeys(configuration, settings))
        }
        if dropIn { Foundry.dropIn(plan, config) }
        let doors = Doors.open(configuration)
        settings.endpoints = doors.endpoints
        let desk = ReloadDesk(running: configuration) { () throws(ConfigurationErrors) in
            try self.read()
        }
        Service(
            configuration: configuration, settings: settings, plan: plan,
            doorSockets: doors.sockets, desk: desk
        )
        .run(origin: from.map { .checkpoint(path: $0) } ?? .newest, fresh: fresh)
    }

    /// The clients that may connect, nil without keys.
    private func verifyKeys(
        _ configuration: MillraceConfiguration, _ settings: DaemonSettings
    ) -> ClientTable? {
        do throws(StartError) {
            return try ServiceKeys(configuration.keys, endpoints: settings.endpoints).verify()
        } catch {
            Foundry.fail(error.message, code: error.exitCode)
        }
    }

    private func load() -> MillraceConfiguration {
        for override in overrides where ConfigurationFlag(assignment: override) == nil {
            Foundry.fail(
                "--set \(override) is not SECTION.KEY=VALUE. TRY: --set learning.rate=0.02",
                code: 64)
        }
        do throws(ConfigurationErrors) {
            return try read()
        } catch {
            Foundry.fail("\(error)", code: 78)
        }
    }

    /// Reads file, environment and flags; again at every SIGHUP.
    private func read() throws(ConfigurationErrors) -> MillraceConfiguration {
        var flags = overrides.compactMap { ConfigurationFlag(assignment: $0) }
        if let state {
            flags.append(ConfigurationFlag(key: "daemon.state", value: state, flag: "--state"))
        }
        return try ConfigurationLoader.load(
            path: config, environment: ProcessFacts.environment, flags: flags)
    }
}
