// Fresh weights, drawn row by row from one seeded generator, junction by junction, so that the
// same seed gives the same bytes on every machine.

import Arithmetic
import Junctions

extension Network {
    /// Draws every weight and bias of a cleared section.
    ///
    /// - lastIsZero: the last junction stays zero, so that the outputs start at 0
    package func initialise(
        _ section: UnsafeMutableRawPointer, rule: InitialisationRule, lastIsZero: Bool,
        generator: inout Xoshiro256StarStar
    ) {
        for layer in lastIsZero ? layers.dropLast() : layers[...] {
            let junction = layer.junction
            let memory = layer.memory(section)
            let draw = Draw(rule, inputs: junction.inputs, outputs: junction.outputs)
            for row in 0..<junction.outputs {
                let weights = memory.weights + row * junction.rowStride
                for column in 0..<junction.inputs {
                    weights[column] = draw.weight(&generator)
                }
            }
            for row in 0..<junction.outputs {
                memory.bias[row] = draw.bias(&generator)
            }
        }
    }
}

/// The distribution of one junction's fresh parameters.
private enum Draw {
    case normal(deviation: Float)
    case uniform(limit: Float, biases: Bool)

    init(_ rule: InitialisationRule, inputs: Int, outputs: Int) {
        let left = Double(inputs)
        let both = Double(inputs + outputs)
        switch rule {
        case .heUniform: self = .uniform(limit: Float((6 / left).squareRoot()), biases: false)
        case .heNormal: self = .normal(deviation: Float((2 / left).squareRoot()))
        case .glorotUniform: self = .uniform(limit: Float((6 / both).squareRoot()), biases: false)
        case .glorotNormal: self = .normal(deviation: Float((2 / both).squareRoot()))
        case .lecunUniform: self = .uniform(limit: Float((1 / left).squareRoot()), biases: true)
        }
    }

    func weight(_ generator: inout Xoshiro256StarStar) -> Float {
        switch self {
        case .normal(let deviation): generator.normal() * deviation
        case .uniform(let limit, _): (2 * generator.uniform() - 1) * limit
        }
    }

    func bias(_ generator: inout Xoshiro256StarStar) -> Float {
        if case .uniform(let limit, true) = self {
            return (2 * generator.uniform() - 1) * limit
        }
        return 0
    }
}
