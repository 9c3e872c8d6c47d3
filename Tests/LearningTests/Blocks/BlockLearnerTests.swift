// Goal: a learner with blocks keeps every promise of one without: the section is all there is,
// the same bytes on every kernel set, queries see what learning sees, memory can be traded for time
// without a trace, and a network that diverges keeps finite weights.

import Arithmetic
import Junctions
import Kernels
import Learning
import Testing

@Suite struct BlockLearnerTests {
    /// Every kind, structures, increments and arithmetics, momentum and late labels.
    static let cases: [BlockCase] = {
        let recurrent = BlockCase(
            "norms and a recurrent layer", shape: [12, 4],
            [
                BlockNetworks.conv1d(8, kernel: 3, .identity),
                .groupNorm(groups: 2, activation: .relu),
                BlockNetworks.conv1d(6, kernel: 3, .identity),
                .runningNorm(rate: 0.05, activation: .leakyRelu),
                .lstm(LSTMBlock(units: 7, output: .sequence)), .lstm(LSTMBlock(units: 5)),
            ])
        let kinds = (BlockNetworks.kinds + [recurrent]).map { test in
            BlockCase(
                test.name, shape: test.configuration.inputShape, test.configuration.blocks,
                hidden: test.configuration.hidden
            ) {
                $0.featureCount = test.configuration.featureCount
                $0.normaliser = .running(clip: 4, horizon: 500)
                $0.momentum = 0.5
                $0.weightDecay = 1e-3
                $0.pendingCapacity = 4
                $0.producerCapacity = 2
            }
        }
        let fixed = FixedFormat(12, 3, 8).map { NumberArithmetic.fixed($0) } ?? .float32
        let cells: [(String, JunctionSpecification)] = [
            (
                "2:8",
                JunctionSpecification(
                    structure: .pruned(PruningSettings(kept: 2, group: 8)))
            ),
            ("circulant", JunctionSpecification(structure: .circulant(blockSize: 8))),
            ("sparse", JunctionSpecification(structure: .random(.fraction(0.5), seed: 3))),
            (
                "stochastic",
                JunctionSpecification(
                    increment: .stochastic(StochasticRule(bitCount: 8)))
            ),
            ("fixed", JunctionSpecification(arithmetic: fixed)),
            (
                "fixed, stochastic",
                JunctionSpecification(
                    increment: .stochastic(StochasticRule(bitCount: 8)), arithmetic: fixed)
            ),
        ]
        return kinds
            + cells.map { name, junction in
                BlockCase(
                    name, shape: [6, 6, 8],
                    [
                        .convolution(
                            ConvolutionBlock(
                                dimensions: 2, channels: 8, kernel: GridExtent(3, 3),
                                padding: .same, activation: .sigmoid, junction: junction)),
                        .residual(
                            ResidualBlock(
                                span: 1, projection: .convolution(junction), activation: .leakyRelu)
                        ),
                        .flatten,
                        .linear(LinearBlock(neurons: 16, junction: junction)),
                    ],
                    hidden: [8]
                ) {
                    $0.learningRate = 0.0625
                    $0.junctions = [
                        name.hasPrefix("fixed")
                            ? JunctionSpecification(arithmetic: fixed) : JunctionSpecification(),
                        JunctionSpecification(),
                    ]
                    $0.hiddenActivation = .relu
                }
            }
    }()

    private func run(_ harness: LearnerHarness, _ steps: Range<Int>) {
        let c = harness.layout.configuration
        for step in steps {
            let (features, label) = BlockNetworks.sample(c, step)
            let isLate = c.pendingCapacity > 0 && step % 4 == 1
            harness.sample(
                features, isLate ? .none : label, producer: step % c.producerCapacity,
                sequence: UInt64(step))
            if c.pendingCapacity > 0, step % 4 == 3 {
                _ = harness.learner.label(
                    producer: (step - 2) % c.producerCapacity, epoch: 1,
                    sequence: UInt64(step - 2),
                    label: BlockNetworks.sample(c, step - 2).1)
            }
        }
    }

    @Test(arguments: cases) func sameBytesOnEveryKernelSet(_ test: BlockCase) throws {
        let definition = try LearnerHarness(test.configuration, kernels: .plain)
        run(definition, 0..<40)
        for kernels in KernelSet.all where kernels.name != "plain" {
            let harness = try LearnerHarness(test.configuration, kernels: kernels)
            run(harness, 0..<40)
            // Not the bytes themselves: a message would list their differences.
            let areSame = harness.bytes == definition.bytes
            #expect(areSame, "\(kernels.name)")
        }
        #expect(definition.learner.updateCount > 30)
        #expect(definition.learner.skippedUpdateCount == 0)
    }

    @Test(arguments: cases) func aCopyContinuesAsTheOriginal(_ test: BlockCase) throws {
        let first = try LearnerHarness(test.configuration)
        run(first, 0..<33)
        let second = try LearnerHarness(test.configuration)
        run(second, 90..<97)
        second.takeState(of: first)
        run(first, 33..<60)
        run(second, 33..<60)
        let areSame = first.bytes == second.bytes
        #expect(areSame)
    }

    @Test(arguments: cases) func aQuerySeesWhatTheLearnerSees(_ test: BlockCase) throws {
        let harness = try LearnerHarness(test.configuration)
        for step in 0..<60 {
            let (features, label) = BlockNetworks.sample(test.configuration, step)
            let prediction = harness.predict(features)
            let outcome = harness.sample(features, label, sequence: UInt64(step))
            #expect(prediction.classIndex == outcome.predictedClass, "step \(step)")
        }
        #expect(harness.layout.firstFinding(harness.section) == nil)
        #expect(
            OnlineLearner.allWeightsFinite(
                layout: harness.layout, section: harness.section, kernels: .best))
    }

    @Test(arguments: cases) func recomputationLeavesNoTrace(_ test: BlockCase) throws {
        let whole = try LearnerHarness(test.configuration)
        run(whole, 0..<25)
        for window in 1...4 {
            var configuration = test.configuration
            configuration.recompute = window
            let harness = try LearnerHarness(configuration)
            run(harness, 0..<25)
            let areSame = harness.bytes == whole.bytes
            #expect(areSame, "every \(window)")
        }
    }

    @Test func recomputationSavesMemory() throws {
        var configuration = ResidualNetworkTests.network(projection: .padded)
        let whole = LearnerLayout(configuration)
        configuration.recompute = 6
        let segments = LearnerLayout(configuration)
        func values(_ layout: LearnerLayout) -> Int {
            layout.blockLines.filter { $0.owner.hasPrefix("values") }
                .reduce(0) { $0 + $1.bytes }
        }
        #expect(10 * values(segments) < 7 * values(whole))
        #expect(
            whole.workspaceBytes - segments.workspaceBytes == values(whole) - values(segments))
        for layout in [whole, segments] {
            let lines = layout.blockLines.reduce(0) { $0 + $1.bytes }
            #expect(lines > 0)
            #expect(lines < layout.workspaceBytes + layout.predictorWorkspaceBytes)
        }
    }

    @Test func blocksLearnSeparateClasses() throws {
        for test in Self.cases {
            var configuration = test.configuration
            configuration.pendingCapacity = 0
            configuration.momentum = 0
            let harness = try LearnerHarness(configuration)
            var right = 0
            for step in 0..<1_500 {
                let (features, label) = BlockNetworks.sample(configuration, step)
                let outcome = harness.sample(features, label, sequence: UInt64(step))
                if step >= 1_200, case .classIndex(let index) = label,
                    index == outcome.predictedClass
                {
                    right += 1
                }
            }
            #expect(right > 180, "\(test.name): \(right) of 300; chance is 100")
        }
    }

    /// Numbers that are none stop at the block that reads them.
    @Test func aNetworkThatDivergesKeepsItsWeights() throws {
        let test = try #require(BlockNetworks.kinds.first { $0.name == "shortcuts" })
        let harness = try LearnerHarness(test.configuration)
        let before = try harness.floats("block.0.weights")
        var (features, label) = BlockNetworks.sample(test.configuration, 0)
        features[5] = 3e38
        harness.sample(features, label)
        #expect(try harness.floats("block.0.weights") == before)
        #expect(harness.learner.skippedUpdateCount == 1)
        #expect(
            OnlineLearner.allWeightsFinite(
                layout: harness.layout, section: harness.section, kernels: .best))
    }

    /// Every element of a field of floats becomes `value`.
    private func fill(_ harness: LearnerHarness, _ name: String, _ value: Float) throws {
        let field = try #require(harness.layout.section[name])
        let base = (harness.section + field.offset).assumingMemoryBound(to: Float.self)
        for row in 0..<field.rowCount {
            (base + row * field.rowStride).update(repeating: value, count: field.rowElements)
        }
        harness.learner.stateWasReplaced()
    }

    private func isFinite(_ harness: LearnerHarness) -> Bool {
        OnlineLearner.allWeightsFinite(
            layout: harness.layout, section: harness.section, kernels: .best)
    }

    /// What entered the span is infinite, and all that the block itself reads is not.
    @Test func aShortcutThatDivergesKeepsItsWeights() throws {
        let test = BlockCase(
            "", shape: [8, 2],
            [
                BlockNetworks.linear(1, .identity), BlockNetworks.linear(4),
                BlockNetworks.shortcut(1, .convolution(JunctionSpecification())), .flatten,
            ])
        let harness = try LearnerHarness(test.configuration)
        try fill(harness, "block.0.weights", 4)
        let before = try harness.floats("block.2.weights")
        let outcome = harness.sample([Float](repeating: 3e38, count: 16), .classIndex(1))
        #expect(outcome.loss.isFinite)
        #expect(try harness.floats("block.2.weights") == before)
        #expect(harness.learner.skippedUpdateCount == 1)
        #expect(isFinite(harness))
    }

    /// An input that is infinite is not remembered: UP of the next sample would multiply by it.
    @Test func aStateThatDivergesStartsAnew() throws {
        let test = BlockCase(
            "", shape: [1, 1],
            [
                BlockNetworks.linear(1, .identity),
                BlockNetworks.lstm(5, state: .producer(history: 3)), BlockNetworks.linear(6),
            ])
        let harness = try LearnerHarness(test.configuration)
        try fill(harness, "block.0.weights", 4)
        harness.sample([0.5], .none)
        #expect(try harness.floats("block.1.state.inputs").contains { $0 != 0 })
        harness.sample([3e38], .none)
        #expect(try harness.floats("block.1.state.inputs").allSatisfy { $0 == 0 })
        #expect(harness.sample([0.5], .classIndex(1)).loss.isFinite)
        #expect(isFinite(harness) && harness.learner.updateCount == 1)
    }

    @Test func otherTasksHaveBlocksToo() throws {
        for task in [LearningTask.regression(targetCount: 2), .forecast(steps: 1)] {
            let test = BlockCase(
                "", shape: [10, 3],
                [BlockNetworks.conv1d(6, kernel: 3), BlockNetworks.pool(.average, 1, 2), .flatten]
            ) {
                $0.task = task
                $0.outputActivation = .identity
                $0.loss = .squaredError
                $0.normaliser = .running(clip: 4, horizon: 0)
            }
            let harness = try LearnerHarness(test.configuration)
            var losses: [Double] = []
            for step in 0..<600 {
                var generator = Xoshiro256StarStar(seed: UInt64(step))
                let features = (0..<30).map { generator.normal() + Float($0) }
                let outcome =
                    task == .forecast(steps: 1)
                    ? harness.sample(features, .none)
                    : harness.sample(features, targets: [features[0] - features[3], features[9]])
                losses.append(Double(outcome.loss))
            }
            let early = losses[5..<105].reduce(0, +)
            let late = losses[500...].reduce(0, +)
            #expect(late < 0.9 * early, "\(task)")
        }
    }
}
