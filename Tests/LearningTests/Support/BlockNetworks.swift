// Small networks with every kind of block, for tests.

import Arithmetic
import Junctions
import Kernels
import Learning
import Testing

/// A network by its words.
struct BlockCase: CustomTestStringConvertible, Sendable {
    let name: String
    let configuration: LearnerConfiguration
    var testDescription: String { name }

    init(
        _ name: String, shape: [Int], _ blocks: [BlockSpecification], hidden: [Int] = [],
        change: (inout LearnerConfiguration) -> Void = { _ in }
    ) {
        self.name = name
        var configuration = LearnerConfiguration(
            featureCount: shape.reduce(1, *), elementType: .f32, normaliser: .none,
            task: .classification(classCount: 3), inputShape: shape, blocks: blocks,
            hidden: hidden, hiddenActivation: .tanh, outputActivation: .softmax,
            loss: .crossEntropy, initialisation: .lecunUniform, seed: 11, learningRate: 0.05)
        change(&configuration)
        self.configuration = configuration
    }
}

enum BlockNetworks {
    /// A convolution of a sequence.
    static func conv1d(
        _ channels: Int, kernel: Int, stride: Int = 1, dilation: Int = 1,
        padding: ConvolutionPadding = .valid, _ activation: Activation = .tanh,
        _ structure: WeightStructure = .dense
    ) -> BlockSpecification {
        .convolution(
            ConvolutionBlock(
                dimensions: 1, channels: channels, kernel: GridExtent(1, kernel),
                stride: GridExtent(1, stride), dilation: GridExtent(1, dilation),
                padding: padding, activation: activation,
                junction: JunctionSpecification(structure: structure)))
    }

    /// A convolution of an image.
    static func conv2d(
        _ channels: Int, kernel: Int, stride: Int = 1, dilation: Int = 1,
        padding: ConvolutionPadding = .same, _ activation: Activation = .tanh,
        _ structure: WeightStructure = .dense
    ) -> BlockSpecification {
        .convolution(
            ConvolutionBlock(
                dimensions: 2, channels: channels, kernel: GridExtent(kernel, kernel),
                stride: GridExtent(stride, stride), dilation: GridExtent(dilation, dilation),
                padding: padding, activation: activation,
                junction: JunctionSpecification(structure: structure)))
    }

    static func pool(_ rule: PoolingRule, _ rows: Int, _ columns: Int) -> BlockSpecification {
        .pooling(
            PoolingBlock(
                rule: rule, size: GridExtent(rows, columns), stride: GridExtent(rows, columns)))
    }

    static func linear(
        _ neurons: Int, _ activation: Activation = .tanh, _ structure: WeightStructure = .dense
    ) -> BlockSpecification {
        .linear(
            LinearBlock(
                neurons: neurons, activation: activation,
                junction: JunctionSpecification(structure: structure)))
    }

    static func shortcut(
        _ span: Int, _ projection: ResidualBlock.Projection = .none,
        _ activation: Activation = .tanh
    ) -> BlockSpecification {
        .residual(ResidualBlock(span: span, projection: projection, activation: activation))
    }

    /// Structures with a derivative: a weight that is kept is one everywhere.
    static let structures: [(String, WeightStructure)] = [
        ("dense", .dense), ("sparse", .random(.fraction(0.5), seed: 3)),
        ("clash-free", .clashFree(InterleaverSettings(type: 2), .fraction(0.5), seed: 3)),
        ("lane-aligned", .laneAligned(.fraction(0.5), seed: 3)),
        ("circulant", .circulant(blockSize: 8)),
    ]

    /// Shapes: strides, dilation, padding, pools that overlap or leave a rest, shortcuts.
    static let kinds: [BlockCase] = [
        BlockCase(
            "conv1d, pool, flatten", shape: [20, 3],
            [conv1d(5, kernel: 3), pool(.maximum, 1, 2), conv1d(4, kernel: 3), .flatten],
            hidden: [6]),
        BlockCase(
            "conv1d with stride, dilation and padding", shape: [19, 2],
            [
                conv1d(4, kernel: 4, stride: 2, padding: .same),
                conv1d(3, kernel: 3, dilation: 2, padding: .zeros(rows: 0, columns: 3), .sigmoid),
                .globalPooling(.average),
            ]),
        BlockCase(
            "conv2d, pools", shape: [9, 18, 2],
            [
                conv2d(4, kernel: 3), pool(.maximum, 2, 2), conv2d(3, kernel: 2, padding: .valid),
                .pooling(
                    PoolingBlock(
                        rule: .average, size: GridExtent(2, 3), stride: GridExtent(1, 2))),
                .flatten,
            ]),
        BlockCase(
            "conv2d with strides, dilation and explicit padding", shape: [11, 10, 1],
            [
                conv2d(3, kernel: 3, padding: .zeros(rows: 1, columns: 2), .sigmoid),
                conv2d(4, kernel: 3, stride: 2, padding: .same),
                conv2d(3, kernel: 2, dilation: 2, padding: .zeros(rows: 0, columns: 1)),
                .pooling(
                    PoolingBlock(
                        rule: .maximum, size: GridExtent(2, 3), stride: GridExtent(1, 1))),
                .globalPooling(.maximum),
            ]),
        BlockCase(
            "shortcuts", shape: [8, 8, 3],
            [
                conv2d(4, kernel: 3), conv2d(4, kernel: 3), conv2d(4, kernel: 3, .identity),
                shortcut(2), conv2d(8, kernel: 3, stride: 2), conv2d(8, kernel: 3, .identity),
                shortcut(2, .convolution(JunctionSpecification())),
                conv2d(9, kernel: 3, stride: 2, .identity), shortcut(1, .padded, .identity),
                shortcut(3, .padded), .globalPooling(.average),
            ]),
        BlockCase(
            "linear on positions and vectors", shape: [12, 5],
            [
                linear(6), shortcut(1, .convolution(JunctionSpecification())), .flatten,
                linear(10, .sigmoid), linear(10, .identity), shortcut(1),
            ], hidden: [5]),
        BlockCase(
            "a vector", shape: [], [linear(16), linear(9)],
            change: { configuration in configuration.featureCount = 7 }),
    ]

    /// Every structure in a convolution of each dimension, a projection and both linear blocks; the
    /// neighbours are dense.
    static func between(_ name: String, _ structure: WeightStructure) -> [BlockCase] {
        [
            BlockCase(
                "conv1d, \(name)", shape: [14, 2],
                [
                    conv1d(16, kernel: 3), conv1d(8, kernel: 3, padding: .same, .tanh, structure),
                    .globalPooling(.average),
                ]),
            BlockCase(
                "conv2d, \(name)", shape: [6, 6, 1],
                [
                    conv2d(16, kernel: 1),
                    conv2d(8, kernel: 3, stride: 2, padding: .same, .tanh, structure), .flatten,
                ]),
            BlockCase(
                "projection, \(name)", shape: [6, 6, 1],
                [
                    conv2d(16, kernel: 1), conv2d(8, kernel: 3, stride: 2),
                    shortcut(1, .convolution(JunctionSpecification(structure: structure))),
                    .flatten,
                ]),
            BlockCase(
                "linear, \(name)", shape: [6, 4],
                [
                    linear(16), linear(8, .tanh, structure), .flatten,
                    linear(16, .tanh, structure), linear(8, .tanh, structure),
                ]),
        ]
    }

    static let structured = structures.flatMap { between($0.0, $0.1) }

    /// A sample and its label, the same for the same step.
    static func sample(_ c: LearnerConfiguration, _ step: Int) -> ([Float], SampleLabel) {
        var generator = Xoshiro256StarStar(seed: 0x9e37 &+ UInt64(step) &* 1_000_003)
        let label = Int32(generator.index(below: 3))
        // High, low, or both in turn.
        let channels = c.inputShape.last ?? 1
        let features = (0..<c.featureCount).map { index -> Float in
            let isOdd = (index / channels) % 2 == 1
            return 0.5 * generator.normal() + (label == 0 || label == 2 && isOdd ? 1 : -1)
        }
        return (features, .classIndex(label))
    }
}

/// One sample through a network in memory of its own, with what lies between.
final class NetworkProbe {
    let harness: LearnerHarness
    let network: Network
    let workspace: UnsafeMutableRawPointer
    let kernels: KernelSet
    private var generator: [UInt64] = [1, 2, 3, 4]

    init(_ configuration: LearnerConfiguration, kernels: KernelSet = .plain, step: Int = 0) throws {
        harness = try LearnerHarness(configuration, kernels: kernels)
        network = harness.layout.network
        self.kernels = kernels
        workspace = .allocate(byteCount: network.workspaceBytes, alignment: 64)
        workspace.initializeMemory(as: UInt8.self, repeating: 0, count: network.workspaceBytes)
        network.prepare(workspace)
        network.refresh(harness.section, workspace)
        let (features, label) = BlockNetworks.sample(configuration, step)
        for (index, value) in features.enumerated() { network.input(workspace)[index] = value }
        guard case .classIndex(let index) = label else { return }
        network.setTarget(workspace, classIndex: Int(index))
    }

    deinit { workspace.deallocate() }

    /// The loss with the weights in the section.
    func loss() -> Double {
        network.refresh(harness.section, workspace)
        network.feedforward(harness.section, workspace, kernels)
        return network.lossValue(workspace, kernels)
    }

    /// One step of plain SGD; returns whether all was updated.
    @discardableResult
    func step(_ rate: Float) -> Bool {
        _ = loss()
        network.setOutputDelta(workspace, kernels)
        return generator.withUnsafeMutableBufferPointer { state in
            guard let state = state.baseAddress else { return false }
            return network.backpropUpdate(
                harness.section, workspace,
                UpdateRule(learningRate: rate, momentum: 0, weightDecay: 0), state, kernels)
        }
    }

    /// What block `index` reads, or the last one gave, without padding.
    func values(_ index: Int) throws -> [Float] {
        let shapes = try harness.layout.configuration.blockShapes()
        let values = network.graph.values(index, workspace)
        guard case .planar(let rows, let columns, let channels) = shapes[index] else {
            return (0..<shapes[index].count).map { values[$0] }
        }
        return (0..<channels).flatMap { channel in
            (0..<(rows * columns)).map { values[channel * shapes[index].stride + $0] }
        }
    }
}
