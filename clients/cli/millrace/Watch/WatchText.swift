// The table of `millrace watch`: a line of the daemon, a block of figures with a word before each
// line, and a table of producers. What does not fit the width goes to the next line (figures) or
// is left out (columns of producers, the least needed first).

import MillraceProtocol

/// One refresh as lines of a screen.
struct WatchText {
    let sight: Sight
    let status: StatusReply
    let size: (columns: Int, rows: Int)

    /// Characters before the figures.
    private static let indent = 13

    var lines: [ScreenLine] {
        let head = [title, ScreenLine()] + figureBlock + [ScreenLine()]
        let table = producerTable
        // One row for the cursor, one for "and more".
        let room = max(0, size.rows - 1 - head.count)
        guard table.count > room, room > 1 else { return head + table }
        return head + table.prefix(room - 1)
            + [ScreenLine("and \(table.count - (room - 1)) more: millrace status", .dim)]
    }

    private var title: ScreenLine {
        var line = ScreenLine("millraced \(status.version)", .bold)
        line.add("  ")
        line.add(status.mode.rawValue, status.mode == .learning ? .plain : .alarm)
        line.add("  up \(Self.duration(status.uptimeSeconds))")
        line.add("  \(WatchLines.time)", .dim)
        line.add("  \(sight.endpoint)", .dim)
        return line
    }

    private var figureBlock: [ScreenLine] {
        let refused = status.counters.refusedBy.values.reduce(0, &+)
        var lines = block(
            "samples/s",
            [
                Self.rate(sight.samplesPerSecond),
                "accepted \(Format.count(status.counters.samplesAccepted))",
                "in the weights \(Format.count(status.samples))",
                "queue \(Format.count(UInt64(clamping: status.queueDepth)))",
            ] + (refused > 0 ? ["refused \(Format.count(refused))"] : []))
        let figures = Self.figures(status.figures)
        lines += block(
            status.figures.task == "classification" ? "accuracy" : "error",
            figures.enumerated().map { index, part in
                index == 0 ? String(part.drop { $0 != " " }.dropFirst()) : part
            })
        lines += block(
            "generation",
            [
                Format.count(status.generation),
                "commits \(Format.count(status.commits)) (\(Self.rate(sight.commitsPerSecond))/s)",
                "passed over \(Format.count(status.skippedCommits))",
                "checkpoints \(Format.count(status.checkpoints))",
            ])
        lines += block(
            "memory",
            [
                "planned \(Format.bytes(status.plannedBytes)) of \(Format.bytes(status.budgetBytes))",
                "resident \(Format.bytes(status.residentBytes))",
            ])
        if let drift = status.drift { lines += block("drift", DriftText(drift: drift).parts) }
        let device = Self.device(sight)
        return device.isEmpty ? lines : lines + block("device", device)
    }

    /// A word and what stands behind it, in as many lines as it takes.
    private func block(_ word: String, _ parts: [String]) -> [ScreenLine] {
        var lines: [ScreenLine] = []
        var line = ScreenLine(word.padded(Self.indent), .dim)
        for part in parts {
            if line.width > Self.indent, line.width + 3 + part.count > size.columns - 1 {
                lines.append(line)
                line = ScreenLine("".padded(Self.indent))
            }
            if line.width > Self.indent { line.add("   ") }
            line.add(part)
        }
        return lines + [line]
    }

    private var producerTable: [ScreenLine] {
        guard !status.producers.isEmpty else { return [ScreenLine("no producers yet", .dim)] }
        let isClass = status.figures.task == "classification"
        var table = FigureTable()
        table.add([
            "producer", "samples/s", isClass ? "accuracy" : "error", "last 1,000", "loss",
            "learned",
            "queued", "refused", "pending", "expired", "resent",
        ])
        for producer in status.producers {
            let counts = [
                producer.learned, producer.queued, producer.refused, producer.pending,
                producer.expired, producer.resends,
            ]
            table.add(
                [
                    producer.name, Self.rate(sight.samplesPerSecond(of: producer)),
                    Format.figure(producer.figures.overall),
                    Format.figure(producer.figures.last1000), Format.figure(producer.figures.loss),
                ] + counts.map(Format.count))
        }
        var columns: [Int] = []
        var used = -2
        for (column, width) in table.widths.enumerated() {
            used += 2 + width
            if column > 0, used > size.columns - 1 { break }
            columns.append(column)
        }
        return zip(table.lines(columns), 0...).map { text, row in
            if row == 0 { return ScreenLine(text, .bold) }
            let isBroken = !status.producers[row - 1].balances
            return ScreenLine(
                isBroken ? text + "  BALANCE BROKEN" : text, isBroken ? .alarm : .plain)
        }
    }
}

extension WatchText {
    /// `accuracy 0.7081`, `last 1,000 0.8320`, …
    static func figures(_ figures: Figures) -> [String] {
        let isClass = figures.task == "classification"
        var parts = [
            (isClass ? "accuracy " : "error ") + Format.figure(figures.overall),
            "last 1,000 \(Format.figure(figures.last1000))",
        ]
        if isClass {
            parts.append("kappa \(Format.figure(figures.kappaTemporal))")
        } else {
            parts.append("skill \(Format.figure(figures.skill))")
            if let score = figures.anomalyScore {
                parts.append("anomaly \(Format.decimal(score, 1))")
            }
            if let percentile = figures.anomalyPercentile {
                parts.append("percentile \(Format.decimal(percentile, 3))")
            }
            if let mean = figures.meanBaseline {
                parts.append("means \(Format.figure(mean))")
            }
            if let first = figures.steps?.first, let last = figures.steps?.last {
                parts.append(
                    "+\(first.step) \(Format.figure(first.mae)) of \(Format.figure(first.noChange))"
                )
                parts.append(
                    "+\(last.step) \(Format.figure(last.mae)) of \(Format.figure(last.noChange))")
            }
        }
        return parts + ["no change \(Format.figure(figures.noChange))"]
            + ["loss \(Format.figure(figures.loss))"]
    }

    /// `artix7`, `1,360,000 clocks/s`, …; empty without a device.
    static func device(_ sight: Sight) -> [String] {
        guard let device = sight.status?.device else { return [] }
        var parts = [
            device.name, "\(rate(sight.deviceClocksPerSecond)) clocks/s",
            "\(Format.count(device.total.clocks)) clocks",
            "\(Format.decimal(device.seconds, 3)) s at its clock",
            "\(Format.count(device.total.accesses)) accesses",
            "\(Format.count(device.total.clashes)) clashes",
        ]
        if let energy = device.total.energy, let unit = device.energyUnit {
            let text =
                unit == "pJ"
                ? Format.quantity(energy * 1e-12, "J") : "\(Format.decimal(energy, 0)) \(unit)"
            parts.append((device.uncounted.isEmpty ? "" : "≥ ") + text)
        }
        return parts
    }

    /// `12,345`; below 10 with one decimal; "-" when it is not known.
    static func rate(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "-" }
        return value < 10 && value > 0
            ? Format.decimal(value, 1) : Format.count(UInt64(min(value.rounded(), 1e18)))
    }

    /// `7 s`, `12 min 05 s`, `3 h 07 min`, `2 d 03 h`.
    static func duration(_ seconds: Double) -> String {
        let whole = UInt64(max(0, min(seconds, 1e15)))
        func pair(_ size: UInt64, _ word: String, _ part: UInt64, _ partWord: String) -> String {
            let rest = whole % size / part
            return "\(whole / size) \(word) \(rest < 10 ? "0" : "")\(rest) \(partWord)"
        }
        if whole < 60 { return "\(whole) s" }
        if whole < 3_600 { return pair(60, "min", 1, "s") }
        return whole < 86_400 ? pair(3_600, "h", 60, "min") : pair(86_400, "d", 3_600, "h")
    }
}

extension String {
    /// With blanks behind it up to `width` characters.
    fileprivate func padded(_ width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
