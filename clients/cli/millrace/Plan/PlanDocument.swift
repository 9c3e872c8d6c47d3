// `millrace plan --json`: protocol/schema/plan.json describes it.

import Accelerator

/// An energy.
struct EnergyDocument: Encodable {
    var amount: Double
    /// `pJ`, or what one is relative to.
    var unit: String
    var uncounted: [String]

    init(_ energy: Energy) {
        amount = energy.amount
        unit = energy.unit.text
        uncounted = energy.uncounted
    }
}

/// A line of the memory map.
struct MemoryLineDocument: Encodable {
    var owner: String
    var detail: String
    var bits: Int
    var memories: Int

    init(_ line: DeviceMemoryLine) {
        owner = line.owner
        detail = line.detail
        bits = line.bits
        memories = line.memories
    }
}

/// One operation of a junction for one sample.
struct OperationDocument: Encodable {
    var clocks: Int
    var stallClocks: Int
    var clashes: Int
    var accesses: Int
    var multiplications: Int
    var energy: Nullable<EnergyDocument>

    init(_ cost: OperationCost, _ table: EnergyTable?) {
        clocks = cost.clocks
        stallClocks = cost.stallClocks
        clashes = cost.clashes
        accesses = cost.actions.accesses
        multiplications = cost.actions.multiplications
        energy = Nullable(table.map { EnergyDocument($0.energy(of: cost.actions)) })
    }
}

/// A junction on its unit.
struct PlanJunctionDocument: Encodable {
    var index: Int
    /// `block 3 recurrent`, `junction 0`
    var name: String
    /// Vectors per sample.
    var uses: Int
    var inputs: Int
    var outputs: Int
    var structure: String
    var specification: String
    var unit: String
    var parallelism: Nullable<Int>
    var edges: Int
    var weights: Int
    var density: Double
    var cycleClocks: Int
    var overheadClocks: Int
    var utilisation: Double
    var stallClocks: Int
    var clashes: Int
    var accesses: Int
    var multiplications: Int
    var energy: Nullable<EnergyDocument>
    var feedforward: OperationDocument
    var backprop: Nullable<OperationDocument>
    var update: OperationDocument

    init(_ report: PlanReport, _ index: Int) {
        let junction = report.network.junctions[index]
        let cost = report.plan.junctions[index]
        let table = report.device.energy
        self.index = index
        name = report.plan.names[index]
        uses = junction.uses
        inputs = junction.inputs
        outputs = junction.outputs
        structure = junction.specification.structure.kind.rawValue
        specification = junction.specification.text
        unit = cost.unit.rawValue
        parallelism = Nullable(cost.parallelism)
        edges = report.edges(index)
        weights = junction.weightCount
        density = Double(edges) / Double(report.possibleEdges(index))
        cycleClocks = cost.cycleClocks
        overheadClocks = cost.overheadClocks
        utilisation = report.plan.utilisation(index)
        stallClocks = report.sum(index) { $0.stallClocks }
        clashes = report.sum(index) { $0.clashes }
        accesses = report.sum(index) { $0.actions.accesses }
        multiplications = report.sum(index) { $0.actions.multiplications }
        energy = Nullable(table.map { EnergyDocument($0.energy(of: report.actions(index))) })
        feedforward = OperationDocument(cost.feedforward, table)
        backprop = Nullable(cost.backprop.map { OperationDocument($0, table) })
        update = OperationDocument(cost.update, table)
    }
}

/// The device that a plan is for.
struct DeviceDocument: Encodable {
    var name: String
    var title: String
    var source: String
    var clockHertz: Double
    var energyTable: Nullable<String>

    init(_ device: DeviceDescription) {
        name = device.name
        title = device.title
        source = device.source
        clockHertz = device.clockHertz
        energyTable = Nullable(device.energy?.name)
    }
}

/// The document.
struct PlanDocument: Encodable {
    var device: DeviceDocument
    var network: String
    var schedule: String
    var fits: Bool
    var advice: Nullable<String>
    var capacityBits: Int
    var memoryBits: Int
    var memoryBytes: Int
    var memories: Int
    var memory: [MemoryLineDocument]
    var edges: Int
    var density: Double
    var clocksPerSample: Int
    var samplesPerSecond: Double
    var clocksPerPrediction: Int
    var secondsPerPrediction: Double
    var clocksPerInference: Int
    var stallClocks: Int
    var clashes: Int
    var accesses: Int
    var multiplications: Int
    var energyPerSample: Nullable<EnergyDocument>
    var energyPerInference: Nullable<EnergyDocument>
    var junctions: [PlanJunctionDocument]
    var simulation: PlanSimulation?

    init(_ report: PlanReport) {
        let plan = report.plan
        device = DeviceDocument(report.device)
        network = report.networkText
        schedule = plan.schedule.rawValue
        fits = report.fits
        advice = Nullable(report.shortage)
        capacityBits = report.capacityBits
        memoryBits = plan.memory.totalBits
        memoryBytes = (memoryBits + 7) / 8
        memories = plan.memory.memories
        memory = plan.memory.lines.map(MemoryLineDocument.init)
        edges = report.edges
        density = report.density
        clocksPerSample = plan.clocksPerSample
        samplesPerSecond = plan.samplesPerSecond
        clocksPerPrediction = plan.clocksPerPrediction
        secondsPerPrediction = Double(clocksPerPrediction) / report.device.clockHertz
        clocksPerInference = plan.clocksPerInference
        stallClocks = report.sum { $0.stallClocks }
        clashes = report.sum { $0.clashes }
        accesses = plan.actionsPerSample.accesses
        multiplications = plan.actionsPerSample.multiplications
        energyPerSample = Nullable(plan.energyPerSample.map(EnergyDocument.init))
        energyPerInference = Nullable(plan.energyPerInference.map(EnergyDocument.init))
        junctions = plan.junctions.indices.map { PlanJunctionDocument(report, $0) }
        simulation = report.simulation
    }
}
