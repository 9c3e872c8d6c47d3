// One line on a terminal while a stream runs: how far, how fast, how good. The figures come from
// `status`, asked for twice a second beside the stream; without a terminal nothing is asked.

import Client
import MillraceProtocol

/// The line.
struct ProgressLine {
    private let name: String
    private let total: UInt64?
    private var lastShown: UInt64 = 0
    private var lastAsked: UInt64 = 0
    private var window: [(at: UInt64, samples: UInt64)] = []
    private var figures: Figures?
    private var isShown = false

    /// - total: samples in all, if known.
    init(name: String, total: UInt64?) {
        self.name = name
        self.total = total
    }

    /// Draws the line, at most ten times a second.
    mutating func show(
        samples: UInt64, state: ProducerSession.State, _ query: RequestClient, _ now: UInt64
    ) {
        guard Console.isTerminal, now - lastShown >= 100_000_000 else { return }
        lastShown = now
        askForFigures(query, now)
        window.append((now, samples))
        if window.count > 20 { window.removeFirst() }
        isShown = true
        Console.talkInPlace(text(samples, state))
    }

    /// Removes the line.
    mutating func clear() {
        if isShown { Console.talkInPlace("") }
        isShown = false
    }

    private mutating func askForFigures(_ query: RequestClient, _ now: UInt64) {
        if let reply = try? query.poll(StatusReply.self) {
            figures = reply.producers.first { $0.name == name }?.figures
        }
        guard now - lastAsked >= 500_000_000 else { return }
        lastAsked = now
        _ = try? query.begin(ControlRequest(command: .status))
    }

    private func text(_ samples: UInt64, _ state: ProducerSession.State) -> String {
        var parts = [name]
        if let total, total > 0 {
            let share = min(1, Double(samples) / Double(total))
            let filled = Int(share * 20)
            parts.append(
                "[" + String(repeating: "#", count: filled)
                    + String(repeating: ".", count: 20 - filled) + "]")
            parts.append("\(Format.count(samples))/\(Format.count(total))")
        } else {
            parts.append(Format.count(samples))
        }
        if let first = window.first, let last = window.last, last.at > first.at {
            let rate =
                Double(last.samples - min(first.samples, last.samples)) * 1e9
                / Double(last.at - first.at)
            parts.append("\(Format.count(UInt64(rate)))/s")
        }
        if let figures {
            let word = figures.task == "classification" ? "accuracy" : "error"
            parts.append("\(word) \(Format.figure(figures.overall))")
            parts.append("last 1,000 \(Format.figure(figures.last1000))")
            if let score = figures.anomalyScore {
                parts.append("anomaly \(Format.decimal(score, 1))")
            }
            if let percentile = figures.anomalyPercentile {
                parts.append("percentile \(Format.decimal(percentile, 3))")
            }
        }
        switch state {
        case .connecting, .greeting: parts.append("waiting for the daemon")
        case .flushing: parts.append("waiting for the last commit")
        case .streaming, .done: break
        }
        return parts.joined(separator: "  ")
    }
}
