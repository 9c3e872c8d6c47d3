// What a block gives, from what it reads; and what is wrong with the two. Junctions are not made
// here: whether a structure is possible, its block says when it is made.

import Junctions

extension BlockSpecification {
    /// Most values between two blocks.
    static let valueMaximum = 1 << 24

    /// The shape behind this block.
    ///
    /// - shapes: what every block before read, and what this one reads: the last of them
    func outputShape(_ shapes: [BlockShape]) throws(StructureError) -> BlockShape {
        guard let input = shapes.last else { preconditionFailure("a block reads something") }
        let output: BlockShape =
            switch self {
            case .convolution(let block): try block.outputShape(input)
            case .pooling(let block): try block.outputShape(input, kind)
            case .globalPooling:
                .flat(count: try input.planar("channels to pool").channels)
            case .residual(let block): try block.outputShape(shapes)
            case .lstm(let block): try block.outputShape(input)
            case .groupNorm(let groups, let activation):
                try Self.groupNorm(groups, activation, input)
            case .runningNorm(let rate, let activation):
                try Self.runningNorm(rate, activation, input)
            case .flatten: .flat(count: input.count)
            case .linear(let block): try block.outputShape(input)
            }
        guard output.paddedCount <= Self.valueMaximum else {
            throw StructureError(
                "output", found: "\(output)", expected: "at most \(Self.valueMaximum) values")
        }
        return output
    }

    private static func groupNorm(
        _ groups: Int, _ activation: Activation, _ input: BlockShape
    ) throws(StructureError) -> BlockShape {
        try activation.checkElementwise()
        let channels = try input.planar("channels to normalise").channels
        guard groups >= 1, channels % groups == 0 else {
            throw StructureError(
                "groups", found: "\(groups)",
                expected: "a divisor of the \(channels) channels: "
                    + StructureError.divisors(of: channels))
        }
        return input
    }

    private static func runningNorm(
        _ rate: Float, _ activation: Activation, _ input: BlockShape
    ) throws(StructureError) -> BlockShape {
        try activation.checkElementwise()
        _ = try input.planar("channels to normalise")
        guard rate > 0, rate <= 1 else {
            throw StructureError("rate", found: "\(rate)", expected: "above 0 and at most 1")
        }
        return input
    }
}

extension BlockShape {
    /// The extents of a planar shape.
    func planar(
        _ need: String
    ) throws(StructureError) -> (rows: Int, columns: Int, channels: Int) {
        guard case .planar(let rows, let columns, let channels) = self else {
            throw StructureError(
                "input", found: "a vector of \(count)",
                expected: "\(need): put the block before what flattens, or set the input's shape")
        }
        return (rows, columns, channels)
    }

    /// The extents of a sequence.
    func sequence() throws(StructureError) -> (positions: Int, channels: Int) {
        let (rows, columns, channels) = try planar("a sequence of channels")
        guard rows == 1 else {
            throw StructureError(
                "input", found: "\(self)", expected: "a sequence: 1 row, not \(rows)")
        }
        return (columns, channels)
    }
}

extension Activation {
    /// Whether it can stand inside the network.
    func checkElementwise() throws(StructureError) {
        guard self != .softmax else {
            throw StructureError(
                "activation", found: "softmax",
                expected: "identity, relu, leaky-relu, sigmoid or tanh: softmax is for outputs")
        }
    }
}

extension StructureError {
    /// An integer outside its range.
    static func check(
        _ property: String, _ value: Int, _ lowest: Int, _ highest: Int, _ why: String = ""
    ) throws(StructureError) {
        guard value >= lowest, value <= highest else {
            throw StructureError(
                property, found: "\(value)",
                expected: (lowest == highest ? "\(lowest)" : "\(lowest) to \(highest)")
                    + (why.isEmpty ? "" : " (\(why))"))
        }
    }

    /// `1, 2, 3, 4, 6, 12`; the first twelve.
    static func divisors(of count: Int) -> String {
        (1...max(count, 1)).lazy.filter { count % $0 == 0 }.prefix(12).map(String.init)
            .joined(separator: ", ")
    }
}
