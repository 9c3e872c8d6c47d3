// From what a junction shall be, and its shape, to the form that is it.

import Arithmetic

extension JunctionSpecification {
    /// The junction of this specification between `inputs` left and `outputs` right neurons.
    package func junction(inputs: Int, outputs: Int) throws(StructureError) -> Junction {
        .float(.dense(DenseJunction(inputs: inputs, outputs: outputs)))
    }
}
