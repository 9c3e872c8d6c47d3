// What the weights of a state mean. Shapes do not say all: another seed gives other edges to the
// same number of weights, another format another meaning to the same bits. So the digest of the
// junctions' structure and arithmetic is part of the state, and a state with another one is
// refused. The update rule is not in it: it may change from start to start. The order in which
// weights lie is, where it is not that of right neurons.

import Junctions

extension LearnerConfiguration {
    /// FNV-1a of structure and arithmetic of every junction in words; 0 where all are dense
    /// float32, whose shapes say everything.
    var structureDigest: UInt64 {
        guard junctions.contains(where: { $0.structure != .dense || $0.arithmetic != .float32 })
        else { return 0 }
        var digest: UInt64 = 0xcbf2_9ce4_8422_2325
        for (index, junction) in junctions.enumerated() {
            let order = liesInSweeps(index) ? " in sweeps, clusters of eight" : ""
            for byte in (junction.meaningOfWeights.text + order + "\n").utf8 {
                digest = (digest ^ UInt64(byte)) &* 0x100_0000_01b3
            }
        }
        return digest
    }

    /// Whether the weights of a junction lie sweep by sweep.
    private func liesInSweeps(_ index: Int) -> Bool {
        guard index + 1 < widths.count,
            case .fixed(.edge(let form)) = try? junctions[index].junction(
                inputs: widths[index], outputs: widths[index + 1])
        else { return false }
        return form.liesInSweeps
    }
}

extension JunctionSpecification {
    /// The same without what only says how weights change.
    fileprivate var meaningOfWeights: JunctionSpecification {
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
    /// Whether a section of this layout was learned with the configuration's junctions: the same
    /// structures, densities, seeds and number formats.
    public func structureFits(_ section: UnsafeRawPointer) -> Bool {
        guard let structure else { return true }
        return section.load(fromByteOffset: structure.offset, as: UInt64.self)
            == configuration.structureDigest
    }
}
