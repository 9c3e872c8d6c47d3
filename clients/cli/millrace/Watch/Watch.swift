// The loop of `millrace watch`: asks, shows, sleeps; nothing waits longer than it may, and a signal
// ends it at once.

import ArgumentParser
import Client
import Glibc
import MillraceProtocol
import Platform

/// Whoever shows what was seen.
protocol WatchView {
    /// Shows one refresh.
    mutating func show(_ sight: Sight)
    /// Leaves the screen in order.
    mutating func end()
}

extension WatchView {
    mutating func end() {}
}

/// Asks, waits, asks again.
struct Watch {
    let query: RequestClient
    let signals: ProcessSignals
    var view: any WatchView
    let endpoint: String
    /// Seconds.
    let interval: Double
    /// Seconds that the first answer may take.
    let patience: Double

    private let clock = MachineClock()
    /// Answers of the last five seconds, and the newest of all.
    private var answers: [StatusReply] = []
    private var lastAnswer: UInt64?
    private var isInterrupted = false

    init(
        query: RequestClient, signals: ProcessSignals, view: any WatchView, endpoint: String,
        interval: Double, patience: Double
    ) {
        self.query = query
        self.signals = signals
        self.view = view
        self.endpoint = endpoint
        self.interval = interval
        self.patience = patience
    }

    /// Until `count` refreshes were shown, or a signal comes.
    mutating func run(count: Int?) throws {
        defer { view.end() }
        var tick = clock.nowNanoseconds
        for number in 1... {
            let status = try answer(by: tick + nanoseconds(answers.isEmpty ? patience : grace))
            if isInterrupted { throw stopped(count) }
            let now = clock.nowNanoseconds
            if status == nil, lastAnswer == nil { throw query.unreachable("nobody answered") }
            view.show(
                Sight(
                    number: number, status: status, previous: answers.last, earlier: answers.first,
                    endpoint: endpoint,
                    awaySeconds: lastAnswer.map { Double(now - $0) / 1e9 } ?? 0))
            if let status {
                lastAnswer = now
                remember(status)
            }
            if number == count {
                if status == nil { throw wentAway }
                return
            }
            // A refresh that took longer than the interval puts off those after it.
            tick = max(tick + nanoseconds(interval), now)
            if waited(until: tick) { throw stopped(count) }
        }
    }

    private mutating func remember(_ status: StatusReply) {
        // After a restart the counts begin anew.
        if let last = answers.last, last.uptimeSeconds > status.uptimeSeconds { answers = [] }
        answers.append(status)
        while answers.count > 1, status.uptimeSeconds - answers[0].uptimeSeconds > 5 {
            answers.removeFirst()
        }
    }

    /// Seconds that an answer may take once the daemon was there.
    private var grace: Double { min(patience, max(interval, 1)) }

    private func nanoseconds(_ seconds: Double) -> UInt64 { UInt64(seconds * 1e9) }

    /// The status, or nil when it did not come by then. Answers that cannot be read are thrown; a
    /// daemon that says "not now" is one that goes away.
    private mutating func answer(by deadline: UInt64) throws(ClientError) -> StatusReply? {
        let request = ControlRequest(command: .status)
        var isAsked = false
        while true {
            do {
                if !isAsked { isAsked = try query.begin(request) != nil }
                if isAsked, let reply = try query.poll(StatusReply.self) { return reply }
            } catch  where error.status == .tryAgain {
                isAsked = false
            }
            let now = clock.nowNanoseconds
            guard now < deadline, !waited(until: min(deadline, now + 2_000_000)) else {
                return nil
            }
        }
    }

    /// Sleeps; true as soon as a signal says to end.
    private mutating func waited(until time: UInt64) -> Bool {
        while true {
            if signals.next() != nil { isInterrupted = true }
            if isInterrupted { return true }
            let now = clock.nowNanoseconds
            guard now < time else { return false }
            var item = pollfd(fd: signals.fileDescriptor, events: Int16(POLLIN), revents: 0)
            let milliseconds = (time - now + 999_999) / 1_000_000
            _ = poll(&item, 1, Int32(min(milliseconds, 1_000)))
        }
    }

    /// Ctrl-C is how to end without `--count`.
    private func stopped(_ count: Int?) -> ExitCode { ExitCode(count == nil ? 0 : 130) }

    /// The daemon answered once, and not in the last refresh.
    private var wentAway: ClientError {
        var error = query.unreachable("no answer came")
        error.why = "it went away: " + error.why
        return error
    }
}
