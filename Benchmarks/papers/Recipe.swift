// What one experiment does: data, network, schedule. A recipe with a seed is a run; a run is a
// function of the two alone, so it can be repeated on any machine to the last bit.

import Accelerator
import Arithmetic
import Junctions
import Learning

/// How the learning rate goes during a run.
enum RateSchedule: Sendable {
    /// η falls on a straight line from the first sample to the last.
    case falling(from: Float, to: Float)
    /// η = 2⁻³, halved after 2 epochs and then after every 4 until it is 2⁻⁷.
    case halving
    /// The same η all the time.
    case constant(Float)

    /// η for a sample: `epoch` from 0, `progress` in 0..<1 over all epochs.
    func rate(epoch: Int, progress: Float) -> Float {
        switch self {
        case .constant(let rate): return rate
        case .falling(let from, let to): return from + (to - from) * progress
        case .halving:
            let halvings = epoch < 2 ? 0 : 1 + (epoch - 2) / 4
            var rate: Float = 0.125
            for _ in 0..<min(4, halvings) { rate /= 2 }
            return rate
        }
    }
}

/// What a run learns from.
enum DataName: String, CaseIterable, Sendable {
    case mnist, morse, smallnet
}

/// One variant of one experiment.
struct Recipe: Sendable {
    /// Number of the claim's experiment: `0.5`.
    var experiment: String
    /// What differs between the variants that are compared.
    var variant: String
    /// What the plots put on their axes.
    var settings: [(name: String, value: Double)] = []
    var data = DataName.mnist
    /// Samples of the training set, the first ones; nil: all.
    var trainCount: Int?
    /// Test samples; 0 where the figure is prequential.
    var testCount = 10_000
    /// File order, or a new order for every epoch (the same for all variants of a seed).
    var isShuffled = true
    var epochs = 5
    var hidden = [128]
    var inputWidth = 0
    var outputWidth = 0
    var hiddenActivation = Activation.relu
    var outputActivation = Activation.softmax
    var initialisation = InitialisationRule.heNormal
    /// Structure, increment and arithmetic of every junction; the argument is the run's seed.
    var junctions: @Sendable (UInt64) -> [JunctionSpecification] = { _ in [] }
    var rates = RateSchedule.falling(from: 0.02, to: 0.001)
    var weightDecay: Float = 0
    /// Samples between two changes of the weights.
    var microBatch = 1
    /// Fraction bits that inputs are cut to; nil: floats from 0 to 1.
    var inputBits: Int?
    /// Paired seeds 1 ... seeds.
    var seeds = 3
    /// How samples are learned.
    var manner = Manner.passes

    /// How samples are learned.
    enum Manner: String, Sendable {
        /// Pass by pass over the network, one sample or micro-batch at a time.
        case passes
        /// By the daemon's learner, one sample at a time.
        case sequential
        /// By the daemon's learner in the junction pipeline.
        case pipeline
    }

    /// The learner of `seed` over `data`.
    func configuration(seed: UInt64, features: Int, classes: Int) -> LearnerConfiguration {
        LearnerConfiguration(
            featureCount: features, elementType: .f32, normaliser: .none,
            task: .classification(classCount: classes), hidden: hidden,
            hiddenActivation: hiddenActivation, outputActivation: outputActivation,
            loss: .crossEntropy, initialisation: initialisation, seed: seed,
            learningRate: rates.rate(epoch: 0, progress: 0), weightDecay: weightDecay,
            junctions: junctions(seed), inputWidth: inputWidth, outputWidth: outputWidth,
            schedule: manner == .pipeline ? .pipeline : .sequential)
    }
}

extension Recipe {
    /// What all variants of the experiment have in common, for the document.
    var protocolText: String {
        let samples =
            trainCount.map { "the first \($0) training samples" } ?? "all training samples"
        let order = isShuffled ? "in a new order every epoch" : "in file order"
        let how =
            switch rates {
            case .constant(let rate): "η = \(rate)"
            case .falling(let from, let to): "η from \(from) to \(to) on a straight line"
            case .halving: "η = 1/8, halved after 2 epochs and then every 4 until 1/128"
            }
        let decay = weightDecay > 0 ? ", weight decay \(weightDecay)" : ""
        let layers =
            [inputWidth > 0 ? "\(inputWidth)" : "inputs"] + hidden.map(String.init)
            + [outputWidth > 0 ? "\(outputWidth)" : "classes"]
        return "\(data.rawValue), \(samples), \(order), \(epochs) epochs; "
            + "\(layers.joined(separator: "-")), \(hiddenActivation.rawValue), "
            + "\(outputActivation.rawValue) outputs, weights \(initialisation.rawValue); "
            + "\(how)\(decay)"
    }
}

/// A recipe with a seed.
struct Run: Sendable {
    let recipe: Recipe
    let seed: UInt64

    /// Every run: all recipes with the first seed, then with the next, so that whoever stops early
    /// has something of everything.
    static func all(_ recipes: [Recipe], seeds: Int?) -> [Run] {
        let most = min(seeds ?? .max, recipes.map(\.seeds).max() ?? 0)
        return (0..<most).flatMap { index in
            recipes.filter { $0.seeds > index }.map { Run(recipe: $0, seed: UInt64(index + 1)) }
        }
    }
}

/// A seed of its own for a pattern: the `index`th of a run.
func patternSeed(_ seed: UInt64, _ index: Int) -> UInt64 {
    var mixer = SplitMix64(seed: seed &* 1_000 &+ UInt64(index))
    return mixer.next()
}
