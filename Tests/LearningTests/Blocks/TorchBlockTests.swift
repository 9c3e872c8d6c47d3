// Goal: every block is PyTorch's: forward, gradient of the input and of the weights within 10⁻⁴ in
// norm, and the losses of ResNet-32 within 10⁻³. Method: golden files of
// scripts/golden/block_reference.py; a gradient is the change of a weight under a step with η = 1.

import Glibc
import Junctions
import Kernels
import Learning
import Testing
import WeightStore

@Suite struct TorchBlockTests {
    typealias Networks = BlockNetworks

    private static func pool(
        _ rule: PoolingRule, _ size: GridExtent, _ stride: GridExtent
    ) -> BlockSpecification {
        .pooling(PoolingBlock(rule: rule, size: size, stride: stride))
    }

    private static func conv2d(
        _ channels: Int, _ kernel: GridExtent, stride: GridExtent = GridExtent(1, 1),
        dilation: GridExtent = GridExtent(1, 1), padding: GridExtent, _ activation: Activation
    ) -> BlockSpecification {
        .convolution(
            ConvolutionBlock(
                dimensions: 2, channels: channels, kernel: kernel, stride: stride,
                dilation: dilation, padding: .zeros(rows: padding.rows, columns: padding.columns),
                activation: activation))
    }

    private static let three = GridExtent(3, 3)
    private static let one = GridExtent(1, 1)
    private static let two = GridExtent(2, 2)

    /// The networks of the script, by the names of its files.
    static let cases: [BlockCase] = [
        BlockCase(
            "conv1d", shape: [13, 3],
            [
                Networks.linear(4, .identity),
                Networks.conv1d(
                    5, kernel: 3, stride: 2, dilation: 2, padding: .zeros(rows: 0, columns: 2),
                    .leakyRelu), .flatten,
            ]),
        BlockCase(
            "conv2d", shape: [9, 8, 2],
            [
                Networks.linear(3, .identity),
                conv2d(4, three, stride: two, padding: one, .relu),
                conv2d(
                    5, GridExtent(2, 3), stride: GridExtent(1, 2), dilation: GridExtent(2, 1),
                    padding: GridExtent(0, 1), .tanh), .flatten,
            ]),
        BlockCase(
            "pools", shape: [10, 9, 2],
            [
                Networks.linear(3, .identity), pool(.maximum, GridExtent(3, 2), GridExtent(2, 1)),
                pool(.average, GridExtent(2, 3), GridExtent(1, 2)), pool(.maximum, two, two),
                .flatten,
            ]),
        BlockCase(
            "global-average", shape: [4, 5, 3],
            [Networks.linear(5, .identity), .globalPooling(.average)]),
        BlockCase(
            "global-maximum", shape: [4, 5, 3],
            [Networks.linear(5, .identity), .globalPooling(.maximum)]),
        BlockCase(
            "residual", shape: [6, 6, 3],
            [
                Networks.linear(4, .identity), conv2d(4, three, padding: one, .relu),
                Networks.shortcut(1, .none, .relu),
                conv2d(8, three, stride: two, padding: one, .relu),
                conv2d(8, three, padding: one, .identity),
                Networks.shortcut(2, .convolution(JunctionSpecification()), .relu), .flatten,
            ]),
        BlockCase("lstm", shape: [9, 3], [Networks.linear(4, .identity), Networks.lstm(6)]),
        BlockCase(
            "lstm-sequence", shape: [8, 3],
            [Networks.linear(4, .identity), Networks.lstm(17, .sequence), .flatten]),
        BlockCase(
            "lstm-projected", shape: [9, 3],
            [
                Networks.linear(3, .identity), Networks.lstm(7, projected: 5, .sequence),
                Networks.lstm(6, projected: 4),
            ]),
        BlockCase(
            "group-norm", shape: [5, 5, 3],
            [
                Networks.linear(6, .identity), .groupNorm(groups: 3, activation: .relu),
                .groupNorm(groups: 1, activation: .identity), .flatten,
            ]),
        BlockCase(
            "running-norm", shape: [7, 3],
            [
                Networks.linear(6, .identity), .runningNorm(rate: 0.1, activation: .leakyRelu),
                .flatten,
            ]),
        BlockCase(
            "linear", shape: [7, 3],
            [
                Networks.linear(4, .identity), Networks.linear(5, .leakyRelu), .flatten,
                Networks.linear(9, .sigmoid),
            ]),
    ]

    @Test(arguments: cases) func blocksAreThoseOfPyTorch(_ test: BlockCase) throws {
        let golden = try TensorFile(test.name)
        let probe = try NetworkProbe(test.configuration, kernels: .best)
        let harness = probe.harness
        // What is not in the file (the bias of a projection) is 0.
        for field in harness.layout.section.fields where field.name.hasSuffix(".bias") {
            try harness.set(field.name, [Float](repeating: 0, count: field.elementCount))
        }
        let names = golden.names.filter { harness.layout.section[$0] != nil }
        for name in names { try harness.set(name, try golden.floats(name)) }
        for (index, value) in try golden.floats("x").enumerated() {
            probe.network.input(probe.workspace)[index] = value
        }
        probe.network.setTarget(probe.workspace, classIndex: 1)
        let loss = probe.loss()
        #expect(abs(loss - Double(try golden.floats("loss")[0])) < 1e-5)
        for index in 0...test.configuration.blocks.count {
            let distance = relativeDistance(
                try probe.values(index), try golden.floats("value.\(index)"))
            #expect(distance <= 1e-4, "what block \(index) reads: \(distance)")
        }
        let isUpdated = probe.step(1)
        #expect(isUpdated)
        let errors = relativeDistance(try errors(probe), try golden.floats("error.1"))
        #expect(errors <= 1e-4, "what block 1 says to its left: \(errors)")
        var checked = 0
        for name in names where golden.names.contains("gradient.\(name)") {
            let steps = zip(try golden.floats(name), try harness.floats(name)).map { $0 - $1 }
            let distance = relativeDistance(steps, try golden.floats("gradient.\(name)"))
            #expect(distance <= 1e-4, "\(name): \(distance)")
            checked += 1
        }
        #expect(checked >= 4)
    }

    /// The bias of a projection learns, which PyTorch has none of.
    @Test(arguments: cases.filter { $0.name != "lstm-projected" })
    func momentumIsThatOfPyTorch(_ test: BlockCase) throws {
        let golden = try TensorFile(test.name)
        var configuration = test.configuration
        configuration.learningRate = 0.05
        configuration.momentum = 0.9
        configuration.weightDecay = 0.01
        configuration.blocks = configuration.blocks.map { block in
            // Statistics that stay as they are: they are those of evaluation in PyTorch.
            guard case .runningNorm(_, let activation) = block else { return block }
            return .runningNorm(rate: 1e-30, activation: activation)
        }
        let harness = try LearnerHarness(configuration)
        for name in golden.names where harness.layout.section[name] != nil {
            try harness.set(name, try golden.floats(name))
        }
        if let samples = harness.layout.section["block.1.samples"] {
            harness.section.storeBytes(of: 1 << 60, toByteOffset: samples.offset, as: UInt64.self)
        }
        harness.learner.stateWasReplaced()
        for (step, expected) in try golden.floats("losses").enumerated() {
            let loss = harness.sample(try golden.floats("x"), .classIndex(1)).loss
            #expect(abs(loss - expected) <= 1e-4, "step \(step): \(loss), PyTorch \(expected)")
        }
    }

    /// What block 1 says to its left, without padding.
    private func errors(_ probe: NetworkProbe) throws -> [Float] {
        let shape = try probe.harness.layout.configuration.blockShapes()[1]
        let errors = try #require(probe.network.graph.errors(1, probe.workspace))
        guard case .planar(let rows, let columns, let channels) = shape else { return [] }
        return (0..<channels).flatMap { channel in
            (0..<(rows * columns)).map { errors[channel * shape.stride + $0] }
        }
    }

    /// 31 convolutions 3 × 3 with group normalisation, two projections, one linear layer.
    static let resnet32: BlockCase = {
        var blocks = [
            conv2d(16, three, padding: one, .identity), .groupNorm(groups: 4, activation: .relu),
        ]
        for (stage, width) in [16, 32, 64].enumerated() {
            for block in 0..<5 {
                let isFirst = stage > 0 && block == 0
                let stride = isFirst ? two : one
                blocks += [
                    conv2d(width, three, stride: stride, padding: one, .identity),
                    .groupNorm(groups: 4, activation: .relu),
                    conv2d(width, three, padding: one, .identity),
                    .groupNorm(groups: 4, activation: .identity),
                    Networks.shortcut(
                        4, isFirst ? .convolution(JunctionSpecification()) : .none, .relu),
                ]
            }
        }
        return BlockCase("resnet32", shape: [32, 32, 3], blocks + [.globalPooling(.average)]) {
            $0.task = .classification(classCount: 10)
            $0.initialisation = .heUniform
            $0.learningRate = 0.002
        }
    }()

    @Test(arguments: ["losses", "momentum"]) func threeStepsOfResNet32(_ name: String) throws {
        let losses = try TensorFile("resnet32").floats(name)
        var configuration = Self.resnet32.configuration
        if name == "momentum" { (configuration.momentum, configuration.weightDecay) = (0.9, 1e-4) }
        let harness = try LearnerHarness(configuration)
        var integers = Integers(state: 32)
        for field in harness.layout.section.fields where field.name.hasSuffix(".weights") {
            let isLast = field.name.hasPrefix("junction.")
            let limit = isLast ? 0.1 : Float((6 / Double(field.rowElements)).squareRoot())
            try harness.set(
                field.name, (0..<field.elementCount).map { _ in integers.next() * limit })
        }
        harness.learner.stateWasReplaced()
        for (step, expected) in losses.enumerated() {
            let x = (0..<3072).map { _ in integers.next() * 1.5 }
            let loss = harness.sample(x, .classIndex(Int32(3 * step % 10))).loss
            #expect(abs(loss - expected) <= 1e-3, "step \(step): \(loss), PyTorch \(expected)")
        }
    }
}

/// Knuth's MMIX generator, as in the script: floats in [−1, 1) that are exact.
private struct Integers {
    var state: UInt64

    mutating func next() -> Float {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(state >> 40) / 8_388_608 - 1
    }
}

extension LearnerHarness {
    /// Writes the elements of a field of floats, without row padding.
    func set(_ name: String, _ values: [Float]) throws {
        let field = try #require(layout.section[name])
        #expect(values.count == field.elementCount, "\(name)")
        for (index, value) in values.enumerated() {
            let element = index / field.rowElements * field.rowStride + index % field.rowElements
            section.storeBytes(of: value, toByteOffset: field.offset + 4 * element, as: Float.self)
        }
    }
}
