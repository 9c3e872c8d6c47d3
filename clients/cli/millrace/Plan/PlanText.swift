// A plan as a page: device, memory map, junctions side by side, and what a sample costs.

import Accelerator

/// The page.
struct PlanText {
    let report: PlanReport
    let page: Page

    private var plan: DevicePlan { report.plan }

    var lines: [String] {
        head + [""] + memory + [""] + structures + [""] + junctions + perSample + simulation
    }

    // MARK: what it is

    private var head: [String] {
        let device = report.device
        let share =
            report.density == 1 ? "all" : Format.percent(report.density, places: 3) + " of those"
        let facts =
            "\(report.networkText), \(plan.schedule.rawValue), \(Format.count(report.edges)) edges: "
            + "\(share) that could be"
        var lines = page.wrapped(device.heading, behind: "device   ")
        lines += page.wrapped(facts, behind: "network  ")
        return lines
    }

    // MARK: memory

    private var memory: [String] {
        var table = FigureTable()
        table.add(["memory", "bits", "bytes", "share"])
        for line in plan.memory.lines { table.add(row(line.owner, line.bits)) }
        table.add(row("total", plan.memory.totalBits))
        let texts = table.lines([0, 1, 2, 3])
        let details =
            [""] + plan.memory.lines.map(\.detail) + [
                "of \(Format.count(report.capacityBits)) bits; "
                    + "\(Format.count(plan.memory.memories)) memories"
            ]
        let width = texts.map(\.count).max() ?? 0
        var lines: [String] = []
        for (index, text) in texts.enumerated() {
            let padded = text + String(repeating: " ", count: width - text.count)
            if index == 0 {
                lines.append(page.bold(text))
            } else if index == texts.count - 1, !report.fits {
                lines.append(page.alarm(padded) + "  " + details[index])
            } else {
                lines += behind(padded, details[index])
            }
        }
        return lines
    }

    /// A detail beside a line where there is room, else below it.
    private func behind(_ text: String, _ detail: String) -> [String] {
        guard page.width - text.count < 30 else {
            return page.wrapped(detail, behind: text + "  ").enumerated().map { index, line in
                let head = line.prefix(text.count)
                return index == 0 ? head + page.dim(String(line.dropFirst(text.count))) : line
            }
        }
        var shown = text
        while shown.last == " " { shown.removeLast() }
        return [shown] + page.wrapped(detail, behind: "    ").map(page.dim)
    }

    private func row(_ name: String, _ bits: Int) -> [String] {
        let share = Double(bits) / Double(max(1, report.capacityBits))
        return [name, Format.count(bits), Format.count((bits + 7) / 8), Format.percent(share)]
    }

    // MARK: junctions

    private var structures: [String] {
        report.network.junctions.enumerated().flatMap { index, junction in
            page.wrapped(
                "\(junction.inputs)-\(junction.outputs)"
                    + (junction.uses > 1 ? ", \(Format.count(junction.uses)) times" : "")
                    + "  \(junction.specification.text)",
                behind: plan.names[index] + "  ")
        }
            + (plan.hasBlocks
                ? page.wrapped(
                    "not charged: pools, norms, sums of shortcuts, and the arithmetic of gates",
                    behind: "blocks  ") : [])
    }

    private var junctions: [String] {
        let cells = plan.junctions.indices.map(column)
        let names = [
            "junction", "edges", "density", "unit", "z", "FF clocks", "BP clocks", "UP clocks",
            "junction cycle", "utilisation", "stall clocks", "clashes", "accesses",
            "multiplications", "energy",
        ]
        var table = FigureTable()
        for (row, name) in names.enumerated() {
            table.add([name] + cells.map { $0[row] } + [totals[row]])
        }
        return table.blocks(width: page.width).flatMap { lines in
            [page.bold(lines[0])] + lines.dropFirst() + [""]
        }
    }

    private func column(_ index: Int) -> [String] {
        let cost = plan.junctions[index]
        let edges = report.edges(index)
        return [
            plan.hasBlocks ? plan.names[index] : "\(index)", Format.count(edges),
            Format.percent(Double(edges) / Double(report.possibleEdges(index)), places: 2),
            cost.unit.title, cost.parallelism.map { Format.count($0) } ?? "-",
            Format.count(cost.feedforward.clocks),
            cost.backprop.map { Format.count($0.clocks) } ?? "-",
            Format.count(cost.update.clocks), Format.count(cost.cycleClocks),
            Format.percent(plan.utilisation(index)),
            Format.count(report.sum(index) { $0.stallClocks }),
            Format.count(report.sum(index) { $0.clashes }),
            Format.count(report.sum(index) { $0.actions.accesses }),
            Format.count(report.sum(index) { $0.actions.multiplications }),
            Format.energy(report.device.energy?.energy(of: report.actions(index))),
        ]
    }

    /// The column of the whole sample.
    private var totals: [String] {
        let actions = plan.actionsPerSample
        return [
            "in all", Format.count(report.edges), Format.percent(report.density, places: 2), "",
            "", "", "", "", "", "", Format.count(report.sum { $0.stallClocks }),
            Format.count(report.sum { $0.clashes }), Format.count(actions.accesses),
            Format.count(actions.multiplications), Format.energy(plan.energyPerSample),
        ]
    }

    // MARK: a sample

    private var perSample: [String] {
        let rate = Format.count(Int(min(plan.samplesPerSecond, 1e15)))
        var rows = [
            ("sample", "\(clocks(plan.clocksPerSample)): \(rate) samples/s"),
            ("prediction", "\(clocks(plan.clocksPerPrediction)) after its sample came"),
            ("question", clocks(plan.clocksPerInference) + energyOfQuestion),
        ]
        if let table = report.device.energy, let energy = plan.energyPerSample {
            var text = "\(Format.energy(energy)) a sample"
            if case .relative(let unit) = table.unit { text += ", in \(unit)" }
            text += "; table \(table.name), \(table.node)"
            if !energy.uncounted.isEmpty {
                text += "; without " + energy.uncounted.joined(separator: ", ")
                text += ", which it has no row for"
            }
            rows.append(("energy", text))
        } else {
            rows.append(("energy", "not known: the device has no energy table"))
        }
        return rows.flatMap { name, text in
            page.wrapped(
                text, behind: name + String(repeating: " ", count: 12 - name.count))
        }
    }

    private var energyOfQuestion: String {
        plan.energyPerInference.map { ", \(Format.energy($0))" } ?? ""
    }

    /// `34 clocks, 2.27 µs`
    private func clocks(_ count: Int) -> String {
        "\(Format.count(count)) clocks, "
            + Format.quantity(Double(count) / report.device.clockHertz, "s")
    }

    // MARK: the simulator

    private var simulation: [String] {
        guard let simulation = report.simulation else { return [] }
        guard let agrees = simulation.agrees.value else {
            return page.wrapped(
                "not simulated: a tensor array is not stepped here, and no other unit works a "
                    + "junction", behind: "simulated   ")
        }
        let isShared = report.network.junctions.contains { $0.uses > 1 }
        var text =
            "clock by clock and bank by bank"
            + (isShared ? ", one position of a block, times all of them: " : ": ")
            + (agrees
                ? "clocks, stalls, clashes and every access are those of the plan"
                : "NOT what is planned")
        let others = plan.junctions.indices.filter { !simulation.stepped.contains($0) }
        if !others.isEmpty {
            text += "; a tensor array is not stepped here: " + (plan.hasBlocks ? "" : "junction ")
            text += others.map { plan.hasBlocks ? plan.names[$0] : "\($0)" }
                .joined(separator: ", ")
        }
        var lines = page.wrapped(text, behind: "simulated   ")
        lines += simulation.differences.flatMap { page.wrapped($0, behind: "  differs   ") }
        lines += simulation.firstClashes.flatMap { page.wrapped($0, behind: "  clash     ") }
        let more = simulation.clashes - simulation.firstClashes.count
        if !simulation.firstClashes.isEmpty, more > 0 {
            lines.append("            \(Format.count(simulation.clashes)) clashes in all")
        }
        return lines
    }
}
