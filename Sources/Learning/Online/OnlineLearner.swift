// The online learner: test, then train, one sample at a time.
//
//   features → convert → normalise → FF → prediction fixed and scored → loss → BP → UP
//            → features into the statistics
//
// In the pipelined schedule a labelled sample starts a junction cycle instead, and FF, scoring, BP
// and UP are of different samples (Pipeline/).
//
// Invariants:
//   - the learner owns no memory and keeps no state outside the section: the same section bytes
//     and the same samples give the same section bytes, on every instruction set;
//   - a prediction is fixed before its label, and before its own features, have any effect;
//   - `sample` and `label` allocate nothing.

import Accelerator
import Arithmetic
import Junctions
import Kernels
import WeightStore

/// A learner over memory that its caller owns; used by one thread.
public final class OnlineLearner {
    /// Where everything lies.
    public let layout: LearnerLayout
    let section: UnsafeMutableRawPointer
    let workspace: UnsafeMutableRawPointer
    let kernels: KernelSet
    let network: Network
    private(set) var rule: UpdateRule
    let input: InputStage
    let normaliser: RunningNormaliser?
    let targetNormaliser: RunningNormaliser?
    let previous: PreviousSamples
    let history: ForecastHistory?
    let metrics: PrequentialMetrics
    let pending: PendingTable?
    let pipeline: Pipeline?
    let charges: DeviceCharges
    let drift: DriftWatch?
    /// Not yet told; no part of what is learned.
    var raisedAlarms: RaisedAlarms?
    private let counters: UnsafeMutablePointer<UInt64>
    let generatorState: UnsafeMutablePointer<UInt64>
    /// Whose sample goes through the network.
    private var producer = 0
    /// Whether a sample went through FF since blocks last committed what one left behind.
    private var hasOutcome = false

    /// A learner over a section that holds its state, or will after `initialise`.
    ///
    /// - section: `layout.section.byteCount` bytes, 64-byte aligned
    /// - workspace: `layout.workspaceBytes` bytes, 64-byte aligned; cleared here
    public init(
        layout: LearnerLayout, section: UnsafeMutableRawPointer,
        workspace: UnsafeMutableRawPointer, kernels: KernelSet
    ) {
        precondition(
            UInt(bitPattern: section) % 64 == 0 && UInt(bitPattern: workspace) % 64 == 0,
            "section and workspace are 64-byte aligned")
        self.layout = layout
        self.section = section
        self.workspace = workspace
        self.kernels = kernels
        network = layout.network
        rule = layout.configuration.updateRule
        input = InputStage(layout.configuration, kernels)
        normaliser = layout.normaliserView(section)
        targetNormaliser = layout.targetNormaliserView(section)
        previous = PreviousSamples(layout.previous, section)
        history = layout.previous.history.map { ForecastHistory($0, section) }
        metrics = PrequentialMetrics(layout.metrics, section)
        pending = layout.pending.map { PendingTable($0, section) }
        pipeline = layout.pipeline.map { Pipeline($0, layout.network, section, workspace) }
        counters = (section + layout.counters.offset).assumingMemoryBound(to: UInt64.self)
        generatorState = (section + layout.generator.offset).assumingMemoryBound(to: UInt64.self)
        workspace.initializeMemory(as: UInt8.self, repeating: 0, count: layout.workspaceBytes)
        charges = DeviceCharges(layout, section)
        drift = DriftWatch(layout, section)
        network.prepare(workspace)
    }

    /// Learns from now on with another rate; the same as a learner that was made with it.
    /// - rate: one that the configuration allows.
    public func setLearningRate(_ rate: Float) {
        precondition(rate > 0 && rate.isFinite)
        rule = UpdateRule(
            learningRate: rate, momentum: rule.momentum, weightDecay: rule.weightDecay,
            increment: rule.increment)
    }

    /// The same, laid out here; the configuration must be valid.
    public convenience init(
        configuration: LearnerConfiguration, section: UnsafeMutableRawPointer,
        workspace: UnsafeMutableRawPointer, kernels: KernelSet
    ) {
        self.init(
            layout: LearnerLayout(configuration), section: section, workspace: workspace,
            kernels: kernels)
    }

    /// Fresh state from the seed: clears the section and draws weights.
    public func initialise() {
        section.initializeMemory(as: UInt8.self, repeating: 0, count: layout.section.byteCount)
        var generator = Xoshiro256StarStar(seed: layout.configuration.seed)
        network.initialise(
            section, workspace, rule: layout.configuration.initialisation,
            lastIsZero: !layout.configuration.task.isLabelled, generator: &generator)
        generator.store(to: section + layout.generator.offset)
        (section + layout.structure.offset).storeBytes(
            of: layout.configuration.structureDigest, as: UInt64.self)
        stateWasReplaced()
    }

    /// Makes again what the workspace derives from the section. Whoever writes the section as a
    /// whole (a restart, a rollback, a checkpoint) calls this before the next sample. Charges of
    /// another device than the configured one start again at 0; returns which, if so.
    @discardableResult
    public func stateWasReplaced() -> DeviceChange? {
        network.refresh(section, workspace)
        return charges.adopt(layout.deviceIdentity(section))
    }

    /// Predicts, scores and learns one sample, or lets it wait for its label.
    ///
    /// - producer: index below `producerCapacity`
    /// - epoch, sequence: name the sample to a later `label`
    /// - features: featureCount raw values, finite, any alignment; read during the call only
    /// - label: must fit the task; ignored by forecasts and autoencoders, which need none
    public func sample(
        producer: Int, epoch: UInt32, sequence: UInt64, features: UnsafeRawPointer,
        label: SampleLabel
    ) -> SampleOutcome {
        precondition(
            producer >= 0 && producer < layout.configuration.producerCapacity,
            "a producer of this learner")
        counters[LearnerCounter.samples] &+= 1
        self.producer = producer
        hasOutcome = false
        let name = SampleName(producer: producer, epoch: epoch, sequence: sequence)
        let outcome =
            switch layout.configuration.task {
            case .classification: classify(name, features, label)
            case .regression: regress(name, features, label)
            case .forecast(steps: 1): forecast(name, features)
            case .forecast: forecastSteps(name, features)
            case .autoencoder: reconstruct(name, features)
            }
        // Without its label a sample was predicted only; `update` charges those that are learned.
        if outcome.decision != .learned { charges.inferred() }
        if hasOutcome { network.advance(section, workspace, producer: producer, kernels) }
        return outcome
    }

    /// Learns a waiting sample whose label came.
    ///
    /// The prediction that is scored is the one fixed when the sample came; learning uses the
    /// weights and statistics of now.
    /// - label: must fit the task and not be `none`
    public func label(
        producer: Int, epoch: UInt32, sequence: UInt64, label: SampleLabel
    ) -> LabelOutcome {
        let name = SampleName(producer: producer, epoch: epoch, sequence: sequence)
        guard let pending, let index = pending.find(name) else { return .unknownSample }
        self.producer = producer
        switch label {
        case .none:
            preconditionFailure("a late label is a label")
        case .classIndex(let classIndex):
            return learnLate(pending, index, name, classIndex)
        case .values(let values):
            return learnLate(pending, index, name, values)
        }
    }

    /// A new epoch of a producer: its previous sample is forgotten, and its samples that wait
    /// for a label no longer do. Returns how many those were.
    @discardableResult
    public func openEpoch(producer: Int, epoch: UInt32) -> Int {
        previous.forget(producer)
        network.forget(section, workspace, producer: producer)
        history?.forget(producer)
        return pending?.removeAll(producer: producer) ?? 0
    }

    /// Samples that wait for a label.
    public var pendingCount: Int { pending?.waitingCount ?? 0 }

    /// Samples seen since the learner was fresh.
    public var sampleCount: UInt64 { counters[LearnerCounter.samples] }

    /// Updates made since the learner was fresh.
    public var updateCount: UInt64 { counters[LearnerCounter.updates] }

    /// Samples that were scored but not learned, because their loss was not a finite number.
    public var skippedUpdateCount: UInt64 { counters[LearnerCounter.skippedUpdates] }

    /// Prequential figures of one producer, or of all (nil).
    public func metrics(producer: Int?) -> PrequentialFigures {
        PrequentialFigures(layout: layout, section: section, producer: producer)
    }

    /// Whether every weight and bias in a section is a finite number.
    ///
    /// - section: a learner section of that layout; only read
    public static func allWeightsFinite(
        layout: LearnerLayout, section: UnsafeRawPointer, kernels: KernelSet
    ) -> Bool {
        let limit = Float.greatestFiniteMagnitude
        for field in layout.network.floatFields {
            let values = section + field.offset
            guard kernels.firstOutside(values, field.count, -limit, limit) < 0 else {
                return false
            }
        }
        return true
    }

    // Steps that every task shares

    /// From raw features to the network's output, with weights and statistics as they are.
    func feedforward(_ features: UnsafeRawPointer) {
        if let bytes = network.fixedInputs {
            bytes.convert(
                features, network.boundaries[0].bank(workspace).consumed, workspace, kernels)
            network.feedforwardNarrowed(section, workspace, kernels, counting: section)
            return
        }
        input.prepare(features, network, workspace, normaliser, kernels)
        network.feedforward(
            section, workspace, kernels, counting: section, producer: producer)
        hasOutcome = true
    }

    /// Loss of the output against the target, then BP and UP.
    ///
    /// A loss that is not finite (a network that has diverged, or a value that overflowed inside
    /// it) teaches nothing and would make every weight not a number, so it updates nothing; nor
    /// does one whose errors or activations are beyond what can be multiplied.
    func update() -> Double {
        charges.learned()
        let loss = network.lossValue(workspace, kernels)
        guard loss.isFinite else {
            countUpdate(false)
            return loss
        }
        network.setOutputDelta(workspace, kernels)
        countUpdate(
            network.backpropUpdate(
                section, workspace, takeRule(), generatorState, kernels, producer: producer))
        return loss
    }

    /// Counts an update, or one that was skipped.
    func countUpdate(_ isUpdated: Bool) {
        counters[isUpdated ? LearnerCounter.updates : LearnerCounter.skippedUpdates] &+= 1
    }

    /// Takes the converted features in `network.raw` into the statistics.
    func learnStatistics() {
        normaliser?.learn(network.raw(workspace))
    }
}
