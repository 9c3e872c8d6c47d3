// A network on a device, as the table, the document and the picture show it.

import Accelerator
import Junctions
import Learning

/// Everything that is known of one plan.
struct PlanReport {
    /// The device with its real capacity.
    let device: DeviceDescription
    let network: DeviceNetwork
    /// `1024-64-32`
    let networkText: String
    /// Laid out as if memory had no end, so that a network that does not fit shows its costs too.
    let plan: DevicePlan
    /// Why the network does not fit, with what would; nil where it does.
    let shortage: String?
    /// nil where nobody asked.
    let simulation: PlanSimulation?

    /// Lays a learner out; throws what is wrong besides memory.
    /// - simulates: whether the device is stepped, too
    init(
        _ learner: LearnerConfiguration, on device: DeviceDescription, simulates: Bool = false
    ) throws(DeviceError) {
        self.device = device
        network = learner.deviceNetwork
        networkText = learner.networkText
        var roomy = device
        roomy.memory.capacityBits = .max
        plan = try DevicePlan(network, on: roomy)
        simulation = simulates ? PlanSimulation(network, plan) : nil
        do throws(DeviceError) {
            _ = try DevicePlan(network, on: device)
            shortage = nil
        } catch .memoryShort(_, let advice) {
            // The last line feed is the printer's.
            shortage = advice.hasSuffix("\n") ? String(advice.dropLast()) : advice
        }
    }

    var fits: Bool { shortage == nil }
    var capacityBits: Int { device.memory.capacityBits }

    /// Edges that a junction has; all of them where weights are shared or chosen anew.
    func edges(_ index: Int) -> Int {
        let junction = network.junctions[index]
        switch junction.specification.structure {
        case .dense, .circulant, .pruned: return junction.inputs * junction.outputs
        case .random, .structured, .clashFree, .laneAligned: return junction.weightCount
        }
    }

    /// Edges that a junction could have.
    func possibleEdges(_ index: Int) -> Int {
        network.junctions[index].inputs * network.junctions[index].outputs
    }

    var edges: Int { network.junctions.indices.reduce(0) { $0 + edges($1) } }
    var density: Double {
        Double(edges) / Double(network.junctions.indices.reduce(0) { $0 + possibleEdges($1) })
    }

    /// FF, BP and UP that there are.
    static func operations(_ junction: JunctionCost) -> [OperationCost] {
        Operation.allCases.compactMap { junction[$0] }
    }

    /// A sum over the operations of a junction.
    func sum(_ index: Int, _ part: (OperationCost) -> Int) -> Int {
        Self.operations(plan.junctions[index]).reduce(0) { $0 + part($1) }
    }

    /// A sum over all operations.
    func sum(_ part: (OperationCost) -> Int) -> Int {
        plan.junctions.indices.reduce(0) { $0 + sum($1, part) }
    }

    /// All actions of a junction for one sample.
    func actions(_ index: Int) -> ActionCounts {
        var sum = ActionCounts()
        for operation in Self.operations(plan.junctions[index]) { sum.add(operation.actions) }
        return sum
    }
}

extension DeviceUnit {
    /// In words, for people.
    var title: String {
        switch self {
        case .edgeProcessors: "edge processors"
        case .transformUnits: "FFT units"
        case .tensorArray: "tensor array"
        case .stochasticUnit: "stochastic unit"
        }
    }
}

extension DeviceDescription {
    /// Title and clock, which some titles have in them.
    var subtitle: String {
        let clock = Format.quantity(clockHertz, "Hz")
        return title.contains(clock) ? title : "\(title), \(clock)"
    }

    /// With the name.
    var heading: String { "\(name): \(subtitle)" }
}

extension WeightStructure {
    /// The structure with the one number that tells it from its relatives.
    var shortText: String {
        switch self {
        case .clashFree(let settings, _, _): "clash-free type \(settings.type)"
        case .circulant(let blockSize): "circulant, block \(blockSize)"
        case .pruned(let settings): "pruned \(settings.kept):\(settings.group)"
        case .dense, .random, .structured, .laneAligned: kind.rawValue
        }
    }
}
