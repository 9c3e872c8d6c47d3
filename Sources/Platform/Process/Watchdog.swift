// The service manager's watchdog: whoever is not heard of within an interval is killed and started
// again. So a sign of life is sent only when every loop has moved since the sign before; a timer
// that sends it by itself would call a stuck daemon healthy.
//
// Invariants: a sign is due a third of the interval after the one before; it is sent only after
// every counter has changed since then; a loop that sleeps is nudged first, so that it can.

import Glibc

/// When to tell the service manager that this process is alive; see sd_watchdog_enabled(3).
public struct Watchdog: Sendable {
    /// What to do now.
    public enum Duty: Equatable, Sendable {
        /// Send WATCHDOG=1: everything moved.
        case feed
        /// A sign is due, and not every loop has moved yet: wake those that sleep.
        case nudge
        /// No sign is due.
        case rest
    }

    /// The manager's patience.
    public let intervalNanoseconds: UInt64
    private var fedNanoseconds: UInt64
    private var seen: [UInt64] = []

    /// Reads WATCHDOG_USEC and WATCHDOG_PID; nil when nobody watches this process, or when the
    /// interval is no number above 0.
    /// - now: nanoseconds of the clock that `look` is given.
    public init?(environment: [String: String], processIdentifier: Int32, now: UInt64) {
        guard let text = environment["WATCHDOG_USEC"], let interval = UInt64(text), interval > 0
        else { return nil }
        if let owner = environment["WATCHDOG_PID"], Int32(owner) != processIdentifier {
            return nil
        }
        let (nanoseconds, overflow) = interval.multipliedReportingOverflow(by: 1000)
        intervalNanoseconds = overflow ? UInt64.max : nanoseconds
        fedNanoseconds = now
    }

    /// A third of the interval: one sign may be late without harm.
    public var feedNanoseconds: UInt64 { intervalNanoseconds / 3 }

    /// Decides, given how often each loop has turned so far. `feed` means that the sign is sent.
    public mutating func look(at turns: [UInt64], now: UInt64) -> Duty {
        if seen.isEmpty { seen = turns.map { $0 &- 1 } }
        guard now &- fedNanoseconds >= feedNanoseconds else { return .rest }
        guard stuck(turns).isEmpty else { return .nudge }
        seen = turns
        fedNanoseconds = now
        return .feed
    }

    /// The loops, by index, that have not moved since the last sign.
    public func stuck(_ turns: [UInt64]) -> [Int] {
        zip(seen, turns).enumerated().filter { $0.element.0 == $0.element.1 }.map(\.offset)
    }

    /// Whether the sign is so late that somebody should know why.
    public func isLate(now: UInt64) -> Bool {
        now &- fedNanoseconds >= feedNanoseconds &* 2
    }
}
