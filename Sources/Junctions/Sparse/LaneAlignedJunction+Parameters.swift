// Fresh parameters, the matrix, and what can be wrong with them.

import Arithmetic
import Kernels

extension LaneAlignedJunction {
    package func initialise(
        _ parameters: UnsafeMutableRawPointer, _ workspace: UnsafeMutableRawPointer,
        _ distribution: WeightDistribution, _ generator: inout Xoshiro256StarStar
    ) {
        let weights = parameters.assumingMemoryBound(to: Float.self)
        // Padding weights are left at zero, and nothing is drawn for them.
        forEachWeight(workspace) { index, left, right in
            if left < inputs, right < outputs {
                weights[index] = distribution.weight(&generator)
            }
        }
        let bias = (parameters + fields.offset(1)).assumingMemoryBound(to: Float.self)
        for j in 0..<outputs { bias[j] = distribution.bias(&generator) }
    }

    package func expand(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer,
        _ pass: JunctionPass, into dense: UnsafeMutablePointer<Float>
    ) {
        let weights = parameters.assumingMemoryBound(to: Float.self)
        dense.update(repeating: 0, count: inputs * outputs)
        forEachWeight(workspace) { index, left, right in
            if left < inputs, right < outputs { dense[right * inputs + left] = weights[index] }
        }
    }

    package func findings(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer
    ) -> [String] {
        let weights = parameters.assumingMemoryBound(to: Float.self)
        var findings = pattern.findings(blocks: blocks(workspace))
        findings += JunctionFindings.notFinite(parameters, fields)
        var padding = 0
        forEachWeight(workspace) { index, left, right in
            if left >= inputs || right >= outputs, weights[index] != 0 { padding += 1 }
        }
        if padding > 0 { findings.append("weights: \(padding) of padding neurons are not zero") }
        return findings
    }

    /// Every stored weight with the neurons that it joins, padding neurons among them.
    @inline(__always)
    func forEachWeight(
        _ workspace: UnsafeMutableRawPointer,
        _ body: (_ index: Int, _ left: Int, _ right: Int) -> Void
    ) {
        let words = blocks(workspace)
        for block in 0..<pattern.blockCount {
            let group = block / pattern.inDegree
            for lane in 0..<16 {
                let left = LaneAlignedPattern.leftNeuron(words[block], lane)
                body(16 * block + lane, left, 16 * group + lane)
            }
        }
    }
}
