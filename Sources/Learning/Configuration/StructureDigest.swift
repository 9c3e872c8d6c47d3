// What the weights of a state mean. Shapes do not say all: another seed gives other edges to the
// same number of weights, another format another meaning to the same bits, another activation or
// loss another meaning to every output. So a digest of all these is part of the state, and a state
// with another one is refused: nobody forgets a line of the configuration in silence. The update
// rule is not in it: it may change from start to start. The order in which weights lie is, where it
// is not that of right neurons.

import Junctions

extension LearnerConfiguration {
    /// FNV-1a of activations, loss, blocks, the task where shapes do not tell, and structure and
    /// arithmetic of every junction, in words.
    var structureDigest: UInt64 {
        var digest: UInt64 = 0xcbf2_9ce4_8422_2325
        func take(_ line: String) {
            for byte in (line + "\n").utf8 {
                digest = (digest ^ UInt64(byte)) &* 0x100_0000_01b3
            }
        }
        take("\(hiddenActivation.rawValue) \(outputActivation.rawValue) \(loss.rawValue)")
        if !blocks.isEmpty { take("input \(entryShape)") }
        for (index, block) in blocks.enumerated() { take("block \(index): \(block.meaning)") }
        // Tasks of the same shape as another one, whose outputs mean something else.
        switch task {
        case .classification, .regression, .forecast(steps: 1): break
        case .forecast(let steps): take("forecast of \(steps) steps")
        case .autoencoder: take("autoencoder")
        }
        for index in 0..<(widths.count - 1) {
            let order = liesInSweeps(index) ? " in sweeps, clusters of eight" : ""
            take(junction(index).meaningOfWeights.text + order)
        }
        return digest
    }

    /// The same for a person, in the words of the configuration: what stands beside a state, so that
    /// a refusal can name what changed. One part each for activations, loss and every block.
    package var meaningTexts: [String] {
        [
            "activation \(hiddenActivation.rawValue)",
            "output-activation \(outputActivation.rawValue)",
            "loss \(loss == .crossEntropy ? "cross-entropy" : "squared-error")",
        ] + blocks.enumerated().map { "block.\($0.offset) \($0.element.meaning)" }
    }

    /// Whether the weights of a junction lie sweep by sweep.
    private func liesInSweeps(_ index: Int) -> Bool {
        guard index + 1 < widths.count,
            case .fixed(.edge(let form)) = try? junction(index).junction(
                inputs: widths[index], outputs: widths[index + 1])
        else { return false }
        return form.liesInSweeps
    }
}

extension JunctionSpecification {
    /// The same without what only says how weights change.
    var meaningOfWeights: JunctionSpecification {
        var other = self
        other.increment = .exact
        if case .pruned(let settings) = structure {
            other.structure = .pruned(
                PruningSettings(kept: settings.kept, group: settings.group))
        }
        return other
    }
}

extension LearnerLayout {
    /// Whether a section of this layout was learned with the configuration's activations, loss and
    /// junctions: the same structures, densities, seeds and number formats.
    public func structureFits(_ section: UnsafeRawPointer) -> Bool {
        section.load(fromByteOffset: structure.offset, as: UInt64.self)
            == configuration.structureDigest
    }
}
