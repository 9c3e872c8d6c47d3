// Where everything lies that learning changes: the fields of the learner section, in one order,
// and the scratch memory beside it. Two equal configurations have equal layouts.
//
// Invariant: nothing that outlives a sample is outside the section.

import Accelerator
import WeightStore

/// The layout of a learner's memory.
public struct LearnerLayout: Sendable {
    /// What was laid out.
    public let configuration: LearnerConfiguration
    /// The learner section, field by field.
    public let section: SectionLayout
    /// Bytes of scratch memory of an `OnlineLearner`; 64-byte aligned, zero at the start.
    public let workspaceBytes: Int
    /// Bytes of scratch memory of a `Predictor`; 64-byte aligned, zero at the start.
    public let predictorWorkspaceBytes: Int
    /// Bytes of both scratch memories that hold the work of junctions: tables from seeds, views.
    public let junctionWorkBytes: Int
    /// Bytes of both scratch memories that blocks need, by owner: values kept for BP, errors,
    /// patches and other scratch, tables. Empty without blocks.
    public let blockLines: [MemoryLine]
    /// The part of the memory plan that the learner section makes up, by owner; the sum of the
    /// lines is `section.byteCount`.
    public let sectionLines: [MemoryLine]

    /// The network's shapes and where its parameters lie.
    package let network: Network
    /// The same without what only learning needs.
    let predictorNetwork: Network
    let counters: SectionField
    let generator: SectionField
    /// The digest of what the weights mean: activations, loss, and what the junctions are.
    let structure: SectionField
    let normaliser: NormaliserFields?
    let targetNormaliser: NormaliserFields?
    let previous: PreviousFields
    let metrics: MetricsFields
    let anomaly: SectionField?
    let percentile: PercentileFields?
    /// Where vectors of what is foretold or reconstructed are compared lie in the workspace.
    let vectors: TaskVectors
    let pending: PendingFields?
    let pipeline: PipelineFields?
    let deviceFields: DeviceFields
    let drift: DriftFields?
    /// The network on its device; nil where none is emulated.
    public let device: DeviceAccounting?

    /// Lays out a learner; the configuration must be valid.
    public init(_ configuration: LearnerConfiguration) {
        let c = configuration
        var section = SectionLayout()
        var lines: [MemoryLine] = []
        var before = 0
        func line(_ owner: String, _ detail: String) {
            if section.byteCount > before {
                let bytes = section.byteCount - before
                lines.append(MemoryLine(owner: owner, detail: detail, bytes: bytes))
            }
            before = section.byteCount
        }

        counters = section.add("learner.counters", .u64, shape: [LearnerCounter.count])
        generator = section.add("learner.generator", .u64, shape: [4])
        structure = section.add("learner.structure", .u64, shape: [1])
        line("learner counters", "samples, updates, generator")
        var network = Network(c)
        network.addWeights(to: &section)
        let derived = network.derivedBytes
        before += derived
        line("weights", c.networkText)
        if derived > 0 {
            lines.append(
                MemoryLine(
                    owner: "views and counters", detail: "derived from weights", bytes: derived))
        }
        if c.momentum > 0 { network.addVelocity(to: &section) }
        line("optimiser", "velocity of every weight")
        (normaliser, targetNormaliser) = Self.addNormalisers(c, &section)
        line("normaliser", "statistics of \(c.featureCount) features")
        previous = PreviousFields(c, &section)
        line("previous samples", "\(c.producerCapacity) producers")
        metrics = MetricsFields(c, &section)
        anomaly = Self.addAnomaly(c, &section)
        percentile = c.hasPercentile ? PercentileFields(c, &section) : nil
        line("metrics", "\(c.producerCapacity) producers and overall")
        pending = c.pendingCapacity > 0 ? PendingFields(c, &section) : nil
        line("pending labels", "\(c.pendingCapacity) samples")
        pipeline = c.schedule == .pipeline ? PipelineFields(c, network, &section) : nil
        line("pipeline registers", "banks of \(network.layers.count) junctions")
        deviceFields = DeviceFields(junctionCount: network.junctionCount, &section)
        line("device charges", "cost of a sample, samples")
        drift = DriftFields(c, &section)
        line("drift", "\(c.drift.detector.name), \(c.producerCapacity) producers and overall")
        device = DeviceAccounting(c)

        self.configuration = c
        self.section = section
        self.network = network
        predictorNetwork = network.forPrediction(c)
        sectionLines = lines
        vectors = TaskVectors(c, offset: network.workspaceBytes)
        workspaceBytes = network.workspaceBytes + vectors.byteCount
        junctionWorkBytes = network.junctionBytes + predictorNetwork.junctionBytes
        predictorWorkspaceBytes = predictorNetwork.workspaceBytes
        blockLines = Self.blockLines([network, predictorNetwork])
    }

    /// One line per owner.
    private static func blockLines(_ networks: [Network]) -> [MemoryLine] {
        let lines = networks.flatMap(\.blockLines)
        var owners: [String] = []
        for line in lines where !owners.contains(line.owner) { owners.append(line.owner) }
        return owners.map { owner in
            MemoryLine(
                owner: owner, detail: "learner and predictor",
                bytes: lines.reduce(0) { $0 + ($1.owner == owner ? $1.bytes : 0) })
        }
    }

    private static func addNormalisers(
        _ c: LearnerConfiguration, _ section: inout SectionLayout
    ) -> (NormaliserFields?, NormaliserFields?) {
        guard case .running = c.normaliser else { return (nil, nil) }
        let input = NormaliserFields("normaliser", count: c.featureCount, &section)
        guard case .regression(let targetCount) = c.task else { return (input, nil) }
        return (input, NormaliserFields("target", count: targetCount, &section))
    }

    private static func addAnomaly(
        _ c: LearnerConfiguration, _ section: inout SectionLayout
    ) -> SectionField? {
        if case .classification = c.task { return nil }
        return section.add(
            "anomaly", .f64, shape: [c.producerCapacity, AnomalyScale.valuesPerProducer])
    }
}

/// What `learner.counters` counts.
enum LearnerCounter {
    static let samples = 0
    static let updates = 1
    static let skippedUpdates = 2
    static let count = 8
}
