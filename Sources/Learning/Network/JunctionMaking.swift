// The junctions of a configuration, and what can be wrong with them.

import Junctions

extension LearnerConfiguration {
    /// Every junction, from the input; the configuration must be valid.
    func madeJunctions() -> [Junction] {
        let widths = widths
        return (0..<(widths.count - 1)).map { index in
            do throws(StructureError) {
                return try junction(index).junction(
                    inputs: widths[index], outputs: widths[index + 1])
            } catch {
                preconditionFailure("a valid configuration: junction \(index): \(error)")
            }
        }
    }

    /// Throws the first junction that cannot be, with what could.
    func validateJunctions() throws(LearnerConfigurationError) {
        let count = widths.count - 1
        guard junctions.isEmpty || junctions.count == count else {
            throw .countOutOfRange(
                key: "junctions", value: junctions.count, lowest: count, highest: count)
        }
        for index in 0..<count {
            do throws(StructureError) {
                let specification = junction(index)
                try checkIncrement(specification)
                try checkArithmetic(specification, isLast: index == count - 1)
                _ = try specification.junction(inputs: widths[index], outputs: widths[index + 1])
            } catch {
                throw .junctionUnsuitable(index: index, error)
            }
        }
    }

    /// ESSOP is plain SGD.
    func checkIncrement(_ specification: JunctionSpecification) throws(StructureError) {
        guard case .stochastic = specification.increment else { return }
        try checkPlain("with stochastic increments")
    }

    private func checkPlain(_ place: String) throws(StructureError) {
        if momentum > 0 {
            throw StructureError("momentum", found: "\(momentum)", expected: "0 \(place)")
        }
        if weightDecay > 0 {
            throw StructureError("weight decay", found: "\(weightDecay)", expected: "0 \(place)")
        }
    }

    /// Fixed point is plain SGD with a power of two, and has three activation functions.
    private func checkArithmetic(
        _ specification: JunctionSpecification, isLast: Bool
    ) throws(StructureError) {
        guard case .fixed = specification.arithmetic else { return }
        try checkFixedRate(specification)
        let activation = isLast ? outputActivation : hiddenActivation
        switch activation {
        case .identity, .sigmoid: break
        case .relu where !isLast: break
        default:
            throw StructureError(
                isLast ? "output activation" : "hidden activation", found: activation.rawValue,
                expected: isLast
                    ? "sigmoid or identity in fixed point (or this junction float32)"
                    : "sigmoid, relu or identity in fixed point (or this junction float32)")
        }
    }

    /// Fixed point is plain SGD with a power of two.
    func checkFixedRate(_ specification: JunctionSpecification) throws(StructureError) {
        guard case .fixed = specification.arithmetic else { return }
        try checkPlain("in fixed point")
        let shift = -Int(learningRate.exponent)
        guard learningRate.significand == 1, (0...15).contains(shift) else {
            throw StructureError(
                "learning rate", found: "\(learningRate)",
                expected: "a power of two from 2^-15 to 1 in fixed point: "
                    + "\(Self.nearestPowerOfTwo(learningRate))")
        }
    }

    /// The power of two from 2^-15 to 1 that is nearest by ratio.
    package static func nearestPowerOfTwo(_ rate: Float) -> Float {
        var best: Float = 1
        for shift in 0...15 {
            let power = Float(sign: .plus, exponent: -shift, significand: 1)
            if max(power / rate, rate / power) < max(best / rate, rate / best) { best = power }
        }
        return best
    }
}
