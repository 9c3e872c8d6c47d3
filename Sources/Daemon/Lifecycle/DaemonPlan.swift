// All memory of a daemon, added up before any is taken: one line per owner. What libzmq may
// hold is a ceiling, not a reservation: high-water marks times the largest message times peers.

import Accelerator
import Learning
import Messaging
import MillraceProtocol
import WeightStore

/// The shapes and the memory plan that follow from a configuration.
public struct DaemonPlan: Sendable {
    /// The learner section and its scratch memory.
    public let layout: LearnerLayout
    /// The stream section.
    public let streamLayout: StreamLayout
    /// The ring.
    public let geometry: RingGeometry
    /// Every line, with the budget.
    public let memory: MemoryPlan

    /// Bytes of the arena: everything that this process reserves itself, each part on pages of
    /// its own.
    let arenaBytes: Int
    let recordShape: RecordShape
    let recordCapacity: Int
    let schema: WireSchema

    /// Messages that libzmq keeps per peer and direction.
    public static let receiveHighWater = 16
    /// What libzmq keeps for a connection besides messages: 23.5 kB were measured.
    static let connectionBytes = 24 * 1024
    /// Replies to control requests and the log, which allocate as they need.
    static let controlBytes = 1 << 20
    static let stackBytes = 512 * 1024

    /// Adds everything up. The configuration must be valid.
    public init(_ configuration: LearnerConfiguration, _ settings: DaemonSettings) {
        layout = LearnerLayout(configuration)
        streamLayout = StreamLayout(producerCapacity: settings.maximumProducers)
        geometry = RingGeometry(
            slotCount: settings.ringSlots, heldCount: settings.heldSlots,
            learner: layout.section, stream: streamLayout.section,
            description: Self.describe(configuration, settings))
        schema = Self.schema(of: configuration)
        let valueCount = schema.task == .regression ? schema.outputCount : 0
        recordShape = RecordShape(
            featureBytes: schema.featureCount * schema.elementType.bytes, valueCount: valueCount)
        recordCapacity = Self.recordCapacity(settings)

        var plan = MemoryPlan(budgetBytes: settings.budgetBytes)
        plan.add(layout.sectionLines)
        plan.add(Self.stateLines(layout, streamLayout, geometry, settings))
        plan.add(
            MemoryLine(
                owner: "sample queue", unitCount: recordCapacity, unit: "samples",
                unitBytes: recordShape.recordBytes))
        plan.add(Self.workLines(layout, schema))
        plan.add(Self.connectionLines(settings, schema))
        plan.add(
            MemoryLine(
                owner: "threads", unitCount: 4, unit: "stacks", unitBytes: Self.stackBytes))
        memory = plan
        let frameBytes = Self.frameBytes(settings, schema)
        let parts = [
            layout.section.byteCount, streamLayout.section.byteCount, geometry.memoryBytes,
            layout.section.byteCount, recordCapacity * recordShape.recordBytes, frameBytes,
            frameBytes, layout.workspaceBytes, layout.predictorWorkspaceBytes,
            Self.outputBytes(schema), Self.guardBytes(layout),
        ]
        arenaBytes = parts.reduce(0) { $0 + ($1 + 8191) & ~4095 }
    }

    /// Records of the queue: a power of two.
    private static func recordCapacity(_ settings: DaemonSettings) -> Int {
        // Shares are at least one sample each, so many producers may need more than the queue asks.
        let promised = settings.samplesPerProducer * settings.connectedProducers
        var capacity = 64
        while capacity < max(settings.queueSamples, promised + 4 * settings.maximumPeers) {
            capacity *= 2
        }
        return capacity
    }

    /// What the guard needs to compare; without it nothing but a page.
    static func guardBytes(_ layout: LearnerLayout) -> Int {
        PairedPredictor.workspaceBytes(layout)
            + PairedTest.byteCount(classCount: LearnerGuard.classCount(layout))
    }

    static func outputBytes(_ schema: WireSchema) -> Int {
        (schema.outputCount * MemoryLayout<Float>.size + 63) & ~63
    }

    /// Large enough for any frame that is taken, and for the reply to the largest batch.
    static func frameBytes(_ settings: DaemonSettings, _ schema: WireSchema) -> Int {
        let reply =
            PredictionEncoder.frameBytes(
                count: Int(settings.maximumBatch), outputCount: schema.outputCount, hasCost: true)
            ?? 0
        return (max(settings.maximumMessageBytes, reply, 4096) + 63) & ~63
    }

    static func schema(of configuration: LearnerConfiguration) -> WireSchema {
        let element: WireElementType =
            switch configuration.elementType {
            case .u8: .u8
            case .i16: .i16
            default: .f32
            }
        let task: WireTask =
            switch configuration.task {
            case .classification: .classification
            case .regression: .regression
            case .forecast: .forecast
            case .autoencoder: .autoencoder
            }
        return WireSchema(
            elementType: element, featureCount: configuration.featureCount,
            outputCount: configuration.predictionCount, task: task)
    }

    /// Everything that decides the shape of a generation, in the configuration's words.
    private static func describe(
        _ configuration: LearnerConfiguration, _ settings: DaemonSettings
    ) -> String {
        let schema = schema(of: configuration)
        let normalise = configuration.normaliser == .none ? "none" : "running"
        let junctions = configuration.junctions.enumerated()
            .map { ", junction \($0.offset) \($0.element.structure.text)" }.joined()
        let schedule =
            configuration.schedule == .sequential
            ? "" : ", schedule \(configuration.schedule.rawValue)"
        let steps = schema.forecastSteps > 1 ? " (\(schema.forecastSteps) steps)" : ""
        let ranks = configuration.ranksErrors && configuration.hasPercentile ? ", percentile" : ""
        return "\(schema.task.name)\(steps)\(ranks) of \(schema.featureCount) "
            + "\(schema.elementType.name) features, network \(configuration.networkText)"
            + "\(junctions)\(schedule), normalise \(normalise), "
            + "momentum \(configuration.momentum > 0 ? "yes" : "no"), "
            + "labels.window \(configuration.pendingCapacity), "
            + "daemon.max-producers \(settings.maximumProducers)"
            + configuration.meaningTexts.map { " | \($0)" }.joined()
    }

    /// What differs between the descriptions of two rings, in those parts that both have.
    static func differences(found: String, wanted: String) -> [String] {
        func parts(_ text: String) -> [String] {
            var parts: [String] = []
            var part = ""
            for character in text {
                if character == "|" {
                    parts.append(part)
                    part = ""
                } else if !(part.isEmpty && character == " ") {
                    part.append(character)
                }
            }
            return parts + [part + " "]
        }
        return zip(parts(found), parts(wanted))
            .filter { $0.0 != $0.1 }
            .map { "\($0.0)on disk, \($0.1)configured" }
    }
}
