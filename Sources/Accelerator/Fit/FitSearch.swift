// A search for the networks that fit: candidates come in one by one, and each is laid out on the
// device, found too large, or left out with its reason.
//
// Invariant: every candidate is in exactly one of `rows`, `tooLargeCount` and `omissions`.

import Junctions

/// A candidate that fits, with what it costs.
public struct FitRow: Equatable, Sendable {
    /// Which network.
    public let candidate: FitCandidate
    /// Of device memory.
    public let memoryBits: Int
    /// From one learned sample to the next.
    public let clocksPerSample: Int
    /// Of one learned sample; nil without an energy table.
    public let energy: Energy?
    /// The headline of a short run, larger is better; nil where it did not learn.
    public var figure: Double?

    /// See the properties.
    public init(
        candidate: FitCandidate, memoryBits: Int, clocksPerSample: Int, energy: Energy?,
        figure: Double? = nil
    ) {
        self.candidate = candidate
        self.memoryBits = memoryBits
        self.clocksPerSample = clocksPerSample
        self.energy = energy
        self.figure = figure
    }

    /// Costs: bits, clocks, energy where there is a table, and minus the figure where asked for.
    func point(withFigure: Bool) -> [Double] {
        var point = [Double(memoryBits), Double(clocksPerSample)]
        if let energy { point.append(energy.amount) }
        if withFigure, let figure { point.append(-figure) }
        return point
    }
}

/// Candidates that were not looked at, and why.
public struct FitOmission: Equatable, Sendable {
    /// In words, the same for all of them.
    public let reason: String
    /// In the order of the space; at least one.
    public fileprivate(set) var candidates: [FitCandidate]
}

/// A candidate that is too large, with everything it would hold.
public struct FitShortage: Equatable, Sendable {
    /// Which network.
    public let candidate: FitCandidate
    /// Its lines; more than the capacity in total.
    public let memory: DeviceMemoryMap
}

/// The search.
public struct FitSearch: Equatable, Sendable {
    /// The device, with the budget in place of its own capacity.
    public let device: DeviceDescription
    /// Memory of the device as it is.
    public let ownBits: Int
    private let largerEnergy: EnergyTable?
    /// What fits, in the order of the space.
    public private(set) var rows: [FitRow] = []
    /// What was left out, by reason, in the order in which reasons came up.
    public private(set) var omissions: [FitOmission] = []
    /// How many candidates need more than the budget.
    public private(set) var tooLargeCount = 0
    /// The one that needs least of them.
    public private(set) var smallestShortage: FitShortage?

    /// A search on the units of `device` within `budgetBits` of memory.
    /// - largerEnergy: its table with a memory of the budget, for networks beyond its own memory;
    ///   nil: the same
    public init(
        on device: DeviceDescription, budgetBits: Int, largerEnergy: EnergyTable? = nil
    ) {
        precondition(budgetBits > 0, "a budget is something")
        var device = device
        ownBits = device.memory.capacityBits
        self.largerEnergy = largerEnergy ?? device.energy
        device.memory.capacityBits = budgetBits
        self.device = device
    }

    /// Candidates that came in.
    public var candidateCount: Int {
        rows.count + tooLargeCount + omissions.reduce(0) { $0 + $1.candidates.count }
    }

    /// Counts a candidate that cannot be.
    public mutating func leaveOut(_ candidate: FitCandidate, reason: String) {
        if let index = omissions.firstIndex(where: { $0.reason == reason }) {
            omissions[index].candidates.append(candidate)
        } else {
            omissions.append(FitOmission(reason: reason, candidates: [candidate]))
        }
    }

    /// Lays a candidate's network out.
    /// - network: what the candidate makes of the configuration
    public mutating func consider(_ candidate: FitCandidate, _ network: DeviceNetwork) {
        // Without a limit nobody works out what would fit instead, hundreds of times.
        var roomy = device
        roomy.memory.capacityBits = .max
        let plan: DevicePlan
        do throws(DeviceError) {
            plan = try DevicePlan(network, on: roomy)
        } catch {
            return leaveOut(candidate, reason: Self.reason(error))
        }
        guard plan.memory.totalBits <= device.memory.capacityBits else {
            return noteShortage(candidate, plan.memory)
        }
        rows.append(
            FitRow(
                candidate: candidate, memoryBits: plan.memory.totalBits,
                clocksPerSample: plan.clocksPerSample,
                energy: plan.memory.totalBits > ownBits
                    ? largerEnergy?.energy(of: plan.actionsPerSample) : plan.energyPerSample))
    }

    private mutating func noteShortage(_ candidate: FitCandidate, _ memory: DeviceMemoryMap) {
        tooLargeCount += 1
        guard memory.totalBits < smallestShortage?.memory.totalBits ?? .max else { return }
        smallestShortage = FitShortage(
            candidate: candidate,
            memory: DeviceMemoryMap(
                capacityBits: device.memory.capacityBits, lines: memory.lines))
    }

    /// The same words for all candidates that fail alike.
    private static func reason(_ error: DeviceError) -> String {
        switch error {
        case .unitMissing(_, _, let unit): "the device has no \(unit)"
        case .arithmeticUnsuitable(_, let found, let expected):
            "the device takes \(expected), not "
                + (expected == "float32" ? "fixed point" : found)
        case .parallelismUnsuitable, .parallelismMiscounted:
            "the device's edges per clock are fixed, and do not suit"
        case .tooFewProcessors(_, let available, _, _):
            "more edge processors are needed at once than the device's \(available)"
        case .tooFewMemories(_, let available, _, _):
            "more memories are needed than the device's \(available)"
        case .tooManyEdges(_, _, let most): "more than \(most) edges are not emulated"
        case .memoryShort: "the device has not enough memory"
        }
    }

    /// Notes the figure of a row's short run.
    public mutating func note(figure: Double, ofRow index: Int) {
        rows[index].figure = figure
    }

    /// Indices of the rows that no other dominates. With figures, only rows that have one count.
    public func front(withFigures: Bool = false) -> [Int] {
        let eligible = rows.indices.filter { !withFigures || rows[$0].figure != nil }
        let points = eligible.map { rows[$0].point(withFigure: withFigures) }
        return ParetoFront.indices(of: points).map { eligible[$0] }
    }
}
