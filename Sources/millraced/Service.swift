// The life of the service: from the lock to READY, and from SIGTERM to exit 0.

import Accelerator
import Configuration
import Daemon
import Glibc
import Logging
import Messaging
import Platform

struct Service {
    let configuration: MillraceConfiguration
    let settings: DaemonSettings
    let plan: DaemonPlan
    /// With what `settings` says about endpoints.
    let doorSockets: DoorSockets
    let desk: ReloadDesk

    /// How long a clean stop may take before the rest is left to be sent again.
    static let stopSeconds = 15.0

    func run(origin: StateOrigin, fresh: Bool) -> Never {
        let signals = ProcessSignals()
        umask(0o077)
        let notifier = ServiceNotifier()
        LoggingSystem.bootstrap { _ in LineLogHandler() }
        let log = Logger(label: "millraced")
        do {
            if case .checkpoint(let path) = origin {
                try StateDirectory.check(path, plan, LinuxStorage())
            }
            if fresh, let place = try StateDirectory.setAside(settings, LinuxStorage()) {
                log.notice("event=set_aside ring=\(settings.stateDirectory)/\(place)")
            }
            let context = try MessagingContext()
            let keys = ServiceKeys(configuration.keys, endpoints: settings.endpoints)
            let daemon = try start(origin, context, keys, log)
            StandardError.write(plan.memory.table)
            log.notice("\(DaemonEvent.started(generation: daemon.newestGeneration, doors).line)")
            // Of the doors as they are here, which may be inherited ones.
            for endpoint in settings.endpoints.joined()
            where configuration.access(to: endpoint) == .plainReachable {
                log.warning(
                    "event=plain_tcp endpoint=\"\(endpoint)\" message=\"anyone may connect\"")
            }
            log.notice("event=kernels set=\"\(Daemon.kernelText)\"")
            daemon.start()
            var housekeeping = Housekeeping(daemon, desk, keys, notifier, log)
            notifier.notify("READY=1\nSTATUS=\(housekeeping.statusText)")
            housekeeping.run(signals)
            exit(stop(housekeeping))
        } catch let error as StartError {
            if case .doesNotFit = error { StandardError.write(plan.memory.table) }
            Foundry.fail(error.message, code: error.exitCode)
        } catch {
            Foundry.fail("\(error)", code: 70)
        }
    }

    private var doors: String {
        Door.allCases.map { "\($0) \(settings.endpoints[$0.rawValue].joined(separator: " "))" }
            .joined(separator: ", ")
    }

    private func start(
        _ origin: StateOrigin, _ context: MessagingContext, _ keys: ServiceKeys, _ log: Logger
    ) throws(StartError) -> Daemon {
        let endpoints = settings.endpoints
        let limits = socketLimits
        let doorSockets = doorSockets
        let report: @Sendable (DaemonEvent) -> Void = { event in
            if event.isProblem {
                log.error("\(event.line)")
            } else {
                log.notice("\(event.line)")
            }
        }
        let server = try keys.server()
        let access = try makeAccess(context, try keys.board(report))
        return try Daemon(
            configuration: configuration.learner, settings: settings, origin: origin,
            storage: LinuxStorage(), clock: MachineClock(), access: access,
            transport: { wakeUp throws(StartError) in
                do throws(MessagingError) {
                    return try ZeroMQTransport(
                        context: context, endpoints: endpoints, limits: limits,
                        wakeUps: [wakeUp], sockets: doorSockets, server: server)
                } catch {
                    throw .door("\(error). TRY: another endpoint in [daemon]")
                }
            },
            report: report)
    }

    /// Before the doors: nobody may come in before somebody decides.
    private func makeAccess(
        _ context: MessagingContext, _ board: AccessBoard?
    ) throws(StartError) -> AccessLoop {
        do throws(MessagingError) {
            return try AccessLoop(context, board: board)
        } catch {
            throw .door("\(error)")
        }
    }

    private var socketLimits: [SocketLimits] {
        var limits = SocketLimits()
        limits.maximumMessageBytes = Int64(settings.maximumMessageBytes)
        limits.receiveHighWater = Int32(DaemonPlan.receiveHighWater)
        var admin = limits
        admin.maximumMessageBytes = 8 * 1024
        return [limits, limits, admin]
    }

    /// Drains, commits, acknowledges. The exit code.
    private func stop(_ housekeeping: Housekeeping) -> Int32 {
        var housekeeping = housekeeping
        let (daemon, log) = (housekeeping.daemon, housekeeping.log)
        housekeeping.notifier.notify("STOPPING=1\nSTATUS=learning what is queued")
        daemon.stop()
        let clock = MachineClock()
        let deadline = clock.nowNanoseconds + UInt64(Self.stopSeconds * 1e9)
        while !daemon.isDrained, clock.nowNanoseconds < deadline {
            _ = housekeeping.feedWatchdog()
            usleep(2_000)
        }
        let isClean = daemon.isDrained
        // One more moment, so that the last acknowledgements leave the sockets.
        if isClean { usleep(50_000) }
        daemon.end()
        log.notice("\(DaemonEvent.stopped(generation: daemon.newestGeneration).line)")
        if !isClean {
            log.error("event=stopped_early message=\"what was not acknowledged is sent again\"")
        }
        return isClean ? 0 : 74
    }
}
