// What the main thread does while the loops work: signals, the watchdog, the status line.

import Daemon
import Glibc
import Logging
import Platform

struct Housekeeping {
    let daemon: Daemon
    let notifier: ServiceNotifier
    let log: Logger
    let clock = MachineClock()
    var desk: ReloadDesk
    let keys: ServiceKeys
    private var watchdog: Watchdog?
    private var hasWarned = false
    private var statusNanoseconds: UInt64
    private var reloadText = ""

    /// Between two status lines.
    static let statusIntervalNanoseconds: UInt64 = 5_000_000_000
    /// Longest wait for a signal, so that the admin door's stop is noticed.
    static let tickMilliseconds: UInt64 = 250
    /// How long loops may take to apply a reload before READY is said again.
    static let reloadNanoseconds: UInt64 = 2_000_000_000

    init(
        _ daemon: Daemon, _ desk: ReloadDesk, _ keys: ServiceKeys, _ notifier: ServiceNotifier,
        _ log: Logger
    ) {
        self.daemon = daemon
        self.desk = desk
        self.keys = keys
        self.notifier = notifier
        self.log = log
        statusNanoseconds = clock.nowNanoseconds
        watchdog = Watchdog(
            environment: ProcessFacts.environment,
            processIdentifier: ProcessFacts.processIdentifier, now: clock.nowNanoseconds)
    }

    /// Returns when a signal or the admin door says stop.
    mutating func run(_ signals: ProcessSignals) {
        var item = pollfd(fd: signals.fileDescriptor, events: Int16(POLLIN), revents: 0)
        var wait = tick
        while !daemon.isStopping {
            _ = poll(&item, 1, wait)
            wait = feedWatchdog()
            switch signals.next() {
            case .stop: return
            case .reload: reload()
            case nil: break
            }
            if clock.nowNanoseconds &- statusNanoseconds >= Self.statusIntervalNanoseconds {
                statusNanoseconds = clock.nowNanoseconds
                notifier.notify("STATUS=\(statusText)")
            }
        }
    }

    /// "learning, generation 12, accuracy 0.913 over the last 1,000"
    var statusText: String {
        let mode = daemon.isReadOnly ? "read-only: storage fails" : "learning"
        let headline = daemon.headlineText.map { ", \($0)" } ?? ""
        return "\(mode), generation \(daemon.newestGeneration)\(headline)\(reloadText)"
    }

    private var tick: Int32 {
        let quarter = (watchdog?.feedNanoseconds ?? UInt64.max) / 4 / 1_000_000
        return Int32(max(1, min(Self.tickMilliseconds, quarter)))
    }

    /// Feeds the watchdog if all loops moved. Returns how long to wait for the next look.
    mutating func feedWatchdog() -> Int32 {
        guard var dog = watchdog else { return tick }
        defer { watchdog = dog }
        let turns = daemon.turns
        var counts = [turns.network, turns.learner, turns.storage]
        if let access = turns.access { counts.append(access) }
        switch dog.look(at: counts, now: clock.nowNanoseconds) {
        case .rest: return tick
        case .feed:
            notifier.notify("WATCHDOG=1")
            hasWarned = false
            return tick
        case .nudge:
            daemon.nudge()
            if dog.isLate(now: clock.nowNanoseconds), !hasWarned {
                hasWarned = true
                let names = dog.stuck(counts).map {
                    ["network", "learner", "storage", "access"][$0]
                }
                log.error("\(DaemonEvent.stuck(names.joined(separator: ", ")).line)")
            }
            return min(tick, 5)
        }
    }

    /// Reads the configuration again and hands over what may change.
    mutating func reload() {
        notifier.notify(
            "RELOADING=1\nMONOTONIC_USEC=\(clock.nowNanoseconds / 1000)\n"
                + "STATUS=reading the configuration again")
        let keysError = keys.reload(daemon)
        var (settings, report) = desk.reload()
        report.keysError = keysError
        daemon.apply(settings, report)
        let deadline = clock.nowNanoseconds + Self.reloadNanoseconds
        while !daemon.isReloaded, clock.nowNanoseconds < deadline { usleep(500) }
        for event in report.events {
            if event.isProblem { log.error("\(event.line)") } else { log.notice("\(event.line)") }
        }
        reloadText = report.statusText
        notifier.notify("READY=1\nSTATUS=\(statusText)")
    }
}
