// Fresh weights, drawn row by row from one seeded generator, junction by junction, so that the
// same seed gives the same bytes on every machine.

import Arithmetic
import Junctions

extension Network {
    /// Draws every weight and bias of a cleared section.
    ///
    /// - lastIsZero: the last junction stays zero, so that the outputs start at 0
    package func initialise(
        _ section: UnsafeMutableRawPointer, _ workspace: UnsafeMutableRawPointer,
        rule: InitialisationRule, lastIsZero: Bool, generator: inout Xoshiro256StarStar
    ) {
        graph.initialise(section, workspace, rule: rule, generator: &generator)
        for (index, layer) in layers.enumerated() {
            let form = layer.junction.form
            let isZero = lastIsZero && index == layers.count - 1
            form.initialise(
                section + layer.parametersOffset, workspace + layer.workspaceOffset,
                isZero ? .zero : rule.distribution(fanIn: form.fanIn, fanOut: form.fanOut),
                &generator)
        }
    }
}

extension InitialisationRule {
    /// The distribution for a junction; only edges that exist count.
    func distribution(fanIn: Int, fanOut: Int) -> WeightDistribution {
        let left = Double(fanIn)
        let both = Double(fanIn + fanOut)
        return switch self {
        case .heUniform: .uniform(limit: Float((6 / left).squareRoot()), biases: false)
        case .heNormal: .normal(deviation: Float((2 / left).squareRoot()))
        case .glorotUniform: .uniform(limit: Float((6 / both).squareRoot()), biases: false)
        case .glorotNormal: .normal(deviation: Float((2 / both).squareRoot()))
        case .lecunUniform: .uniform(limit: Float((1 / left).squareRoot()), biases: true)
        }
    }
}
