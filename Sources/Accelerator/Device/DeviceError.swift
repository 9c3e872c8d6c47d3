// Why a network does not run on a device, and what to do about it.

/// Who said how many edges a junction works per clock.
public enum DeviceParallelismSource: Equatable, Sendable {
    /// Nobody: the device chose as few as there can be.
    case nobody
    /// `edges-per-cycle` of the device.
    case device
    /// `parallelism` of a clash-free junction.
    case junction
}

/// One reason, with its facts.
public enum DeviceError: Error, Equatable, Sendable {
    /// A junction needs a unit that the device has not; `unit` in the words of a profile.
    case unitMissing(junction: Int, structure: String, unit: String)
    /// A junction's numbers are not among those of the device.
    case arithmeticUnsuitable(junction: Int, found: String, expected: String)
    /// z of a junction cannot be; `expected` says what can.
    case parallelismUnsuitable(junction: Int, found: Int, expected: String)
    /// `edges-per-cycle` is not one number for each junction.
    case parallelismMiscounted(found: Int, junctions: Int)
    /// More edges per clock are asked for than there are edge processors; `source` says by whom.
    case tooFewProcessors(
        needed: Int, available: Int, source: DeviceParallelismSource = .nobody,
        schedule: Schedule = .pipeline)
    /// More memories are needed than there are.
    case tooFewMemories(
        needed: Int, available: Int, source: DeviceParallelismSource = .nobody,
        schedule: Schedule = .pipeline)
    /// Whether memories clash would be looked up edge by edge, and there are more than that is for.
    case tooManyEdges(junction: Int, found: Int, most: Int)
    /// The network does not fit: every line, and what would fit.
    case memoryShort(DeviceMemoryMap, advice: String)
}

extension DeviceError: CustomStringConvertible {
    /// What is wrong, and what to do; for `memoryShort` with the table, several lines.
    public var description: String { text { "junction \($0)" } }

    /// The same.
    /// - name: what junctions are called
    public func text(_ name: (Int) -> String) -> String {
        switch self {
        case .unitMissing(let junction, let structure, let unit):
            "\(name(junction)) (\(structure)) needs \(unit), which the device has not: choose "
                + "another structure, or a device with \(unit)"
        case .arithmeticUnsuitable(let junction, let found, let expected):
            "\(name(junction)) has \(found) numbers, but the device takes \(expected): change "
                + "the junction's arithmetic and format, or choose another device"
        case .parallelismUnsuitable(let junction, let found, let expected):
            "\(name(junction)) cannot work \(found) edges per clock, but \(expected): choose "
                + "one of those, or none, and the device chooses"
        case .parallelismMiscounted(let found, let junctions):
            "edges-per-cycle has \(found) numbers, but the network has \(junctions) junctions: "
                + "give one for each; edges-per-cycle = \"auto\" chooses"
        case .tooFewProcessors(let needed, let available, let source, let schedule):
            "\(needed) edge processors are needed at once, but there are \(available): "
                + (Self.ways(source, schedule) + ["take a device with more"])
                .joined(separator: ", or ")
        case .tooFewMemories(let needed, let available, let source, let schedule):
            "\(needed) memories are needed, but there are \(available): "
                + (Self.ways(source, schedule)
                + ["use narrower numbers", "take a device with more memories"])
                .joined(separator: ", or ")
        case .tooManyEdges(let junction, let found, let most):
            "\(name(junction)) has \(found) edges, but on edge processors at most \(most) are "
                + "emulated where a junction is not dense: choose a lower density"
        case .memoryShort(let map, let advice): Self.shortage(map, advice)
        }
    }

    /// What lets less be needed at once, and is not so already.
    package static func ways(
        _ source: DeviceParallelismSource, _ schedule: Schedule
    ) -> [String] {
        var ways: [String] =
            switch source {
            case .nobody: []
            case .device: ["work fewer edges per clock (edges-per-cycle = \"auto\" does)"]
            case .junction: ["work fewer edges per clock (parallelism = 0 of the junctions does)"]
            }
        if schedule == .pipeline {
            ways.append("work one sample at a time (schedule = \"sequential\")")
        }
        return ways
    }

    private static func shortage(_ map: DeviceMemoryMap, _ advice: String) -> String {
        let over = MemoryPlan.grouped(map.totalBits - map.capacityBits)
        var text = "the network is \(over) bits over the device's memory of "
        text += "\(MemoryPlan.grouped(map.capacityBits)) bits"
        if let biggest = map.biggest {
            text += "; the biggest line is \(biggest.owner) (\(MemoryPlan.grouped(biggest.bits)))"
        }
        return text + "\n" + map.table + advice
    }
}
