// What a learner is: its input, its task, its network and how it learns. A value without memory;
// everything derived from it (fields, sizes) is in `LearnerLayout`.

import Accelerator
import Junctions
import WeightStore

/// What is learned from a sample.
public enum LearningTask: Equatable, Sendable {
    /// One of `classCount` classes (≥ 2); one output per class.
    case classification(classCount: Int)
    /// `targetCount` real values (≥ 1); one output per target.
    case regression(targetCount: Int)
    /// The next `steps` (≥ 1) samples of the same producer, as changes from the newest one; one
    /// output per feature and step, step after step; no labels.
    case forecast(steps: Int)
    /// The sample itself, as the network reads it; one output per feature, no labels.
    case autoencoder

    /// Whether samples come with labels.
    public var isLabelled: Bool {
        switch self {
        case .classification, .regression: true
        case .forecast, .autoencoder: false
        }
    }

    /// Samples ahead that a forecast foretells; 0 of other tasks.
    public var forecastSteps: Int {
        if case .forecast(let steps) = self { steps } else { 0 }
    }
}

/// What turns a neuron's sum into its output.
public enum Activation: String, Equatable, Sendable, CaseIterable {
    /// f(y) = y
    case identity
    /// f(y) = max(0, y)
    case relu
    /// f(y) = y above 0, y / 100 below
    case leakyRelu = "leaky-relu"
    /// f(y) = 1 / (1 + e⁻ʸ)
    case sigmoid
    /// f(y) = tanh y
    case tanh
    /// f(y)ⱼ = e^yⱼ / Σₖ e^yₖ; output layer only
    case softmax
}

/// What is minimised.
public enum Loss: String, Equatable, Sendable, CaseIterable {
    /// With softmax: −log y[class]. With sigmoid: Σⱼ −tⱼ log yⱼ − (1−tⱼ) log (1−yⱼ).
    case crossEntropy
    /// ½ Σⱼ (yⱼ − tⱼ)²
    case squaredError
}

/// How fresh weights are drawn; `in` and `out` are the neurons left and right of a junction.
public enum InitialisationRule: String, Equatable, Sendable, CaseIterable {
    /// W in U(±√(6 / in)), b = 0
    case heUniform
    /// W in N(0, 2 / in), b = 0
    case heNormal
    /// W in U(±√(6 / (in + out))), b = 0
    case glorotUniform
    /// W in N(0, 2 / (in + out)), b = 0
    case glorotNormal
    /// W and b in U(±1/√in)
    case lecunUniform
}

/// What is done to inputs before the network sees them.
public enum NormaliserRule: Equatable, Sendable {
    /// Nothing.
    case none
    /// (x − mean) / σ with running statistics, limited to ± `clip` (> 0). A sample weighs 1/n in
    /// the statistics, with n capped at `horizon` (0: never).
    case running(clip: Float, horizon: UInt64)
}

/// Everything that defines a learner.
public struct LearnerConfiguration: Equatable, Sendable {
    /// Values per sample.
    public var featureCount: Int
    /// What a raw value is: `u8`, `i16` or `f32`.
    public var elementType: ElementType
    /// x = (raw + inputOffset) · inputScale, before the normaliser.
    public var inputScale: Float
    /// See `inputScale`.
    public var inputOffset: Float
    /// Applied after scale and offset.
    public var normaliser: NormaliserRule
    /// What is learned.
    public var task: LearningTask
    /// Extents of a sample, channels last: positions and channels of a sequence, or rows, columns
    /// and channels. Empty: a flat vector.
    public var inputShape: [Int]
    /// Blocks between the input and the first junction; may be empty. With blocks the schedule is
    /// sequential.
    public var blocks: [BlockSpecification]
    /// Blocks from one kept set of activations to the next: those between are computed again for
    /// BP. 0 keeps all. Changes memory and time, never what is learned.
    public var recompute: Int
    /// Neurons of each hidden layer, from the input or the last block; may be empty.
    public var hidden: [Int]
    /// Of every hidden layer; not softmax.
    public var hiddenActivation: Activation
    /// Of the output layer.
    public var outputActivation: Activation
    /// Cross-entropy needs a classification with softmax or sigmoid outputs.
    public var loss: Loss
    /// How fresh weights are drawn.
    public var initialisation: InitialisationRule
    /// Of the generator that draws them.
    public var seed: UInt64
    /// η, > 0.
    public var learningRate: Float
    /// μ, in [0, 1).
    public var momentum: Float
    /// λ, ≥ 0.
    public var weightDecay: Float
    /// Structure, increment and arithmetic of each junction, from the input; empty: all dense,
    /// exact and float32.
    public var junctions: [JunctionSpecification]
    /// Neurons of the input layer, at least the features: the others are always 0. 0: as many as
    /// features.
    public var inputWidth: Int
    /// Neurons of the output layer, at least the outputs: the others have target 0 and are never
    /// predicted. 0: as many as outputs.
    public var outputWidth: Int
    /// Unlabelled samples that wait for a label; 0: none waits.
    public var pendingCapacity: Int
    /// Producers that are told apart, ≥ 1.
    public var producerCapacity: Int
    /// Whether errors are ranked among the errors so far (`PercentileScale`) as well; an
    /// autoencoder always does, a classification has no errors to rank.
    public var ranksErrors: Bool
    /// When each operation runs; the pipeline is plain SGD.
    public var schedule: Schedule
    /// The emulated device that the network runs on; nil: none is emulated. It changes what is
    /// reported and what fits, never what is learned.
    public var device: DeviceDescription?
    /// What watches the loss, and what follows an alarm.
    public var drift = DriftSettings()

    /// A configuration with every value stated; `validate` checks it.
    public init(
        featureCount: Int, elementType: ElementType, inputScale: Float = 1,
        inputOffset: Float = 0, normaliser: NormaliserRule, task: LearningTask,
        inputShape: [Int] = [], blocks: [BlockSpecification] = [], recompute: Int = 0,
        hidden: [Int],
        hiddenActivation: Activation, outputActivation: Activation, loss: Loss,
        initialisation: InitialisationRule, seed: UInt64, learningRate: Float,
        momentum: Float = 0, weightDecay: Float = 0, junctions: [JunctionSpecification] = [],
        inputWidth: Int = 0, outputWidth: Int = 0, pendingCapacity: Int = 0,
        producerCapacity: Int = 1, schedule: Schedule = .sequential,
        device: DeviceDescription? = nil, ranksErrors: Bool = false
    ) {
        self.featureCount = featureCount
        self.elementType = elementType
        self.inputScale = inputScale
        self.inputOffset = inputOffset
        self.normaliser = normaliser
        self.task = task
        self.inputShape = inputShape
        self.blocks = blocks
        self.recompute = recompute
        self.hidden = hidden
        self.hiddenActivation = hiddenActivation
        self.outputActivation = outputActivation
        self.loss = loss
        self.initialisation = initialisation
        self.seed = seed
        self.learningRate = learningRate
        self.momentum = momentum
        self.weightDecay = weightDecay
        self.junctions = junctions
        self.inputWidth = inputWidth
        self.outputWidth = outputWidth
        self.pendingCapacity = pendingCapacity
        self.producerCapacity = producerCapacity
        self.schedule = schedule
        self.device = device
        self.ranksErrors = ranksErrors
    }

    /// Neurons of the output layer: classes, targets, or features of every step.
    public var outputCount: Int {
        switch task {
        case .classification(let classCount): classCount
        case .regression(let targetCount): targetCount
        case .forecast(let steps): steps * featureCount
        case .autoencoder: featureCount
        }
    }

    /// Values of one answer of a `Predictor`: the outputs, and of an autoencoder the error of the
    /// reconstruction and its percentile.
    public var predictionCount: Int {
        task == .autoencoder ? featureCount + 2 : outputCount
    }

    /// Whether errors have a percentile.
    public var hasPercentile: Bool {
        switch task {
        case .classification: false
        case .regression, .forecast: ranksErrors
        case .autoencoder: true
        }
    }

    /// Neurons of every layer of junctions; first the inputs, or what the last block gives.
    public var widths: [Int] {
        [tailWidth] + hidden + [max(outputWidth, outputCount)]
    }

    /// What junction `index` is, counted from the input.
    public func junction(_ index: Int) -> JunctionSpecification {
        junctions.isEmpty ? JunctionSpecification() : junctions[index]
    }

    /// `8-16-2`; with blocks `768 > conv1d > flatten > 480-12`
    public var networkText: String {
        let tail = widths.map(String.init).joined(separator: "-")
        guard !blocks.isEmpty else { return tail }
        return ([String(featureCount)] + blocks.map(\.kind) + [tail]).joined(separator: " > ")
    }

    /// η, μ and λ as the junctions take them.
    var updateRule: UpdateRule {
        UpdateRule(learningRate: learningRate, momentum: momentum, weightDecay: weightDecay)
    }
}
