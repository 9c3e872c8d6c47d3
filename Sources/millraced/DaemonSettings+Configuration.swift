// From the configuration file's words to the daemon's settings.

import Configuration
import Daemon
import MillraceProtocol

extension DaemonSettings {
    /// The settings that a checked configuration describes.
    init(_ configuration: MillraceConfiguration) {
        let daemon = configuration.daemon
        self.init(
            stateDirectory: daemon.stateDirectory,
            endpoints: [daemon.ingestEndpoints, daemon.queryEndpoints, daemon.adminEndpoints])
        queueSamples = daemon.queueSamples
        maximumProducers = daemon.maxProducers
        maximumPeers = daemon.maxPeers
        connections.count = daemon.maxConnections
        connections.perAddress = daemon.connectionsPerAddress
        connections.handshakesPerSecond = daemon.handshakesPerSecond
        connections.firstFrameSeconds = daemon.firstFrameSeconds
        // A batch that is larger than a producer's share of the queue could never be sent.
        maximumBatch = UInt32(min(configuration.effectiveMaxBatch, samplesPerProducer))
        maximumMessageBytes = daemon.maxMessageBytes
        allowedProducers = configuration.allowedProducers
        hasKeys = configuration.keys.serverPath != nil
        commit = CommitPolicy(
            sequences: UInt64(configuration.commit.samples),
            intervalNanoseconds: UInt64(configuration.commit.intervalMilliseconds) * 1_000_000)
        bytesPerDay = UInt64(configuration.commit.bytesPerDay)
        ringSlots = configuration.ring.slotCount
        heldSlots = configuration.ring.heldCount
        learnerGuard = GuardSettings(
            isOn: configuration.guardOptions.isOn, margin: configuration.guardOptions.margin,
            patience: configuration.guardOptions.patience)
        budgetBytes = configuration.memoryBudgetBytes
        bounds = Self.bounds(configuration.input)
        keptCheckpoints = configuration.checkpoints.keep
        checkpointIntervalNanoseconds =
            UInt64(configuration.checkpoints.intervalMinutes) * 60_000_000_000
        featureNames = configuration.input.names
        classNames = configuration.output.classNames
        targetNames = configuration.output.targetNames
        configurationText = configuration.canonicalText
        var text = configurationText
        configurationDigest = text.withUTF8 { XXH64.digest(UnsafeRawBufferPointer($0)) }
    }

    /// Uniform bounds stay uniform: that form is checked a vector at a time.
    private static func bounds(_ input: InputSettings) -> FeatureBounds {
        if input.lower.count <= 1, input.upper.count <= 1 {
            return FeatureBounds(
                lowest: input.lower.first ?? -FeatureBounds.standard,
                highest: input.upper.first ?? FeatureBounds.standard)
        }
        func spread(_ values: [Float], _ standard: Float) -> [Float] {
            values.count > 1
                ? values
                : Array(repeating: values.first ?? standard, count: input.featureCount)
        }
        return FeatureBounds(
            lower: spread(input.lower, -FeatureBounds.standard),
            upper: spread(input.upper, FeatureBounds.standard))
    }
}
