// A search as a page: what was looked at, the front, and what makes each of its networks.

import Accelerator

/// The page.
struct FitText {
    let report: FitReport
    let page: Page

    private var search: FitSearch { report.search }
    private var isTrained: Bool { (report.training?.trained ?? 0) > 0 }

    var lines: [String] {
        head + [""] + front + notes + [""] + recipes
    }

    // MARK: what was looked at

    private var head: [String] {
        let device = report.device
        var lines = page.wrapped(
            "\(device.heading), with \(Format.memory(report.budgetBits)) of memory",
            behind: "device   ")
        lines += page.wrapped(
            "\(report.networkText), \(search.candidateCount) candidates: \(search.rows.count) fit, "
                + "\(search.tooLargeCount) are too large, \(leftOutCount) were left out",
            behind: "network  ")
        for omission in search.omissions {
            lines += page.wrapped(
                "\(omission.candidates.count) left out: \(omission.reason)", behind: "         ")
        }
        return lines
    }

    private var leftOutCount: Int {
        search.omissions.reduce(0) { $0 + $1.candidates.count }
    }

    // MARK: the front

    private var front: [String] {
        var table = FigureTable()
        var header = ["no other is better in all", "bytes", "share", "clocks", "samples/s"]
        if hasEnergy { header.append("energy") }
        if isTrained { header.append(figureName) }
        table.add(header)
        for (place, index) in report.front.enumerated() {
            table.add(cells(place, search.rows[index]))
        }
        return table.blocks(width: page.width).flatMap { lines in
            [page.bold(lines[0])] + lines.dropFirst() + [""]
        }
    }

    private func cells(_ place: Int, _ row: FitRow) -> [String] {
        let digits = String(report.front.count).count
        let number = String(place + 1)
        let padded = String(repeating: " ", count: digits - number.count) + number
        let rate = report.device.clockHertz / Double(max(1, row.clocksPerSample))
        var cells = [
            "\(padded)  \(row.candidate.text)", Format.count((row.memoryBits + 7) / 8),
            Format.percent(Double(row.memoryBits) / Double(report.budgetBits)),
            Format.count(row.clocksPerSample), Format.count(Int(min(rate, 1e15))),
        ]
        if hasEnergy { cells.append(Format.energy(row.energy)) }
        if isTrained { cells.append(row.figure.map { Format.decimal(abs($0), 4) } ?? "-") }
        return cells
    }

    private var hasEnergy: Bool { search.rows.contains { $0.energy != nil } }

    private var figureName: String {
        report.training?.isAccuracy == true ? "accuracy" : "error"
    }

    // MARK: what has to be known

    private var notes: [String] {
        var texts: [String] = []
        let others = search.rows.count - report.front.count
        if others > 0 {
            texts.append(
                "\(others) more fit; --json lists them all"
                    + (report.training == nil
                        ? ". Nothing here speaks for more edges or wider numbers: --data SOURCE "
                            + "adds what they learn" : ""))
        }
        texts += training
        if !report.adjustments.isEmpty {
            texts.append("fixed point with " + report.adjustments.joined(separator: ", "))
        }
        if let table = report.device.energy {
            var text = "energy of one learned sample by the table \(table.name)"
            if case .relative(let unit) = table.unit { text += ", in \(unit)" }
            let missing = Set(search.rows.flatMap { $0.energy?.uncounted ?? [] }).sorted()
            if !missing.isEmpty {
                text += "; \u{2265}: without " + missing.joined(separator: ", ")
            }
            texts.append(text)
        }
        return texts.flatMap { page.wrapped($0, behind: "") }.map(page.dim)
    }

    private var training: [String] {
        guard let training = report.training else { return [] }
        var texts: [String] = []
        if isTrained {
            var text =
                "\(figureName): over the newest 1,000 of \(Format.count(training.samples)) samples "
                + "of \(training.source), each predicted first and learned then, seed "
                + "\(training.seed)"
            if training.refused > 0 {
                text += "; \(Format.count(training.refused)) were passed over"
            }
            texts.append(text)
        }
        if training.isInterrupted {
            texts.append(
                "stopped: \(training.trained) of \(search.rows.count) candidates learned; "
                    + (isTrained ? "the front is theirs" : "the front does without"))
        }
        return texts
    }

    // MARK: how to have one

    private var recipes: [String] {
        var lines = [page.bold("to have one: millrace plan, or millraced, with")]
        let digits = String(report.front.count).count
        for (place, index) in report.front.enumerated() {
            let number = String(place + 1)
            let head = String(repeating: " ", count: digits - number.count) + number + "  "
            let settings = report.settings[index].map { "--set\u{A0}\($0.text)" }
            let text = settings.isEmpty ? "nothing: as it is" : settings.joined(separator: " ")
            // An option and its value stay on one line.
            lines += page.wrapped(text, behind: head).map {
                String($0.map { $0 == "\u{A0}" ? " " : $0 })
            }
        }
        return lines
    }
}
