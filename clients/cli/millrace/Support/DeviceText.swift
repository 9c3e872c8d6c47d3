// What the daemon's emulated device spent, for people and as JSON.

import MillraceProtocol

/// The cost of a stream or of predictions.
struct CostDocument: Encodable {
    var clocks: UInt64
    /// What the clocks last at the device's clock.
    var nanoseconds: UInt64
    var accesses: UInt64
    /// In `energyUnit`; absent where the device has no energy table.
    var energy: UInt64?
    var energyUnit: String?
    /// By sample of this run; absent where there was none.
    var clocksPerSample: Double?
    var accessesPerSample: Double?
    var energyPerSample: Double?
    /// At the device's clock.
    var samplesPerSecond: Double?

    /// What is said where no cost came.
    static let missing =
        "device: none. TRY: [device] in the daemon's configuration; an older daemon knows no cost"

    /// - samples: of this run; nil when the cost is not of a run.
    init(_ cost: DeviceCost, samples: UInt64?, energyUnit: String?) {
        clocks = cost.clocks
        nanoseconds = cost.nanoseconds
        accesses = cost.accesses
        energy = energyUnit == nil ? nil : cost.energy
        self.energyUnit = energyUnit
        guard let samples, samples > 0 else { return }
        clocksPerSample = Double(clocks) / Double(samples)
        accessesPerSample = Double(accesses) / Double(samples)
        energyPerSample = energy.map { Double($0) / Double(samples) }
        if nanoseconds > 0 { samplesPerSecond = Double(samples) * 1e9 / Double(nanoseconds) }
    }

    var lines: [String] {
        var line =
            "device: \(Format.count(clocks)) clocks, "
            + "\(Format.decimal(Double(nanoseconds) / 1e6, 3)) ms at its clock, "
            + "\(Format.count(accesses)) accesses"
        if let energy { line += ", " + energyText(Double(energy)) }
        guard let clocksPerSample, let accessesPerSample else { return [line] }
        var each =
            "  per sample: \(Format.decimal(clocksPerSample, 2)) clocks, "
            + "\(Format.decimal(accessesPerSample, 2)) accesses"
        if let energyPerSample { each += ", " + energyText(energyPerSample) }
        if let samplesPerSecond {
            each += "; \(Format.decimal(samplesPerSecond, 0)) samples/s at its clock"
        }
        return [line, each]
    }

    /// An amount with its unit: `12.345 pJ`, `36,488,200 pJ`.
    private func energyText(_ amount: Double) -> String {
        let text =
            amount < 1000
            ? Format.decimal(amount, 3) : Format.count(UInt64(min(amount.rounded(), 1e18)))
        guard let energyUnit, energyUnit != "pJ" else { return text + " pJ" }
        return text + " times \(energyUnit)"
    }
}

/// The device of a status as text.
struct DeviceText {
    let status: StatusReply

    /// A block with an empty line before it, or nothing.
    var lines: [String] {
        guard let device = status.device else { return saturations }
        var table = TextTable()
        Self.add(device, to: &table)
        return [""] + table.lines + [""] + Self.junctions(device) + saturations
    }

    /// What the device is and what it spent, a line each.
    static func add(_ device: DeviceStatus, to table: inout TextTable) {
        let title = device.title.isEmpty ? "" : ": \(device.title)"
        table.add("device", "\(device.name)\(title), \(device.schedule)")
        table.add(
            "clock",
            "\(Format.decimal(device.clockHertz / 1e6, 3)) MHz, \(device.clocksPerSample) clocks "
                + "per sample, \(Format.decimal(device.samplesPerSecond, 0)) samples/s")
        table.add(
            "bits",
            "\(Format.count(UInt64(clamping: device.memoryBits))) of "
                + "\(Format.count(UInt64(clamping: device.capacityBits)))")
        table.add("spent", text(device.total, device.seconds, device.energyUnit))
        if let queries = device.queries, queries.samples > 0 {
            table.add("queries", text(queries.total, queries.seconds, device.energyUnit))
        }
        if !device.uncounted.isEmpty {
            table.add("not in it", "energy of \(device.uncounted.joined(separator: ", "))")
        }
    }

    /// `34,000 clocks, 2.267 ms, 12,000 accesses, 0 clashes, 12.3 pJ`
    static func text(_ amounts: DeviceAmounts, _ seconds: Double?, _ unit: String?) -> String {
        var parts = ["\(Format.count(amounts.clocks)) clocks"]
        if let seconds { parts.append("\(Format.decimal(seconds * 1e3, 3)) ms") }
        parts.append("\(Format.count(amounts.accesses)) accesses")
        parts.append("\(Format.count(amounts.clashes)) clashes")
        if let energy = amounts.energy, let unit {
            parts.append("\(Format.decimal(energy, 0)) \(unit)")
        }
        return parts.joined(separator: ", ")
    }

    /// One line per junction and operation.
    static func junctions(_ device: DeviceStatus) -> [String] {
        var table = TextTable([
            "junction", "unit", "z", "busy", "operation", "each", "stalls", "clocks", "accesses",
            "clashes", "energy",
        ])
        for junction in device.junctions {
            for (index, operation) in junction.operations.enumerated() {
                let isFirst = index == 0
                table.add(
                    isFirst ? junction.name ?? "\(junction.junction)" : "",
                    isFirst ? junction.unit : "",
                    isFirst ? junction.parallelism.map { "\($0)" } ?? "-" : "",
                    isFirst ? Format.decimal(junction.utilisation, 2) : "", operation.operation,
                    "\(operation.clocksPerSample)", "\(operation.stallClocksPerSample)",
                    "\(operation.total.clocks)", "\(operation.total.accesses)",
                    "\(operation.total.clashes)",
                    operation.total.energy.map { Format.decimal($0, 0) } ?? "-")
            }
        }
        return table.lines
    }

    private var saturations: [String] {
        guard let saturations = status.saturations else { return [] }
        var table = TextTable(["saturated", "products", "sums", "backprop", "update"])
        for one in saturations {
            table.add(
                one.name ?? "junction \(one.junction)", "\(one.products)", "\(one.sums)",
                "\(one.backprop)",
                "\(one.update)")
        }
        return [""] + table.lines
    }
}
