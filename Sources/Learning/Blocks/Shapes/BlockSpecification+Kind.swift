// What a block is called, and what of it says what weights mean.

import Junctions

extension BlockSpecification {
    /// Its name in a configuration: `conv1d`, `max-pool`.
    public var kind: String {
        switch self {
        case .convolution(let block): block.dimensions == 1 ? "conv1d" : "conv2d"
        case .pooling(let block): block.rule == .maximum ? "max-pool" : "average-pool"
        case .globalPooling: "global-pool"
        case .residual: "residual"
        case .lstm: "lstm"
        case .groupNorm: "group-norm"
        case .runningNorm: "running-norm"
        case .flatten: "flatten"
        case .linear: "linear"
        }
    }

    /// The junctions that it was given, in the order of its fields.
    public var junctionSpecifications: [JunctionSpecification] {
        switch self {
        case .convolution(let block): [block.junction]
        case .residual(let block):
            if case .convolution(let junction) = block.projection { [junction] } else { [] }
        case .lstm(let block):
            [JunctionSpecification](
                repeating: block.junction, count: block.projected > 0 ? 3 : 2)
        case .linear(let block): [block.junction]
        case .pooling, .globalPooling, .groupNorm, .runningNorm, .flatten: []
        }
    }

    /// What follows the sums of its junctions, or its norm; nil where it has no such choice.
    var activation: Activation? {
        switch self {
        case .convolution(let block): block.activation
        case .residual(let block): block.activation
        case .linear(let block): block.activation
        case .groupNorm(_, let activation), .runningNorm(_, let activation): activation
        case .pooling, .globalPooling, .lstm, .flatten: nil
        }
    }

    /// Gives the one junction of a block another specification; false, and nothing happens, where
    /// it has several or none.
    package mutating func setJunction(_ specification: JunctionSpecification) -> Bool {
        switch self {
        case .convolution(var block):
            block.junction = specification
            self = .convolution(block)
        case .residual(var block):
            guard case .convolution = block.projection else { return false }
            block.projection = .convolution(specification)
            self = .residual(block)
        case .linear(var block):
            block.junction = specification
            self = .linear(block)
        case .lstm, .pooling, .globalPooling, .groupNorm, .runningNorm, .flatten: return false
        }
        return true
    }

    /// What decides the fields that it keeps and what these mean, in words.
    package var shapeText: String {
        guard case .lstm(let block) = self, case .producer(let history) = block.state else {
            return meaning
        }
        return meaning + " history \(history)"
    }

    /// Everything that says what its weights and states mean, in words; not the increments of its
    /// junctions, nor how fast statistics move.
    var meaning: String {
        let own: String =
            switch self {
            case .convolution(let block):
                "channels \(block.channels) kernel \(block.kernel.text) stride "
                    + "\(block.stride.text) dilation \(block.dilation.text) padding "
                    + "\(block.padding.text) \(block.activation.rawValue)"
            case .pooling(let block): "size \(block.size.text) stride \(block.stride.text)"
            case .globalPooling(let rule): rule.rawValue
            case .residual(let block):
                "span \(block.span) \(block.projection.text) \(block.activation.rawValue)"
            case .lstm(let block):
                "units \(block.units) projected \(block.projected) \(block.state.text) "
                    + block.output.rawValue
            case .groupNorm(let groups, let activation):
                "groups \(groups) \(activation.rawValue)"
            case .runningNorm(_, let activation): activation.rawValue
            case .flatten: ""
            case .linear(let block): "neurons \(block.neurons) \(block.activation.rawValue)"
            }
        return ([kind, own] + junctionSpecifications.map { $0.meaningOfWeights.text })
            .joined(separator: " ")
    }
}

extension GridExtent {
    /// `3 x 3`
    var text: String { "\(rows) x \(columns)" }
}

extension ConvolutionPadding {
    /// `valid`, `same`, `1 x 1`
    var text: String {
        switch self {
        case .valid: "valid"
        case .same: "same"
        case .zeros(let rows, let columns): "\(rows) x \(columns)"
        }
    }
}

extension ResidualBlock.Projection {
    fileprivate var text: String {
        switch self {
        case .none: "identity"
        case .convolution: "convolution"
        case .padded: "padded"
        }
    }
}

extension LSTMBlock.State {
    fileprivate var text: String {
        switch self {
        case .window: "window"
        case .producer: "producer"
        }
    }
}
