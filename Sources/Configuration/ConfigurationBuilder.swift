// From checked single values to the whole: what must be there, what follows from what, and what
// must agree with each other.

import Learning
import WeightStore

/// Builds a configuration from values that are right one by one.
struct ConfigurationBuilder {
    var values: [String: EffectiveValue]
    private(set) var problems: [ConfigurationProblem]
    let path: String?
    private let lines: [KeyPath: Int]
    /// Of profiles and energy tables, by path.
    var profileLines: [String: [KeyPath: Int]] = [:]

    let checksDevice: Bool
    /// For `{runtime}` in endpoints.
    private let environment: [String: String]

    /// - environment: for `{runtime}`. - checksDevice: whether a network that does not run on its device is a problem
    init(
        values: [String: EffectiveValue], problems: [ConfigurationProblem], path: String?,
        lines: [KeyPath: Int], environment: [String: String], checksDevice: Bool = true
    ) {
        self.environment = environment
        self.checksDevice = checksDevice
        self.values = values
        self.problems = problems
        self.path = path
        self.lines = lines
    }

    /// The configuration, or nil with `problems` saying why not.
    mutating func build() -> MillraceConfiguration? {
        requireKeys()
        takeProfiles()
        deriveHidden()
        checkBlocks()
        checkJunctions()
        guard let task = task() else { return nil }
        deriveOutputs(task)
        checkLearning(network(), learning())
        checkSchedule(learning())
        checkWidths(outputCount: outputCount(task))
        let input = input()
        checkInput(input)
        let daemon = daemon()
        checkPlaces(daemon)
        let keys = keySettings()
        checkKeys(keys, daemon)
        checkProducers(daemon)
        let device = device()
        guard problems.isEmpty else { return nil }
        var learner = learner(input: input, task: task)
        learner.drift = drift(for: learner)
        if let device { emulate(device, &learner) }
        guard problems.isEmpty else { return nil }
        let configuration = MillraceConfiguration(
            input: input,
            output: OutputSettings(
                task: task, classNames: names("output.classes"),
                targetNames: names("output.targets")),
            network: network(), learning: learning(), labelWindow: integer("labels.window"),
            guardOptions: GuardOptions(
                isOn: text("guard.on-fall") == "compare", margin: Double(real("guard.margin")),
                patience: integer("guard.patience")),
            commit: CommitSettings(
                samples: integer("commit.samples"),
                intervalMilliseconds: integer("commit.interval-milliseconds"),
                bytesPerDay: integer("commit.bytes-per-day")),
            ring: RingSettings(slotCount: integer("ring.slots"), heldCount: integer("ring.held")),
            memoryBudgetBytes: integer("memory.budget"), daemon: daemon, keys: keys,
            allowedProducers: values["producers.allow"].map { _ in names("producers.allow") },
            checkpoints: CheckpointSettings(
                keep: integer("checkpoints.keep"),
                intervalMinutes: integer("checkpoints.interval-minutes")),
            learner: learner, values: values)
        checkWhole(configuration)
        return problems.isEmpty ? configuration : nil
    }

    // MARK: reading values

    func integer(_ key: String) -> Int {
        guard case .integer(let number) = values[key]?.value else { return 0 }
        return Int(number)
    }

    private func real(_ key: String) -> Float {
        guard case .real(let number) = values[key]?.value else { return 0 }
        return Float(number)
    }

    func integers(_ key: String) -> [Int] {
        guard case .array(let list) = values[key]?.value else { return [] }
        return list.compactMap { if case .integer(let number) = $0 { Int(number) } else { nil } }
    }

    func text(_ key: String) -> String {
        guard case .text(let text) = values[key]?.value else { return "" }
        return text
    }

    private func names(_ key: String) -> [String] {
        guard case .array(let list) = values[key]?.value else { return [] }
        return list.compactMap { if case .text(let name) = $0 { name } else { nil } }
    }

    private func reals(_ key: String) -> [Float] {
        guard case .array(let list) = values[key]?.value else { return [real(key)] }
        return list.compactMap { if case .real(let number) = $0 { Float(number) } else { nil } }
    }

    /// A value as it would stand in a file.
    func shown(_ key: String) -> String {
        values[key].map { TomlText.value($0.value, KeyTable.find(key)?.kind) } ?? "nothing"
    }

    /// Whether the file mentions a section.
    func hasLine(of section: String) -> Bool { lines[KeyTable.keys(ofSection: section)] != nil }

    /// Where an element of a key's array stands; where that is not known, where the key does.
    func place(_ key: String, element: Int) -> String {
        let keys = KeyTable.split(key).map { [$0.section, $0.name, "\(element)"] } ?? []
        switch values[key]?.origin {
        case .file(let file, let line):
            let lines = file == path ? lines : profileLines[file] ?? [:]
            return file + ((lines[keys] ?? line).map { ":\($0)" } ?? "")
        case .some(let origin): return origin.text
        case nil: return path ?? "configuration"
        }
    }

    mutating func report(_ key: String, found: String, expected: String) {
        let section = KeyTable.split(key)?.section ?? key
        var place = path ?? "configuration"
        if let value = values[key], value.origin.rank > 0 {
            place = value.origin.text
        } else if let line = lines[KeyTable.keys(ofSection: section)] {
            place += ":\(line)"
        }
        problems.append(
            ConfigurationProblem(place: place, key: key, found: found, expected: expected))
    }

    mutating func add(_ problem: ConfigurationProblem) { problems.append(problem) }

    // MARK: sections

    /// Reports required keys that nobody gave. One that was given wrongly has its report already.
    private mutating func requireKeys() {
        for key in KeyTable.all where key.standard == .required && values[key.path] == nil {
            guard !problems.contains(where: { $0.key == key.path }) else { continue }
            report(key.path, found: "nothing", expected: key.kind.expected)
        }
    }

    private func input() -> InputSettings {
        InputSettings(
            featureCount: integer("input.features"),
            type: InputType(rawValue: text("input.type")) ?? .f32, scale: real("input.scale"),
            offset: real("input.offset"), isNormalised: text("input.normalise") == "running",
            clip: real("input.clip"), horizon: UInt64(integer("input.horizon")),
            lower: reals("input.lower"), upper: reals("input.upper"), names: names("input.names"))
    }

    private mutating func checkInput(_ input: InputSettings) {
        guard values["input.features"] != nil else { return }
        let count = input.featureCount
        for (key, bounds) in [("input.lower", input.lower), ("input.upper", input.upper)]
        where bounds.count != 1 && bounds.count != count {
            report(
                key, found: "an array of \(bounds.count)",
                expected: "one number, or \(count) (input.features)")
            return
        }
        if !input.names.isEmpty, input.names.count != count {
            report(
                "input.names", found: "\(input.names.count) names",
                expected: "\(count) (input.features), or none")
        }
        for i in 0..<max(input.lower.count, input.upper.count) {
            let low = input.lower[min(i, input.lower.count - 1)]
            let high = input.upper[min(i, input.upper.count - 1)]
            if low > high {
                report(
                    "input.lower", found: "\(low) for feature \(i + 1)",
                    expected: "at most input.upper, which is \(high)")
                break
            }
        }
        if input.scale == 0 {
            report("input.scale", found: "0", expected: "a number that is not 0")
        }
    }

    private func network() -> NetworkSettings {
        let loss: Loss = text("network.loss") == "cross-entropy" ? .crossEntropy : .squaredError
        let rules: [String: InitialisationRule] = [
            "he-uniform": .heUniform, "he-normal": .heNormal, "glorot-uniform": .glorotUniform,
            "glorot-normal": .glorotNormal, "lecun-uniform": .lecunUniform,
        ]
        return NetworkSettings(
            hidden: integers("network.hidden"),
            activation: Activation(rawValue: text("network.activation")) ?? .relu,
            outputActivation: Activation(rawValue: text("network.output-activation")) ?? .identity,
            loss: loss, initialisation: rules[text("network.initialisation")] ?? .heUniform,
            seed: UInt64(integer("network.seed")), inputWidth: integer("network.input-width"),
            outputWidth: integer("network.output-width"), schedule: schedule)
    }

    private func learning() -> LearningSettings {
        LearningSettings(
            rate: real("learning.rate"), momentum: real("learning.momentum"),
            weightDecay: real("learning.weight-decay"))
    }

    private func learner(input: InputSettings, task: LearningTask) -> LearnerConfiguration {
        let network = network()
        let learning = learning()
        let element: ElementType =
            switch input.type {
            case .u8: .u8
            case .i16: .i16
            case .f32: .f32
            }
        return LearnerConfiguration(
            featureCount: input.featureCount, elementType: element, inputScale: input.scale,
            inputOffset: input.offset,
            normaliser: input.isNormalised
                ? .running(clip: input.clip, horizon: input.horizon) : .none,
            task: task, inputShape: inputShape.count == 1 ? [] : inputShape, blocks: blocks(),
            recompute: integer("network.recompute"), hidden: network.hidden,
            hiddenActivation: network.activation,
            outputActivation: network.outputActivation, loss: network.loss,
            initialisation: network.initialisation, seed: network.seed,
            learningRate: learning.rate, momentum: learning.momentum,
            weightDecay: learning.weightDecay, junctions: junctions(),
            inputWidth: network.inputWidth, outputWidth: network.outputWidth,
            pendingCapacity: integer("labels.window"),
            producerCapacity: integer("daemon.max-producers"), schedule: network.schedule,
            ranksErrors: text("output.anomaly") == "percentile")
    }

    private func daemon() -> DaemonLimits {
        let state = text("daemon.state")
        func endpoints(_ key: String) -> [String] {
            let runtime = Endpoint.runtime(environment, state: state)
            return names(key).map { Endpoint.resolve($0, state: state, runtime: runtime) }
        }
        return DaemonLimits(
            stateDirectory: state, ingestEndpoints: endpoints("daemon.ingest"),
            queryEndpoints: endpoints("daemon.query"), adminEndpoints: endpoints("daemon.admin"),
            socketMode: UInt32(text("daemon.socket-mode"), radix: 8) ?? 0o600,
            maxBatch: integer("daemon.max-batch"), queueSamples: integer("daemon.queue"),
            maxProducers: integer("daemon.max-producers"), maxPeers: integer("daemon.max-peers"),
            maxConnections: integer("daemon.max-connections"),
            connectionsPerAddress: integer("daemon.connections-per-address"),
            handshakesPerSecond: integer("daemon.handshakes-per-second"),
            firstFrameSeconds: integer("daemon.first-frame-seconds"),
            maxMessageBytes: integer("daemon.max-message"))
    }

    // MARK: what must agree

    private mutating func checkPlaces(_ daemon: DaemonLimits) {
        var seen: [String: String] = [:]
        let all = [
            ("daemon.ingest", daemon.ingestEndpoints), ("daemon.query", daemon.queryEndpoints),
            ("daemon.admin", daemon.adminEndpoints),
        ]
        for (key, endpoints) in all {
            for endpoint in endpoints {
                if let other = seen[endpoint], !endpoint.hasSuffix(":*") {
                    report(
                        key, found: "\"\(endpoint)\" again",
                        expected: "an endpoint of its own (\(other) has it)")
                }
                seen[endpoint] = key
                guard endpoint.hasPrefix("ipc://") else { continue }
                let bytes = endpoint.utf8.count - 6
                guard bytes > Endpoint.longestPath else { continue }
                report(
                    key, found: "a socket path of \(bytes) bytes (\(endpoint.dropFirst(6)))",
                    expected: "at most \(Endpoint.longestPath); use a shorter state directory")
            }
        }
    }

    private mutating func checkProducers(_ daemon: DaemonLimits) {
        let allowed = names("producers.allow")
        if allowed.count > daemon.maxProducers {
            report(
                "producers.allow", found: "\(allowed.count) names",
                expected: "at most daemon.max-producers, which is \(daemon.maxProducers)")
        }
    }

    private mutating func checkWhole(_ configuration: MillraceConfiguration) {
        if configuration.effectiveMaxBatch < 1 {
            report(
                "daemon.max-message",
                found: ByteSize.text(Int64(configuration.daemon.maxMessageBytes)),
                expected: "at least \(configuration.labelledSampleBytes + 32) bytes: one sample "
                    + "with its label and a header of 32")
        }
        if configuration.daemon.queueSamples < configuration.effectiveMaxBatch {
            report(
                "daemon.queue", found: "\(configuration.daemon.queueSamples)",
                expected: "at least the samples of one message, "
                    + "\(configuration.effectiveMaxBatch) (daemon.max-batch)")
        }
        do throws(LearnerConfigurationError) {
            var learner = configuration.learner
            if !checksDevice { learner.device = nil }
            try learner.validate()
        } catch {
            if case .deviceUnsuitable(let error) = error {
                return reportDevice(error, configuration.learner.deviceNetwork)
            }
            if reportBlocks(error) { return }
            if case .junctionUnsuitable(let index, let error) = error {
                return report(
                    structureKey(index, error.property), found: error.found,
                    expected: error.expected)
            }
            problems.append(
                ConfigurationProblem(
                    place: path ?? "configuration", key: nil, found: "a learner that cannot be",
                    expected: "one that can: \(error)"))
        }
    }
}
