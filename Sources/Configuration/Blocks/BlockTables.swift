// [block.N] read: what each table makes of its block. The tables have passed their checks.

import Junctions
import Learning

/// The tables of blocks over the values of all keys.
struct BlockTables {
    let values: [String: EffectiveValue]
    /// Whether the input is a sequence: one row, so that one number is a number of columns.
    let isSequence: Bool
    /// The junctions inside the blocks.
    let junctions: JunctionTables
    let networkSeed: UInt64

    /// What block `index` is.
    func specification(_ index: Int) -> BlockSpecification {
        switch text("kind", index) {
        case "conv1d": .convolution(convolution(index, dimensions: 1))
        case "conv2d": .convolution(convolution(index, dimensions: 2))
        case "max-pool": .pooling(pooling(index, .maximum))
        case "average-pool": .pooling(pooling(index, .average))
        case "global-pool":
            .globalPooling(text("pooling", index) == "maximum" ? .maximum : .average)
        case "residual": .residual(residual(index))
        case "lstm": .lstm(lstm(index))
        case "group-norm":
            .groupNorm(
                groups: integer("groups", index) ?? 1, activation: activation(index, .identity))
        case "running-norm":
            .runningNorm(
                rate: Float(real("rate", index) ?? 0.01),
                activation: activation(index, .identity))
        case "linear":
            .linear(
                LinearBlock(
                    neurons: integer("neurons", index) ?? 1, activation: activation(index, .relu),
                    junction: junction(index)))
        default: .flatten
        }
    }

    private func convolution(_ index: Int, dimensions: Int) -> ConvolutionBlock {
        ConvolutionBlock(
            dimensions: dimensions, channels: integer("channels", index) ?? 1,
            kernel: extent("kernel", index, flat: dimensions == 1) ?? GridExtent(1, 1),
            stride: extent("stride", index, flat: dimensions == 1) ?? GridExtent(1, 1),
            dilation: extent("dilation", index, flat: dimensions == 1) ?? GridExtent(1, 1),
            padding: padding(index, flat: dimensions == 1), activation: activation(index, .relu),
            junction: junction(index))
    }

    private func pooling(_ index: Int, _ rule: PoolingRule) -> PoolingBlock {
        let size = extent("size", index, flat: isSequence) ?? GridExtent(1, 1)
        return PoolingBlock(
            rule: rule, size: size, stride: extent("stride", index, flat: isSequence) ?? size)
    }

    private func residual(_ index: Int) -> ResidualBlock {
        let projection: ResidualBlock.Projection =
            switch text("projection", index) {
            case "convolution": .convolution(junction(index))
            case "padded": .padded
            default: .none
            }
        return ResidualBlock(
            span: integer("span", index) ?? 1, projection: projection,
            activation: activation(index, .relu))
    }

    private func lstm(_ index: Int) -> LSTMBlock {
        LSTMBlock(
            units: integer("units", index) ?? 1, projected: integer("projected", index) ?? 0,
            state: text("state", index) == "producer"
                ? .producer(history: integer("history", index) ?? 1) : .window,
            output: text("output", index) == "sequence" ? .sequence : .last,
            junction: junction(index))
    }

    private func junction(_ index: Int) -> JunctionSpecification {
        junctions.specification(index, networkSeed: networkSeed)
    }

    private func activation(_ index: Int, _ standard: Activation) -> Activation {
        text("activation", index).flatMap { Activation(rawValue: $0) } ?? standard
    }

    private func padding(_ index: Int, flat: Bool) -> ConvolutionPadding {
        switch value("padding", index) {
        case .text("same"): .same
        case .text, nil: .valid
        default:
            extent("padding", index, flat: flat).map {
                .zeros(rows: flat ? 0 : $0.rows, columns: $0.columns)
            } ?? .valid
        }
    }

    /// One number for both axes, or for the only one; or rows and columns.
    private func extent(_ name: String, _ index: Int, flat: Bool) -> GridExtent? {
        guard case .array(let list) = value(name, index) else { return nil }
        let numbers = list.compactMap {
            if case .integer(let number) = $0 { Int(number) } else { nil }
        }
        guard let last = numbers.last else { return nil }
        return GridExtent(flat ? 1 : numbers[0], last)
    }

    func value(_ name: String, _ index: Int) -> ConfigurationValue? {
        values["block.\(index).\(name)"]?.value
    }

    func text(_ name: String, _ index: Int) -> String? {
        if case .text(let text) = value(name, index) { text } else { nil }
    }

    private func integer(_ name: String, _ index: Int) -> Int? {
        if case .integer(let number) = value(name, index) { Int(number) } else { nil }
    }

    private func real(_ name: String, _ index: Int) -> Double? {
        if case .real(let number) = value(name, index) { number } else { nil }
    }
}
