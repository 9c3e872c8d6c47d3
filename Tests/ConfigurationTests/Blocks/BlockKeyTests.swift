// Every kind of [block.N]: what its keys become, defaults and [junction] included, and which layer
// counts.

import Arithmetic
import Configuration
import Junctions
import Learning
import Testing

/// 128 moments of 6 channels.
let sequence = """
    [input]
    features = 768
    shape = [128, 6]

    [output]
    task = "classification"
    classes = 12

    """

/// 28 x 28 pixels of 1 channel.
let image = """
    [input]
    features = 784
    shape = [28, 28, 1]

    [output]
    task = "classification"
    classes = 10

    """

@Suite struct BlockKeyTests {
    private func blocks(_ text: String) throws -> [BlockSpecification] {
        try load(text).learner.blocks
    }

    @Test func convolutionOfASequence() throws {
        let lines = "[block.0]\nkind = \"conv1d\"\nchannels = 32\nkernel = 9\n"
        let pool = "[block.1]\nkind = \"global-pool\"\n"
        #expect(
            try blocks(sequence + lines + pool) == [
                .convolution(
                    ConvolutionBlock(dimensions: 1, channels: 32, kernel: GridExtent(1, 9))),
                .globalPooling(.average),
            ])
        let all = "stride = 4\ndilation = 2\npadding = 4\nactivation = \"leaky-relu\"\n"
        let most = "pooling = \"maximum\"\n"
        #expect(
            try blocks(sequence + lines + all + pool + most) == [
                .convolution(
                    ConvolutionBlock(
                        dimensions: 1, channels: 32, kernel: GridExtent(1, 9),
                        stride: GridExtent(1, 4), dilation: GridExtent(1, 2),
                        padding: .zeros(rows: 0, columns: 4), activation: .leakyRelu)),
                .globalPooling(.maximum),
            ])
    }

    @Test func convolutionsAndPoolsOfAnImage() throws {
        let text = """
            [block.0]
            kind = "conv2d"
            channels = 8
            kernel = [3, 5]
            padding = "same"
            [block.1]
            kind = "max-pool"
            size = 2
            [block.2]
            kind = "average-pool"
            size = [2, 1]
            stride = [1, 2]
            [block.3]
            kind = "conv2d"
            channels = 4
            kernel = 3
            padding = [2, 1]
            [block.4]
            kind = "flatten"
            """
        #expect(
            try blocks(image + text) == [
                .convolution(
                    ConvolutionBlock(
                        dimensions: 2, channels: 8, kernel: GridExtent(3, 5), padding: .same)),
                .pooling(
                    PoolingBlock(
                        rule: .maximum, size: GridExtent(2, 2), stride: GridExtent(2, 2))),
                .pooling(
                    PoolingBlock(
                        rule: .average, size: GridExtent(2, 1), stride: GridExtent(1, 2))),
                .convolution(
                    ConvolutionBlock(
                        dimensions: 2, channels: 4, kernel: GridExtent(3, 3),
                        padding: .zeros(rows: 2, columns: 1))),
                .flatten,
            ])
    }

    @Test func recurrentLayers() throws {
        let plain = "[block.0]\nkind = \"lstm\"\nunits = 64\n"
        #expect(try blocks(sequence + plain) == [.lstm(LSTMBlock(units: 64))])
        let text = """
            [block.0]
            kind = "lstm"
            units = 64
            projected = 16
            output = "sequence"
            structure = "circulant"
            block = 2
            [block.1]
            kind = "lstm"
            units = 8
            state = "producer"
            history = 256
            [labels]
            window = 0
            """
        #expect(
            try blocks(sequence + text) == [
                .lstm(
                    LSTMBlock(
                        units: 64, projected: 16, output: .sequence,
                        junction: JunctionSpecification(structure: .circulant(blockSize: 2)))),
                .lstm(LSTMBlock(units: 8, state: .producer(history: 256))),
            ])
    }

    @Test func shortcutsNormsAndLinearBlocks() throws {
        let text = """
            [block.0]
            kind = "linear"
            neurons = 8
            activation = "tanh"
            [block.1]
            kind = "group-norm"
            groups = 4
            activation = "relu"
            [block.2]
            kind = "running-norm"
            rate = 0.125
            [block.3]
            kind = "residual"
            span = 2
            [block.4]
            kind = "linear"
            neurons = 16
            [block.5]
            kind = "residual"
            span = 1
            projection = "convolution"
            activation = "identity"
            rule = "stochastic"
            [block.6]
            kind = "linear"
            neurons = 20
            [block.7]
            kind = "residual"
            span = 1
            projection = "padded"
            [block.8]
            kind = "flatten"
            """
        let found = try blocks(sequence + text)
        #expect(
            found == [
                .linear(LinearBlock(neurons: 8, activation: .tanh)),
                .groupNorm(groups: 4, activation: .relu),
                .runningNorm(rate: 0.125, activation: .identity),
                .residual(ResidualBlock(span: 2)), .linear(LinearBlock(neurons: 16)),
                .residual(
                    ResidualBlock(
                        span: 1,
                        projection: .convolution(
                            JunctionSpecification(
                                increment: .stochastic(StochasticRule(bitCount: 8)))),
                        activation: .identity)), .linear(LinearBlock(neurons: 20)),
                .residual(ResidualBlock(span: 1, projection: .padded)), .flatten,
            ])
    }

    @Test func junctionsTakeDefaults() throws {
        let text = """
            [junction]
            arithmetic = "fixed"
            structure = "circulant"
            block = 4
            [learning]
            rate = 0.0625
            [block.0]
            kind = "conv1d"
            channels = 8
            kernel = 3
            [block.1]
            kind = "conv1d"
            channels = 8
            kernel = 3
            [block.2]
            kind = "conv1d"
            channels = 8
            kernel = 3
            structure = "dense"
            [block.3]
            kind = "global-pool"
            [network]
            output-activation = "sigmoid"
            """
        let junctions = try blocks(sequence + text).flatMap(\.junctionSpecifications)
        // The first block reads the input's few channels.
        #expect(
            junctions.map(\.structure) == [.dense, .circulant(blockSize: 4), .dense])
        #expect(junctions.allSatisfy { $0.arithmetic != .float32 })
    }

    @Test func thereIsNoHiddenLayerUnlessAsked() throws {
        let block = "[block.0]\nkind = \"flatten\"\n"
        #expect(try load(sequence + block).learner.widths == [768, 12])
        #expect(
            try load(sequence + block + "[network]\nhidden = [5]").learner.widths == [768, 5, 12])
        #expect(try load(sequence + block + "[network]\nrecompute = 1").learner.recompute == 1)
    }

    @Test func variablesAndFlagsCount() throws {
        let text = sequence + "[block.0]\nkind = \"lstm\"\nunits = 8\n"
        func units(_ environment: [String: String], _ flags: [String]) throws -> BlockSpecification?
        {
            try load(
                text, environment: environment,
                flags: flags.compactMap { ConfigurationFlag(assignment: $0) }
            ).learner.blocks.first
        }
        #expect(
            try units(["MILLRACE_BLOCK_0_UNITS": "9"], []) == .lstm(LSTMBlock(units: 9)))
        #expect(
            try units(["MILLRACE_BLOCK_0_UNITS": "9"], ["block.0.units=10"])
                == .lstm(LSTMBlock(units: 10)))
        let whole = try load(
            sequence,
            environment: [
                "MILLRACE_BLOCK_0_KIND": "conv1d", "MILLRACE_BLOCK_0_CHANNELS": "4",
                "MILLRACE_BLOCK_0_KERNEL": "3", "MILLRACE_BLOCK_0_OUT_DEGREE": "2",
                "MILLRACE_BLOCK_0_STRUCTURE": "random",
            ], flags: [ConfigurationFlag(assignment: "block.1.kind=flatten")].compactMap(\.self))
        #expect(whole.learner.blocks.map(\.kind) == ["conv1d", "flatten"])
    }

    @Test func textLoadsAgainAndShowsShapes() throws {
        let text = """
            [block.0]
            kind = "conv1d"
            channels = 32
            kernel = 9
            stride = 4
            padding = 4
            [block.1]
            kind = "lstm"
            units = 8
            """
        let it = try load(sequence + text)
        let again = try load(it.canonicalText)
        #expect(again.learner == it.learner && again.changes(from: it).isEmpty)
        #expect(again.shapeDigest == it.shapeDigest)
        let shown = it.effectiveText
        #expect(
            shown.contains(
                "# block 0, conv1d: 6 channels of 128 -> 32 channels of 32; 54 to 32, 32 times: "
                    + "dense; exact; float32; 1728 weights"), "\(shown)")
        #expect(
            shown.contains(
                "# block 1, lstm: 32 channels of 32 -> 8; input 32 to 32, 32 times: dense; exact; "
                    + "float32; 1024 weights; recurrent 8 to 32, 32 times: dense; exact; float32; "
                    + "256 weights"), "\(shown)")
    }

    @Test func theDigestKnowsShapesAndNotSpeeds() throws {
        func digest(_ changes: String...) throws -> UInt64 {
            let text = """
                [block.0]
                kind = "conv1d"
                channels = 8
                kernel = 9
                [block.1]
                kind = "running-norm"
                [block.2]
                kind = "global-pool"
                """
            return try load(
                sequence + text,
                flags: changes.compactMap { ConfigurationFlag(assignment: $0) }
            ).shapeDigest
        }
        let plain = try digest()
        #expect(try digest("block.1.rate=0.5") == plain)
        #expect(try digest("network.recompute=2") == plain)
        for change in [
            "block.0.channels=9", "block.0.kernel=8", "block.0.rule=stochastic",
            "block.2.pooling=maximum", "block.0.activation=tanh", "block.0.stride=2",
        ] {
            #expect(try digest(change) != plain, "\(change)")
        }
        #expect(
            try digest("block.0.arithmetic=fixed", "learning.rate=0.0625")
                != digest("learning.rate=0.0625"))
    }

    @Test func aReloadNamesChangedBlocks() throws {
        let text = sequence + "[block.0]\nkind = \"lstm\"\nunits = 8\n"
        let changes = try load(text + "output = \"last\"\n").changes(from: try load(text))
        #expect(
            changes.map { "\($0.key) \($0.before) \($0.after) \($0.isHot)" } == [
                "block.0.output nothing \"last\" false"
            ])
    }
}
