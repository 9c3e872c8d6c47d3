// The training loop of an experiment: test, then train, one sample at a time, over the network
// that the daemon uses. Memory is taken once per run.

import Arithmetic
import Junctions
import Kernels
import Learning
import Platform

/// What a run found.
struct RunResult: Sendable {
    /// Share right of the last 1,000 samples of every epoch, each predicted before it was learned.
    var prequential: [Double] = []
    /// Share right of the test samples after every epoch; empty without any.
    var test: [Double] = []
    /// Weight values of each junction.
    var weights: [Int] = []
    /// Bytes of each junction's parameters, padding included.
    var bytes: [Int] = []
    var seconds = 0.0
}

/// One run in progress.
final class Trainer {
    private let recipe: Recipe
    private let seed: UInt64
    private let data: DataSet
    private let network: Network
    private let section: UnsafeMutableRawPointer
    private let workspace: UnsafeMutableRawPointer
    private let generator: UnsafeMutablePointer<UInt64>
    private let kernels = KernelSet.best
    /// x = Float(raw >> dropped) · scale
    private let dropped: Int16
    private let scale: Float

    init(_ run: Run, _ data: DataSet) {
        recipe = run.recipe
        seed = run.seed
        self.data = data
        let configuration = recipe.configuration(
            seed: seed, features: data.train.featureCount, classes: data.classCount)
        let layout = LearnerLayout(configuration)
        network = layout.network
        section = Self.cleared(layout.section.byteCount)
        workspace = Self.cleared(network.workspaceBytes)
        generator = Self.cleared(64).assumingMemoryBound(to: UInt64.self)
        if let bits = recipe.inputBits {
            dropped = Int16(max(0, 8 - bits))
            scale = Float(1 << Int(dropped)) / 256
        } else {
            dropped = 0
            scale = 1 / data.unit
        }
        var random = Xoshiro256StarStar(seed: seed)
        network.prepare(workspace)
        network.initialise(
            section, workspace, rule: configuration.initialisation, lastIsZero: false,
            generator: &random)
        network.refresh(section, workspace)
        random.store(to: generator)
    }

    deinit {
        section.deallocate()
        workspace.deallocate()
        generator.deallocate()
    }

    private static func cleared(_ byteCount: Int) -> UnsafeMutableRawPointer {
        let bytes = max(64, byteCount)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
        return memory
    }

    /// All epochs.
    func run() -> RunResult {
        let clock = MachineClock()
        let start = clock.nowNanoseconds
        var result = RunResult()
        for layer in network.layers {
            result.weights.append(layer.junction.form.weightCount)
            result.bytes.append(layer.junction.form.fields.byteCount)
        }
        let count = min(recipe.trainCount ?? data.train.count, data.train.count)
        var order = Array(0..<count)
        var shuffler = Xoshiro256StarStar(seed: seed &+ 0x5eed)
        for epoch in 0..<recipe.epochs {
            if recipe.isShuffled { shuffle(&order, &shuffler) }
            result.prequential.append(learn(order, epoch: epoch))
            if recipe.testCount > 0 { result.test.append(test()) }
        }
        result.seconds = Double(clock.nowNanoseconds - start) / 1e9
        return result
    }

    private func shuffle(_ order: inout [Int], _ random: inout Xoshiro256StarStar) {
        for index in stride(from: order.count - 1, to: 0, by: -1) {
            order.swapAt(index, random.index(below: index + 1))
        }
    }

    /// One epoch; the share right of its last 1,000 samples.
    private func learn(_ order: [Int], epoch: Int) -> Double {
        let tail = min(1000, order.count)
        var right = 0
        for (position, index) in order.enumerated() {
            let progress =
                (Float(epoch) + Float(position) / Float(order.count)) / Float(recipe.epochs)
            let rule = UpdateRule(
                learningRate: recipe.rates.rate(epoch: epoch, progress: progress), momentum: 0,
                weightDecay: recipe.weightDecay, increment: .exact)
            let isRight = predict(data.train, index) == Int(data.train.classes[index])
            if position >= order.count - tail, isRight { right += 1 }
            network.setTarget(workspace, classIndex: Int(data.train.classes[index]))
            network.setOutputDelta(workspace, kernels)
            network.backpropUpdate(section, workspace, rule, generator, kernels)
        }
        return Double(right) / Double(tail)
    }

    /// Share right of the test samples.
    private func test() -> Double {
        let count = min(recipe.testCount, data.test.count)
        var right = 0
        for index in 0..<count where predict(data.test, index) == Int(data.test.classes[index]) {
            right += 1
        }
        return Double(right) / Double(count)
    }

    /// FF of one sample, and the class with the highest output.
    private func predict(_ samples: LabelledSamples, _ index: Int) -> Int {
        let x = network.input(workspace)
        let features = samples.featureCount
        samples.values.withUnsafeBufferPointer { values in
            let row = index * features
            for feature in 0..<features {
                x[feature] = Float(values[row + feature] >> dropped) * scale
            }
        }
        network.feedforward(section, workspace, kernels)
        let y = network.output(workspace)
        var best = 0
        for output in 1..<data.classCount where y[output] > y[best] { best = output }
        return best
    }
}
