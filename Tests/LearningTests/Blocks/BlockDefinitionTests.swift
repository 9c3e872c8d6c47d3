// Goal: blocks are what they say. Method: what every block of the test networks gives, from what it
// read, against loops over windows and taps with the weights as plain matrices.

import Junctions
import Kernels
import Learning
import Testing

@Suite struct BlockDefinitionTests {
    @Test(arguments: BlockGradientTests.cases)
    func everyBlockIsItsDefinition(_ test: BlockCase) throws {
        let probe = try NetworkProbe(test.configuration, kernels: .best)
        _ = probe.loss()
        let c = test.configuration
        let shapes = try c.blockShapes()
        var matrices = probe.harness.layout.junctionMatrices(probe.harness.section)[...]
        for (index, block) in c.blocks.enumerated() {
            let x = try probe.values(index)
            let y = try probe.values(index + 1)
            let expected: [Float]
            switch block {
            case .convolution(let settings):
                let next = matrices.popFirst()
                let matrix = try #require(next)
                expected = PlainBlocks.convolution(settings, x, shapes[index], matrix).map {
                    PlainBlocks.apply(settings.activation, $0)
                }
            case .linear(let settings):
                let next = matrices.popFirst()
                let matrix = try #require(next)
                expected = PlainBlocks.linear(x, shapes[index], matrix).map {
                    PlainBlocks.apply(settings.activation, $0)
                }
            case .pooling(let settings):
                expected = PlainBlocks.pool(settings, x, shapes[index])
            case .globalPooling(let rule):
                expected = PlainBlocks.globalPool(rule, x, shapes[index])
            case .residual(let settings):
                var matrix: JunctionMatrices?
                if case .convolution = settings.projection { matrix = matrices.popFirst() }
                let skip = try probe.values(index - settings.span)
                let added = PlainBlocks.shortcut(
                    settings, skip, shapes[index - settings.span], shapes[index], matrix)
                expected = zip(x, added).map { PlainBlocks.apply(settings.activation, $0 + $1) }
            case .flatten: expected = x
            case .lstm, .groupNorm, .runningNorm: continue
            }
            #expect(expected.count == y.count)
            for (place, (value, real)) in zip(expected, y).enumerated() {
                #expect(abs(value - real) < 2e-5, "block \(index), value \(place)")
            }
        }
    }

    @Test func channelsOfARawSampleBecomePlanes() throws {
        let test = BlockCase("entry", shape: [2, 3, 4], [.flatten])
        let probe = try NetworkProbe(test.configuration)
        for index in 0..<24 { probe.network.input(probe.workspace)[index] = Float(index) }
        _ = probe.loss()
        let planes = try probe.values(0)
        #expect(planes.prefix(6) == [0, 4, 8, 12, 16, 20])
        #expect(try probe.values(1) == planes)
    }

    /// The first of equal values gets the error, alone.
    @Test func theFirstOfEqualValuesIsTheLargest() throws {
        let test = BlockCase(
            "ties", shape: [4, 18, 1],
            [
                BlockNetworks.conv2d(1, kernel: 1, .identity),
                BlockNetworks.pool(.maximum, 2, 2), .flatten,
            ])
        let probe = try NetworkProbe(test.configuration)
        for index in 0..<72 { probe.network.input(probe.workspace)[index] = 1 }
        probe.step(0.5)
        let errors = try #require(probe.network.graph.errors(1, probe.workspace))
        for row in 0..<4 {
            for column in 0..<18 {
                let isFirst = row % 2 == 0 && column % 2 == 0
                #expect((errors[row * 18 + column] != 0) == isFirst, "\(row), \(column)")
            }
        }
    }
}

/// Blocks as loops.
enum PlainBlocks {
    static func apply(_ activation: Activation, _ value: Float) -> Float {
        let x = Double(value)
        return switch activation {
        case .identity: value
        case .relu: max(value, 0)
        case .leakyRelu: value > 0 ? value : value / 100
        case .sigmoid: Float(1 / (1 + exponential(-x)))
        case .tanh: Float(1 - 2 / (exponential(2 * x) + 1))
        case .softmax: .nan
        }
    }

    /// eˣ as a series, by halves.
    private static func exponential(_ x: Double) -> Double {
        let small = x / 1024
        var (sum, term) = (1.0, 1.0)
        for step in 1...12 {
            term *= small / Double(step)
            sum += term
        }
        for _ in 0..<10 { sum *= sum }
        return sum
    }

    private static func extents(_ shape: BlockShape) -> (rows: Int, columns: Int, channels: Int) {
        guard case .planar(let rows, let columns, let channels) = shape else {
            return (1, 1, shape.count)
        }
        return (rows, columns, channels)
    }

    /// Windows along one axis, and made-up positions before the first.
    private static func axis(
        _ count: Int, _ taps: Int, _ stride: Int, _ dilation: Int, same: Bool, zeros: Int
    ) -> (windows: Int, before: Int) {
        let extent = dilation * (taps - 1) + 1
        if same {
            let windows = (count + stride - 1) / stride
            return (windows, max((windows - 1) * stride + extent - count, 0) / 2)
        }
        return ((count + 2 * zeros - extent) / stride + 1, zeros)
    }

    static func convolution(
        _ block: ConvolutionBlock, _ x: [Float], _ shape: BlockShape, _ matrix: JunctionMatrices
    ) -> [Float] {
        let (rows, columns, channels) = extents(shape)
        var zeros = (rows: 0, columns: 0)
        if case .zeros(let rows, let columns) = block.padding { zeros = (rows, columns) }
        let vertical = axis(
            rows, block.kernel.rows, block.stride.rows, block.dilation.rows,
            same: block.padding == .same, zeros: zeros.rows)
        let horizontal = axis(
            columns, block.kernel.columns, block.stride.columns, block.dilation.columns,
            same: block.padding == .same, zeros: zeros.columns)
        var y: [Float] = []
        for output in 0..<block.channels {
            for row in 0..<vertical.windows {
                for column in 0..<horizontal.windows {
                    var sum = matrix.biases[output]
                    for rowTap in 0..<block.kernel.rows {
                        let r =
                            row * block.stride.rows + rowTap * block.dilation.rows
                            - vertical.before
                        guard r >= 0, r < rows else { continue }
                        for tap in 0..<block.kernel.columns {
                            let k =
                                column * block.stride.columns + tap * block.dilation.columns
                                - horizontal.before
                            guard k >= 0, k < columns else { continue }
                            for channel in 0..<channels {
                                let input =
                                    (rowTap * block.kernel.columns + tap) * channels + channel
                                sum +=
                                    matrix.weights[output * matrix.inputs + input]
                                    * x[(channel * rows + r) * columns + k]
                            }
                        }
                    }
                    y.append(sum)
                }
            }
        }
        return y
    }

    static func linear(_ x: [Float], _ shape: BlockShape, _ matrix: JunctionMatrices) -> [Float] {
        let positions = shape.count / matrix.inputs
        return (0..<matrix.outputs).flatMap { output in
            (0..<positions).map { position in
                (0..<matrix.inputs).reduce(matrix.biases[output]) { sum, input in
                    sum + matrix.weights[output * matrix.inputs + input]
                        * x[input * positions + position]
                }
            }
        }
    }

    static func pool(_ block: PoolingBlock, _ x: [Float], _ shape: BlockShape) -> [Float] {
        let (rows, columns, channels) = extents(shape)
        var y: [Float] = []
        for channel in 0..<channels {
            for row in stride(from: 0, through: rows - block.size.rows, by: block.stride.rows) {
                for column in stride(
                    from: 0, through: columns - block.size.columns, by: block.stride.columns)
                {
                    let window = (0..<block.size.rows).flatMap { r in
                        (0..<block.size.columns).map {
                            x[(channel * rows + row + r) * columns + column + $0]
                        }
                    }
                    y.append(value(block.rule, window))
                }
            }
        }
        return y
    }

    private static func value(_ rule: PoolingRule, _ window: [Float]) -> Float {
        rule == .maximum
            ? window.max() ?? .nan : window.reduce(0, +) / Float(window.count)
    }

    static func globalPool(_ rule: PoolingRule, _ x: [Float], _ shape: BlockShape) -> [Float] {
        let (rows, columns, channels) = extents(shape)
        return (0..<channels).map { channel in
            value(rule, Array(x[(channel * rows * columns)..<((channel + 1) * rows * columns)]))
        }
    }

    static func shortcut(
        _ block: ResidualBlock, _ skip: [Float], _ from: BlockShape, _ to: BlockShape,
        _ matrix: JunctionMatrices?
    ) -> [Float] {
        if case .none = block.projection { return skip }
        let (rows, columns, channels) = extents(from)
        let (rowsOut, columnsOut, channelsOut) = extents(to)
        let steps = (
            (rows + rowsOut - 1) / rowsOut, (columns + columnsOut - 1) / columnsOut
        )
        return (0..<channelsOut).flatMap { output in
            (0..<(rowsOut * columnsOut)).map { position in
                let (row, column) = (position / columnsOut, position % columnsOut)
                func value(_ channel: Int) -> Float {
                    skip[(channel * rows + row * steps.0) * columns + column * steps.1]
                }
                guard let matrix else { return output < channels ? value(output) : 0 }
                return (0..<channels).reduce(matrix.biases[output]) {
                    $0 + matrix.weights[output * matrix.inputs + $1] * value($1)
                }
            }
        }
    }
}
