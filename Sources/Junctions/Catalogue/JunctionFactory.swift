// From what a junction shall be, and its shape, to the form that is it.

import Arithmetic

extension JunctionSpecification {
    /// The junction of this specification between `inputs` left and `outputs` right neurons; an
    /// error names the property that does not fit and what would.
    package func junction(inputs: Int, outputs: Int) throws(StructureError) -> Junction {
        if case .absent(let reason) = status {
            throw StructureError(
                "rule", found: "a cell that does not exist (\(text))",
                expected: "another combination, since \(reason)")
        }
        switch arithmetic {
        case .float32: return .float(try floatJunction(inputs, outputs))
        case .fixed: throw StructureError("arithmetic", found: "fixed", expected: "float32")
        }
    }

    private func floatJunction(
        _ inputs: Int, _ outputs: Int
    ) throws(StructureError) -> FloatJunction {
        switch structure {
        case .dense: return .dense(DenseJunction(inputs: inputs, outputs: outputs))
        case .laneAligned(let density, let seed):
            return .laneAligned(
                LaneAlignedJunction(
                    try LaneAlignedPattern(
                        inputs: inputs, outputs: outputs, density, seed: seed)))
        case .circulant(let blockSize):
            return .circulant(
                CirculantJunction(
                    try CirculantStructure(
                        inputs: inputs, outputs: outputs, blockSize: blockSize)))
        default: throw StructureError("structure", found: text, expected: "another")
        }
    }
}

extension LaneAlignedPattern {
    /// The pattern of either density.
    init(
        inputs: Int, outputs: Int, _ density: EdgeDensity, seed: UInt64
    ) throws(StructureError) {
        switch density {
        case .fraction(let fraction):
            try self.init(inputs: inputs, outputs: outputs, density: fraction, seed: seed)
        case .outDegree(let degree):
            try self.init(inputs: inputs, outputs: outputs, outDegree: degree, seed: seed)
        }
    }
}
