// A network on a device: where everything lies, who works what, and what a sample costs. Decided
// once; afterwards only constants are charged.

/// A network laid out on a device.
public struct DevicePlan: Equatable, Sendable {
    /// What it is laid out on.
    public let device: DeviceDescription
    /// When each operation runs.
    public let schedule: Schedule
    /// From the input, those inside blocks first, for all vectors of a sample.
    public let junctions: [JunctionCost]
    /// What each junction is called: `junction 0`, `block 3 recurrent`.
    public let names: [String]
    /// Whether junctions stand in blocks, so that a number alone is no name.
    public let hasBlocks: Bool
    /// What lies in the device's memories.
    public let memory: DeviceMemoryMap

    /// Lays a network out.
    ///
    /// Where the network does not fit: `memoryShort` with the whole table.
    public init(_ network: DeviceNetwork, on device: DeviceDescription) throws(DeviceError) {
        let parallelism = try DeviceParallelismChoice(network, device).parallelism
        try self.init(network, on: device, parallelism: parallelism)
    }

    /// The same with z given, 1 where edge processors do not work a junction.
    package init(
        _ network: DeviceNetwork, on device: DeviceDescription, parallelism: [Int]
    ) throws(DeviceError) {
        self.device = device
        schedule = network.schedule
        names = network.junctions.indices.map(network.name)
        hasBlocks = !network.blocks.isEmpty
        var costs: [JunctionCost] = []
        for index in network.junctions.indices {
            costs.append(try device.cost(of: network, index, parallelism: parallelism))
        }
        junctions = costs
        memory = DeviceMemoryMap(network, device, parallelism)
        try device.check(memory, network)
    }

    /// Clocks from one learned sample to the next: in the pipeline the longest junction cycle, or
    /// what a shared unit has to do for all junctions, whichever is longer; else FF of all
    /// junctions, then BP and UP of all.
    public var clocksPerSample: Int {
        switch schedule {
        case .pipeline: pipelineClocks
        case .sequential:
            junctions.reduce(0) {
                $0 + $1.feedforward.clocks + $1.learningClocks + 2 * $1.overheadClocks
            }
        }
    }

    /// When the last junction is done with its part of a cycle: shared units serve one junction
    /// after the other.
    private var pipelineClocks: Int {
        let shared = DeviceUnit.allCases.filter(\.isShared)
        var served: [DeviceUnit: Int] = [:]
        var longest = 0
        for junction in junctions {
            var end = junction.cycleClocks - junction.overheadClocks
            for unit in shared where junction.clocks(on: unit) > 0 {
                served[unit, default: 0] += junction.clocks(on: unit)
                end = max(end, served[unit] ?? 0)
            }
            longest = max(longest, end + junction.overheadClocks)
        }
        return longest
    }

    /// Clocks until the prediction of a sample is there: J junction cycles in the pipeline.
    public var clocksPerPrediction: Int {
        switch schedule {
        case .pipeline: junctions.count * clocksPerSample
        case .sequential: clocksPerInference
        }
    }

    /// Clocks of a question, which is FF of all junctions, one after the other.
    public var clocksPerInference: Int {
        junctions.reduce(0) { $0 + $1.feedforward.clocks + $1.overheadClocks }
    }

    /// f / clocksPerSample
    public var samplesPerSecond: Double { device.clockHertz / Double(clocksPerSample) }

    /// All actions of one learned sample.
    public var actionsPerSample: ActionCounts {
        var sum = actionsPerInference
        for junction in junctions {
            if let backprop = junction.backprop { sum.add(backprop.actions) }
            sum.add(junction.update.actions)
        }
        return sum
    }

    /// All actions of one question.
    public var actionsPerInference: ActionCounts {
        var sum = ActionCounts()
        for junction in junctions { sum.add(junction.feedforward.actions) }
        return sum
    }

    /// Share of a junction's edge slots (or of its unit's clocks) that do work in one sample of
    /// the schedule: clocks that are no stall, of FF, BP and UP, among the clocks of a sample.
    public func utilisation(_ index: Int) -> Double {
        let junction = junctions[index]
        let forward = junction.feedforward.clocks - junction.feedforward.stallClocks
        let busy =
            switch schedule {
            case .pipeline where !junction.unit.isShared:
                max(forward, junction.learningWorkClocks)
            case .pipeline: forward + junction.learningWorkClocks
            case .sequential: forward + junction.learningWorkClocks
            }
        return Double(busy) / Double(clocksPerSample)
    }
}
