// The shapes of residual, recurrent and linear blocks.

import Junctions

extension ResidualBlock {
    /// What is added, from what entered the span: planar shapes with strides that make the
    /// positions equal, or equal vectors.
    func outputShape(_ shapes: [BlockShape]) throws(StructureError) -> BlockShape {
        try activation.checkElementwise()
        let before = shapes.count - 1
        guard before >= 1 else {
            throw StructureError(
                "span", found: "\(span)",
                expected: "a number of blocks before it, but this is the first block")
        }
        try StructureError.check("span", span, 1, before, "the blocks before it")
        let sum = shapes[before]
        let skip = shapes[before - span]
        switch projection {
        case .none:
            guard sum == skip else {
                throw StructureError(
                    "projection", found: "none",
                    expected: "convolution or padded: \(skip) entered the span, but \(sum) came out"
                )
            }
        case .convolution, .padded:
            _ = try strides(from: skip, to: sum)
        }
        return sum
    }

    /// Positions from one that is added to the next.
    func strides(
        from skip: BlockShape, to sum: BlockShape
    ) throws(StructureError) -> (rows: Int, columns: Int) {
        guard case .planar(let rows, let columns, let channels) = skip,
            case .planar(let rowsOut, let columnsOut, let channelsOut) = sum
        else {
            throw StructureError(
                "projection", found: "\(skip) to \(sum)",
                expected: "between channels of positions: none, with equal vectors")
        }
        guard let rowStride = Self.stride(rows, rowsOut),
            let columnStride = Self.stride(columns, columnsOut)
        else {
            throw StructureError(
                "span", found: "\(skip) to \(sum)",
                expected: "one that keeps every s-th position of what enters: n / s, rounded up "
                    + "(padding \"same\" does that)")
        }
        if case .padded = projection, channelsOut < channels {
            throw StructureError(
                "projection", found: "padded from \(channels) to \(channelsOut) channels",
                expected: "convolution: zeros make no channels fewer")
        }
        return (rowStride, columnStride)
    }

    /// The smallest s with ⌈count / s⌉ = windows.
    private static func stride(_ count: Int, _ windows: Int) -> Int? {
        guard windows >= 1, windows <= count else { return nil }
        let stride = (count + windows - 1) / windows
        return (count + stride - 1) / stride == windows ? stride : nil
    }
}

extension LSTMBlock {
    /// Most positions that back-propagation goes back.
    private static let historyMaximum = 1 << 16

    func outputShape(_ input: BlockShape) throws(StructureError) -> BlockShape {
        let (positions, _) = try input.sequence()
        try StructureError.check("units", units, 1, LearnerConfiguration.widthMaximum / 4)
        try StructureError.check("projected", projected, 0, LearnerConfiguration.widthMaximum)
        if case .producer(let history) = state {
            guard positions <= Self.historyMaximum else {
                throw StructureError(
                    "state", found: "producer over \(positions) positions",
                    expected: "window, or a pool or a stride before it: a history is at least a "
                        + "sample and at most \(Self.historyMaximum) positions")
            }
            try StructureError.check(
                "history", history, positions, Self.historyMaximum,
                "a sample has \(positions) positions")
        }
        let width = projected > 0 ? projected : units
        return output == .last
            ? .flat(count: width) : .planar(rows: 1, columns: positions, channels: width)
    }
}

extension LinearBlock {
    func outputShape(_ input: BlockShape) throws(StructureError) -> BlockShape {
        try activation.checkElementwise()
        try StructureError.check("neurons", neurons, 1, LearnerConfiguration.widthMaximum)
        switch input {
        case .planar(let rows, let columns, let channels):
            try StructureError.check(
                "input channels", channels, 1, LearnerConfiguration.widthMaximum)
            return .planar(rows: rows, columns: columns, channels: neurons)
        case .flat(let count):
            try StructureError.check(
                "input", count, 1, LearnerConfiguration.widthMaximum, "values of a vector")
            return .flat(count: neurons)
        }
    }
}
