// The whole configuration, resolved and checked. It can be printed with origins, written as
// canonical text (which loads again to an equal configuration), and says by a digest whether two
// configurations give learner sections of the same shape.

import Learning
import SampleSources

/// Everything that `millraced` is told.
public struct MillraceConfiguration: Sendable {
    /// [input]
    public let input: InputSettings
    /// [output]
    public let output: OutputSettings
    /// [network]
    public let network: NetworkSettings
    /// [learning]
    public internal(set) var learning: LearningSettings
    /// Unlabelled samples that wait for a label ([labels] window).
    public let labelWindow: Int
    /// [guard]
    public internal(set) var guardOptions: GuardOptions
    /// [commit]
    public internal(set) var commit: CommitSettings
    /// [ring]
    public let ring: RingSettings
    /// [memory] budget
    public let memoryBudgetBytes: Int
    /// [daemon]
    public let daemon: DaemonLimits
    /// [keys]
    public let keys: KeySettings
    /// [producers] allow; nil = anyone, up to `daemon.maxProducers`.
    public internal(set) var allowedProducers: [String]?
    /// [checkpoints]
    public internal(set) var checkpoints: CheckpointSettings
    /// The learner that all of this describes; it has passed `validate`.
    public internal(set) var learner: LearnerConfiguration

    var values: [String: EffectiveValue]

    /// Outputs of the network: classes, targets, or features of every step.
    public var outputCount: Int { learner.outputCount }

    /// Bytes of the raw features of one sample.
    public var sampleBytes: Int { input.featureCount * input.type.bytes }

    /// Bytes of one sample with its label on the wire.
    public var labelledSampleBytes: Int {
        switch output.task {
        case .classification: sampleBytes + 4
        case .regression(let targetCount): sampleBytes + 4 * targetCount
        case .forecast, .autoencoder: sampleBytes
        }
    }

    /// Most samples in one message: the limit, or what fits the largest message.
    public var effectiveMaxBatch: Int {
        let header = 32
        return min(daemon.maxBatch, (daemon.maxMessageBytes - header) / labelledSampleBytes)
    }

    /// Where the value of `section.key` came from; nil if it has none.
    public func origin(of key: String) -> ConfigurationOrigin? { values[key]?.origin }
}

extension MillraceConfiguration {
    /// The effective configuration as aligned TOML, each line with the origin of its value.
    public var effectiveText: String {
        var rows: [(line: String, origin: String)] = []
        forEachSection { section, keys in
            rows.append(((rows.isEmpty ? "" : "\n") + "[\(section)]", ""))
            let width = keys.map { $0.name.count }.max() ?? 0
            for key in keys {
                let padding = String(repeating: " ", count: width - key.name.count)
                rows.append(
                    (
                        "\(key.name)\(padding) = \(TomlText.value(key.value.value, key.kind))",
                        key.value.origin.text
                    ))
            }
            if section == lastJunctionSection { rows += junctionLines.map { ($0, "") } }
            if section == lastBlockSection { rows += blockLines.map { ($0, "") } }
        }
        let column =
            rows.filter { !$0.origin.isEmpty && $0.line.count <= 60 }.map { $0.line.count }.max()
            ?? 0
        return rows.map { row in
            guard !row.origin.isEmpty else { return row.line + "\n" }
            let padding = String(repeating: " ", count: max(0, column - row.line.count))
            return "\(row.line)\(padding)  # \(row.origin)\n"
        }.joined()
    }

    /// The last printed table of junctions.
    private var lastJunctionSection: String? {
        KeyTable.sections.last { section in
            section.hasPrefix("junction")
                && JunctionKeys.all.contains { values["\(section).\($0.name)"] != nil }
        }
    }

    /// The last printed table of blocks.
    private var lastBlockSection: String? {
        BlockKeys.numbers(in: values.keys).last.map { "block.\($0)" }
    }

    /// What the tables made of each block, as comments.
    private var blockLines: [String] {
        learner.blockReports.map { block in
            let head = "# block \(block.index), \(block.kind): \(block.input) -> \(block.output)"
            let junctions = block.junctions.map { junction in
                (junction.name.isEmpty ? "" : junction.name + " ")
                    + "\(junction.inputs) to \(junction.outputs), \(junction.uses) times: "
                    + JunctionText.line(junction.specification)
                    + "; \(junction.weightCount) weights"
            }
            return ([head] + junctions).joined(separator: "; ")
        }
    }

    /// What the tables made of each junction, as comments.
    private var junctionLines: [String] {
        learner.junctions.enumerated().map { index, junction in
            "# junction \(index), \(learner.widths[index]) to \(learner.widths[index + 1]): "
                + JunctionText.line(
                    junction, inputs: learner.widths[index], outputs: learner.widths[index + 1])
        }
    }

    /// Every key with its value in a fixed order and notation, without origins: equal text means
    /// an equal configuration, and the text loads again. It leaves out where this daemon lives
    /// (state directory, endpoints and keys), and has a device's keys instead of the names of its files,
    /// so that it can travel inside a checkpoint.
    public var canonicalText: String {
        let left = Self.placeKeys.union(DeviceKeys.references)
        var text = ""
        forEachSection { section, keys in
            let kept = keys.filter { !left.contains("\(section).\($0.name)") }
            guard !kept.isEmpty else { return }
            text += "[\(section)]\n"
            for key in kept {
                text += "\(key.name) = \(TomlText.value(key.value.value, key.kind))\n"
            }
        }
        return text
    }

    /// A digest of what decides the fields of the learner section and their shapes: two
    /// configurations with the same digest can continue each other's state.
    public var shapeDigest: UInt64 {
        var parts = [
            "features \(input.featureCount)", "widths \(learner.widths)",
            "type \(input.type.rawValue)",
            "normalised \(input.isNormalised)", "hidden \(network.hidden)",
            "momentum \(learning.momentum > 0)", "window \(labelWindow)",
            "producers \(daemon.maxProducers)",
        ]
        if !learner.blocks.isEmpty {
            let blocks = learner.blocks.map { block in
                let rules = block.junctionSpecifications.map(JunctionText.shape)
                return ([block.shapeText] + rules).joined(separator: "; ")
            }
            parts.append("shape \(learner.inputShape), blocks \(blocks)")
        }
        if network.schedule != .sequential {
            parts.append("schedule \(network.schedule.rawValue)")
        }
        switch learner.drift.detector {
        case .none: break
        case .pageHinkley: parts.append("drift page-hinkley")
        case .adwin(let settings): parts.append("drift adwin \(settings.bucketsPerRow)")
        }
        parts += (0..<learner.widths.count - 1).map { JunctionText.shape(learner.junction($0)) }
        switch output.task {
        case .classification(let count): parts.append("classes \(count)")
        case .regression(let count): parts.append("targets \(count)")
        case .forecast(steps: 1): parts.append("forecast")
        case .forecast(let steps): parts.append("forecast \(steps)")
        case .autoencoder: parts.append("autoencoder")
        }
        if learner.hasPercentile { parts.append("percentile") }
        return TextDigest.of(parts.joined(separator: "; "))
    }

    private static let placeKeys: Set<String> = [
        "daemon.state", "daemon.ingest", "daemon.query", "daemon.admin", "daemon.socket-mode",
        "keys.server", "keys.clients", "keys.plain-tcp",
    ]

    private func forEachSection(
        _ body: (String, [(name: String, value: EffectiveValue, kind: ValueKind)]) -> Void
    ) {
        for section in KeyTable.sections(with: values) {
            let keys = KeyTable.keys(in: section).compactMap { key in
                values[key.path].map { (name: key.name, value: $0, kind: key.kind) }
            }
            if !keys.isEmpty { body(section, keys) }
        }
    }
}
