// What one operation of one junction costs the device, for one sample. Counts follow from shapes
// and patterns alone, never from values, so they are computed once and charged per sample.

/// The three things that are done to a junction.
public enum Operation: String, Equatable, Sendable, CaseIterable {
    case feedforward
    case backprop
    case update
}

/// One operation of one junction for one sample.
public struct OperationCost: Equatable, Sendable {
    /// Clocks from the first edge to the last, stalls included; what a junction cycle adds besides
    /// (overhead, PROCTIME) is not in it.
    public var clocks: Int
    /// The part of `clocks` in which units wait because memories were asked too often at once.
    public var stallClocks: Int
    /// Requests beyond the ports of a memory in the clock in which they were made.
    public var clashes: Int
    /// Everything done.
    public var actions: ActionCounts

    /// See the properties; `clocks` includes `stallClocks`.
    public init(
        clocks: Int = 0, stallClocks: Int = 0, clashes: Int = 0,
        actions: ActionCounts = ActionCounts()
    ) {
        self.clocks = clocks
        self.stallClocks = stallClocks
        self.clashes = clashes
        self.actions = actions
    }
}

/// Which unit works a junction.
public enum DeviceUnit: String, Equatable, Sendable, CaseIterable {
    case edgeProcessors
    case transformUnits
    case tensorArray
    case stochasticUnit

    /// Whether there is one for all junctions, which does one thing at a time. Every junction has
    /// edge processors of its own.
    public var isShared: Bool { self != .edgeProcessors }
}

/// All operations of one junction for one sample.
public struct JunctionCost: Equatable, Sendable {
    /// Who does it.
    public var unit: DeviceUnit
    /// Who does UP: `unit`, or the stochastic unit.
    public var updateUnit: DeviceUnit
    /// z on edge processors; nil else.
    public var parallelism: Int?
    /// Clocks that the unit adds to every junction cycle: overhead and PROCTIME.
    public var overheadClocks: Int
    /// y = W x
    public var feedforward: OperationCost
    /// nil for the first junction: nobody is to its left.
    public var backprop: OperationCost?
    /// W ← W − η δ xᵀ
    public var update: OperationCost
    /// Whether BP and UP run at the same time (edge processors), else one after the other.
    public var updatesDuringBackprop: Bool

    /// See the properties.
    public init(
        unit: DeviceUnit, parallelism: Int?, overheadClocks: Int, feedforward: OperationCost,
        backprop: OperationCost?, update: OperationCost, updatesDuringBackprop: Bool
    ) {
        self.unit = unit
        updateUnit = unit
        self.parallelism = parallelism
        self.overheadClocks = overheadClocks
        self.feedforward = feedforward
        self.backprop = backprop
        self.update = update
        self.updatesDuringBackprop = updatesDuringBackprop
    }

    /// The cost of an operation; nil for BP of the first junction.
    public subscript(_ operation: Operation) -> OperationCost? {
        switch operation {
        case .feedforward: feedforward
        case .backprop: backprop
        case .update: update
        }
    }

    /// Clocks of BP and UP, without overhead.
    public var learningClocks: Int {
        let back = backprop?.clocks ?? 0
        return updatesDuringBackprop ? max(back, update.clocks) : back + update.clocks
    }

    /// The part of `learningClocks` in which nothing waits for memories.
    public var learningWorkClocks: Int {
        let back = backprop.map { $0.clocks - $0.stallClocks } ?? 0
        let update = update.clocks - update.stallClocks
        return updatesDuringBackprop ? max(back, update) : back + update
    }

    /// Clocks that a unit spends on this junction for one sample.
    public func clocks(on unit: DeviceUnit) -> Int {
        var sum = unit == self.unit ? feedforward.clocks + (backprop?.clocks ?? 0) : 0
        if unit == updateUnit { sum += update.clocks }
        return sum
    }

    /// Clocks of a junction cycle in the pipeline, with overhead: on edge processors FF, BP and UP
    /// run at once; a shared unit does them one after the other.
    public var cycleClocks: Int {
        let own =
            unit.isShared ? clocks(on: unit) : max(feedforward.clocks, backprop?.clocks ?? 0)
        return max(own, update.clocks) + overheadClocks
    }
}

extension OperationCost {
    /// This operation so many times, one after the other.
    func repeated(_ times: Int) -> OperationCost {
        var all = ActionCounts()
        all.add(actions, times: times)
        return OperationCost(
            clocks: clocks * times, stallClocks: stallClocks * times, clashes: clashes * times,
            actions: all)
    }
}

extension JunctionCost {
    /// This junction for so many vectors of a sample, one after the other.
    func repeated(_ times: Int) -> JunctionCost {
        guard times != 1 else { return self }
        var cost = self
        cost.feedforward = feedforward.repeated(times)
        cost.backprop = backprop?.repeated(times)
        cost.update = update.repeated(times)
        cost.overheadClocks = overheadClocks * times
        return cost
    }
}
