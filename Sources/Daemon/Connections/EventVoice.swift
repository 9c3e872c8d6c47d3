// Says what happened to connections, at most so often: a flood must not fill the log either.

/// Five lines at once, then one a second; what was not said is counted and said later.
struct EventVoice {
    private var debtNanoseconds: UInt64 = 0
    private var unsaid: UInt64 = 0

    static let burst: UInt64 = 5
    static let interval: UInt64 = 1_000_000_000

    /// Whether there is something left to say.
    var hasMore: Bool { unsaid > 0 }

    mutating func say(
        _ now: UInt64, _ report: (DaemonEvent) -> Void, _ event: () -> DaemonEvent
    ) {
        let start = max(debtNanoseconds, now)
        guard start &- now < Self.burst * Self.interval else {
            unsaid &+= 1
            return
        }
        debtNanoseconds = start &+ Self.interval
        report(event())
    }

    /// Says how many lines were left out, when it is quiet enough.
    mutating func sayRest(_ now: UInt64, _ report: (DaemonEvent) -> Void) {
        guard unsaid > 0, max(debtNanoseconds, now) &- now < Self.burst * Self.interval else {
            return
        }
        debtNanoseconds = max(debtNanoseconds, now) &+ Self.interval
        report(.connectionsNotNamed(count: unsaid))
        unsaid = 0
    }
}
