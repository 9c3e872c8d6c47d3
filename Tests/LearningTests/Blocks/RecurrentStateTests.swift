// Goal: the state of a recurrent layer is its producer's alone, moves once per sample, and a sequence
// in pieces is the sequence. Method: learners on one stream in several ways, compared byte by byte.

import Kernels
import Learning
import Testing

@Suite struct RecurrentStateTests {
    /// A recurrent layer over `positions` positions per sample.
    private func configuration(
        _ positions: Int, _ state: LSTMBlock.State, producers: Int = 1
    ) -> LearnerConfiguration {
        BlockCase(
            "state", shape: [positions, 3],
            [BlockNetworks.lstm(5, projected: 4, state: state), BlockNetworks.linear(6)]
        ) { configuration in
            configuration.producerCapacity = producers
            configuration.momentum = 0.5
        }.configuration
    }

    private func features(_ positions: Int, _ first: Int, _ seed: Int = 0) -> [Float] {
        (0..<(positions * 3)).map { index in
            Float((first * 3 + index) * (7 + seed) % 19) / 9 - 1
        }
    }

    /// Fields of weights and velocities.
    private func weights(_ harness: LearnerHarness) throws -> [[Float]] {
        try harness.layout.section.fields.filter {
            $0.element == .f32
                && ($0.name.hasPrefix("block.") || $0.name.hasPrefix("junction."))
                && !$0.name.contains("state.")
        }.map { try harness.floats($0.name) }
    }

    /// Positions that are remembered, of every producer.
    private func positions(_ harness: LearnerHarness) throws -> [UInt32] {
        let field = try #require(harness.layout.section["block.0.state.positions"])
        return (0..<field.elementCount).map {
            harness.section.load(fromByteOffset: field.offset + 4 * $0, as: UInt32.self)
        }
    }

    /// Twelve positions as one window, and one by one with a history that reaches all of them.
    @Test func aSequenceInPiecesIsTheSequence() throws {
        let whole = try LearnerHarness(configuration(12, .window))
        let pieces = try LearnerHarness(configuration(1, .producer(history: 12)))
        let label = SampleLabel.classIndex(2)
        let expected = whole.sample(features(12, 0), label)
        for position in 0..<11 { pieces.sample(features(1, position), .none) }
        let found = pieces.sample(features(1, 11), label)
        #expect(found.loss.bitPattern == expected.loss.bitPattern)
        #expect(try weights(pieces) == weights(whole))
        #expect(try positions(pieces) == [11])
        // A history that ends earlier gives the same prediction and another gradient.
        let short = try LearnerHarness(configuration(1, .producer(history: 4)))
        for position in 0..<11 { short.sample(features(1, position), .none) }
        #expect(short.sample(features(1, 11), label).loss.bitPattern == expected.loss.bitPattern)
        #expect(try weights(short) != weights(whole))
    }

    /// Samples of four positions whose history is a sample, in the same way.
    @Test func aCarriedStateGoesOn() throws {
        let whole = try LearnerHarness(configuration(12, .window))
        let pieces = try LearnerHarness(configuration(4, .producer(history: 4)))
        let expected = whole.sample(features(12, 0), .classIndex(1))
        for first in [0, 4] { pieces.sample(features(4, first), .none) }
        let found = pieces.sample(features(4, 8), .classIndex(1))
        #expect(found.loss.bitPattern == expected.loss.bitPattern)
        // All that is remembered is the state: a sample is as long as the history.
        #expect(try positions(pieces) == [0])
        #expect(pieces.layout.section["block.0.state.inputs"] == nil)
        #expect(try pieces.floats("block.0.state.h").contains { $0 != 0 })
    }

    /// Without learning, which producers share, two streams through one learner are two learners.
    @Test(arguments: [1, 3, 8]) func producersAreApart(_ history: Int) throws {
        let both = try LearnerHarness(configuration(1, .producer(history: history), producers: 2))
        let apart = try (0..<2).map { _ in
            try LearnerHarness(configuration(1, .producer(history: history)))
        }
        for position in 0..<20 {
            for producer in 0..<2 where (position + producer) % 3 != 1 {
                let x = features(1, position, producer)
                both.sample(x, .none, producer: producer)
                apart[producer].sample(x, .none)
            }
        }
        for name in ["block.0.state.h", "block.0.state.c"] {
            let expected = try apart.flatMap { try $0.floats(name) }
            #expect(try both.floats(name) == expected)
            #expect(expected.contains { $0 != 0 })
        }
        // The first label: same loss in both, whatever the other producer did.
        let x = features(1, 20)
        let loss = both.sample(x, .classIndex(0), producer: 1).loss
        #expect(loss.bitPattern == apart[1].sample(x, .classIndex(0)).loss.bitPattern)
    }

    @Test func anEpochStartsAnewAndQueriesLeaveNoTrace() throws {
        let fresh = try LearnerHarness(configuration(1, .producer(history: 3), producers: 2))
        let used = try LearnerHarness(configuration(1, .producer(history: 3), producers: 2))
        for position in 0..<5 { used.sample(features(1, position), .none, producer: 1) }
        let before = used.bytes
        // A query starts from zero.
        #expect(used.predict(features(1, 7)).outputs == fresh.predict(features(1, 7)).outputs)
        #expect(used.bytes == before)
        used.learner.openEpoch(producer: 1, epoch: 2)
        for name in ["h", "c", "inputs"] {
            #expect(try used.floats("block.0.state.\(name)").allSatisfy { $0 == 0 })
        }
    }

    @Test func lateLabelsMeetNoState() throws {
        var late = configuration(1, .producer(history: 3))
        late.pendingCapacity = 4
        let error = #expect(throws: LearnerConfigurationError.self) { try late.validate() }
        let text = error.map { "\($0)" } ?? ""
        #expect(text.contains("block 0") && text.contains("late label"))
    }

    /// A forecast of one step learns the sample before the newest, whose state is the one at hand;
    /// with more steps it is gone.
    @Test func forecastsOfSeveralStepsMeetNoState() throws {
        func forecast(_ steps: Int, _ state: LSTMBlock.State) throws {
            var configuration = configuration(1, state)
            configuration.task = .forecast(steps: steps)
            configuration.outputActivation = .identity
            configuration.loss = .squaredError
            try configuration.validate()
        }
        try forecast(1, .producer(history: 3))
        try forecast(2, .window)
        let error = #expect(throws: LearnerConfigurationError.self) {
            try forecast(2, .producer(history: 3))
        }
        let text = error.map { "\($0)" } ?? ""
        #expect(text.hasPrefix("block 0, lstm: state is producer"), "\(text)")
        #expect(text.contains("forecast of 2 steps"), "\(text)")
    }

    @Test func aSampleLongerThanAnyHistoryIsSaid() throws {
        var long = BlockCase(
            "long", shape: [40_000, 1],
            [
                BlockNetworks.conv1d(
                    1, kernel: 2, dilation: 40_000, padding: .zeros(rows: 0, columns: 40_000)),
                BlockNetworks.lstm(2, state: .producer(history: 65_536)),
            ]
        ).configuration
        long.pendingCapacity = 0
        let error = #expect(throws: LearnerConfigurationError.self) { try long.validate() }
        let text = error.map { "\($0)" } ?? ""
        #expect(text.contains("state is producer over 80000 positions"), "\(text)")
    }

    /// Learning, stopping and going on is learning; and every instruction set learns the same bytes.
    @Test(arguments: BlockNetworks.recurrentCells)
    func goingOnIsTheSameOnEverySet(_ test: BlockCase) throws {
        func run(_ harness: LearnerHarness, _ steps: Range<Int>) {
            for step in steps {
                let (x, label) = BlockNetworks.sample(test.configuration, step)
                harness.sample(x, step % 4 == 1 ? .none : label, producer: step % 2)
            }
        }
        let whole = try LearnerHarness(test.configuration)
        run(whole, 0..<24)
        let first = try LearnerHarness(test.configuration)
        run(first, 0..<11)
        let second = try LearnerHarness(test.configuration)
        second.takeState(of: first)
        run(second, 11..<24)
        #expect(second.bytes == whole.bytes)
        let finite = OnlineLearner.allWeightsFinite(
            layout: whole.layout, section: whole.section, kernels: .best)
        #expect(finite && whole.learner.updateCount == 18)
        for kernels in KernelSet.all where kernels.name != KernelSet.best.name {
            let other = try LearnerHarness(test.configuration, kernels: kernels)
            run(other, 0..<24)
            #expect(other.bytes == whole.bytes, "\(kernels.name)")
        }
    }
}
