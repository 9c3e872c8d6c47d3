// The slow simulator: the same device, stepped clock by clock and bank by bank, and a network of
// junctions in lockstep. Its numbers are counted, never computed from shapes, and must equal those
// of `DevicePlan` exactly: clocks, stalls, clashes and every action.
//
// What both share is the description of the device (how many banks there are, how wide), the drawn
// pattern, and the pair of rules that make a schedule: which sample a junction works in a cycle.

import Junctions

/// A network on a device, stepped.
public struct DeviceSimulation: Sendable {
    /// The network laid out, with the analytic costs that the simulation is compared with.
    public let plan: DevicePlan
    private let network: DeviceNetwork
    private let parallelism: [Int]

    /// A network on a device; refused like by `DevicePlan`.
    public init(_ network: DeviceNetwork, on device: DeviceDescription) throws(DeviceError) {
        self.init(network, plan: try DevicePlan(network, on: device))
    }

    /// A network that is laid out already.
    public init(_ network: DeviceNetwork, plan: DevicePlan) {
        precondition(network.junctions.count == plan.junctions.count, "one plan, one network")
        self.network = network
        self.plan = plan
        parallelism = plan.junctions.map { $0.parallelism ?? 1 }
    }

    /// Steps FF, BP and UP of junction `index` for one sample: for one of its vectors, times the
    /// vectors, since no cost follows from values.
    ///
    /// Edge processors, transform units and stochastic units are stepped; what a tensor array does
    /// is taken from the plan.
    /// - clashLimit: so many clashes of each operation are told in full; all are counted
    public func step(
        junction index: Int, clashLimit: Int = 8
    ) -> (cost: JunctionCost, clashes: [SimulatedClash]) {
        let junction = network.junctions[index]
        // What a tensor array does is the plan's, with all vectors.
        guard isStepped(index) else { return (plan.junctions[index], []) }
        let place = JunctionPlace(network, index, plan.device, parallelism)
        let stepped = stepOne(junction, place, clashLimit)
        return (stepped.cost.repeated(junction.uses), stepped.clashes)
    }

    /// Whether anything of a junction is stepped for one vector: not where a tensor array works it,
    /// but for a stochastic unit that works one vector with it.
    private func isStepped(_ index: Int) -> Bool {
        plan.junctions[index].unit != .tensorArray || network.junctions[index].uses == 1
    }

    private func stepOne(
        _ junction: DeviceJunction, _ place: JunctionPlace, _ clashLimit: Int
    ) -> (cost: JunctionCost, clashes: [SimulatedClash]) {
        var stepped = stepUnit(junction, place, clashLimit)
        guard case .stochastic(let rule) = junction.specification.increment,
            let unit = plan.device.stochasticUnit
        else { return stepped }
        var update = StochasticSimulation(
            junction, place, plan.device, unit, rule, edges: SteppedEdges(junction))
        stepped.cost.update = update.run(
            x: (0..<junction.inputs).map { Float($0 % 5) / 4 - 0.5 },
            delta: (0..<junction.outputs).map { Float($0 % 7) / 8 - 0.375 },
            scales: (1, 1), seed: UInt64(place.index))
        stepped.cost.updateUnit = .stochasticUnit
        stepped.cost.updatesDuringBackprop = true
        return stepped
    }

    private func stepUnit(
        _ junction: DeviceJunction, _ place: JunctionPlace, _ clashLimit: Int
    ) -> (cost: JunctionCost, clashes: [SimulatedClash]) {
        let (device, seed) = (plan.device, UInt64(place.index))
        if let processors = device.edgeProcessors, device.worksEdges(of: junction) {
            let edges = SteppedEdges(junction)
            let values = SteppedValues(
                inputs: junction.inputs, outputs: junction.outputs, edges: edges.edges.count,
                seed: seed)
            let simulation = EdgeSimulation(
                junction, place, device, processors, edges: edges, values: values,
                clashLimit: clashLimit)
            return simulation.run()
        }
        if case .circulant(let blockSize) = junction.specification.structure,
            let units = device.transformUnits
        {
            let values = TransformValues(
                inputs: junction.inputs, outputs: junction.outputs, blockSize: blockSize,
                seed: seed)
            var simulation = TransformSimulation(
                junction, place, device, units, blockSize: blockSize, values: values)
            return (simulation.run(), [])
        }
        return (plan.junctions[place.index], [])
    }

    /// Steps every junction, then `samples` samples through all of them.
    public func run(samples: Int = 1, clashLimit: Int = 8) -> SimulatedRun {
        precondition(samples > 0, "a run has samples")
        var costs: [JunctionCost] = []
        var clashes: [SimulatedClash] = []
        for index in network.junctions.indices {
            let stepped = step(junction: index, clashLimit: clashLimit)
            costs.append(stepped.cost)
            clashes += stepped.clashes
        }
        var lockstep = LockstepSimulation(costs)
        switch network.schedule {
        case .pipeline: lockstep.runPipeline(samples)
        case .sequential: lockstep.runSequentially(samples)
        }
        return SimulatedRun(
            junctions: costs, clashes: clashes, predicted: lockstep.predicted,
            learned: lockstep.learned, activationBanks: lockstep.activationPeaks,
            errorBanks: lockstep.errorPeaks)
    }
}

/// What came of a run.
public struct SimulatedRun: Equatable, Sendable {
    /// Counted, from the input.
    public let junctions: [JunctionCost]
    /// The first of every junction and operation.
    public let clashes: [SimulatedClash]
    /// Clocks since the first sample entered, when the prediction of each sample was there.
    public let predicted: [Int]
    /// Clocks since the first sample entered, when the last junction had learned each sample.
    public let learned: [Int]
    /// Most samples whose activations were held at once, per layer from the input: as many
    /// collections of banks a device must have. Not of the last layer, which holds none.
    public let activationBanks: [Int]
    /// Most samples whose errors were held at once, per layer after the input.
    public let errorBanks: [Int]

    /// Clocks until the first sample is learned everywhere: what fills the pipeline.
    public var fillClocks: Int { learned[0] }
    /// Clocks from one learned sample to the next, of the last two; of one sample, all its clocks.
    public var clocksPerSample: Int {
        learned.count == 1 ? learned[0] : learned[learned.count - 1] - learned[learned.count - 2]
    }

    /// Where a plan says something else, one line each; empty while both models are right.
    public func disagreements(with plan: DevicePlan) -> [String] {
        var lines: [String] = []
        for (index, (stepped, planned)) in zip(junctions, plan.junctions).enumerated() {
            for operation in Operation.allCases where stepped[operation] != planned[operation] {
                lines.append(
                    "\(plan.names[index]), \(operation.rawValue): stepped "
                        + Self.words(stepped[operation]) + ", planned "
                        + Self.words(planned[operation]))
            }
        }
        if clocksPerSample != (learned.count > 1 ? plan.clocksPerSample : clocksPerSample) {
            lines.append(
                "clocks per sample: stepped \(clocksPerSample), planned \(plan.clocksPerSample)")
        }
        return lines
    }

    private static func words(_ cost: OperationCost?) -> String {
        guard let cost else { return "nothing" }
        return "\(cost.clocks) clocks, \(cost.stallClocks) stalls, \(cost.clashes) clashes, "
            + "\(cost.actions.accesses) accesses, \(cost.actions.multiplications) multiplications"
    }
}
