// A candidate in the words of a configuration: what to set over a configuration so that it becomes
// the candidate, and nothing more.
//
// A key in a junction's own table counts before the same key in [junction], so wherever the
// configuration has one in such a table, the candidate sets it there, too.

import Accelerator
import Configuration
import Junctions
import Learning

/// One `section.key=value`.
struct FitSetting: Equatable {
    let path: String
    let value: String

    /// As `--set` takes it.
    var text: String { "\(path)=\(value)" }

    /// Keys of a junction that candidates set.
    private static let searched: Set<String> = [
        "structure", "density", "out-degree", "interleaver", "parallelism", "dither",
        "sweep-start", "block", "pattern", "pruned-passes", "weight-update", "dropped-decay",
        "arithmetic", "format",
    ]

    /// Whether an assignment of `--set` is about what candidates set.
    static func isOfSearch(_ assignment: String) -> Bool {
        guard assignment.hasPrefix("junction."),
            let key = assignment.split(separator: "=").first?.split(separator: ".").last
        else { return false }
        return searched.contains(String(key))
    }
}

/// The settings of candidates over one configuration.
struct FitSettings {
    let base: MillraceConfiguration

    private var count: Int { base.learner.widths.count - 1 }

    /// What makes `candidate` of the configuration.
    func settings(_ candidate: FitCandidate) -> [FitSetting] {
        structure(candidate) + numbers(candidate) + learning(candidate)
    }

    /// Whether somebody gave the value, and it does not only follow from others.
    private func isSet(_ path: String) -> Bool {
        base.origin(of: path).map { $0 != .derived } ?? false
    }

    /// Whether the configuration has the key, or one that means the same, in a table.
    private func isSet(_ name: String, in table: String) -> Bool {
        let names = name == "density" ? ["density", "out-degree"] : [name]
        return names.contains { isSet("\(table).\($0)") }
    }

    private func isSetAnywhere(_ name: String) -> Bool {
        isSet("junction.\(name)") || (0..<count).contains { isSet("junction.\($0).\(name)") }
    }

    // MARK: which edges

    private func structure(_ candidate: FitCandidate) -> [FitSetting] {
        if candidate.structure == .dense, !isSetAnywhere("structure") { return [] }
        var settings = general(Self.keys(candidate.structure)).filter { setting in
            let name = String(setting.path.dropFirst("junction.".count))
            return (0..<count).contains { index in
                candidate.structure(of: index, count: count) == candidate.structure
                    && !isNamed(name, index, candidate)
            }
        }
        for index in 0..<count {
            let table = "junction.\(index)"
            let own = candidate.structure(of: index, count: count)
            for key in Self.keys(own) {
                if isNamed(key.name, index, candidate) {
                    settings.append(FitSetting(path: "\(table).\(key.name)", value: key.value))
                }
            }
        }
        return settings
    }

    /// Whether a key of the structure goes into the junction's own table: where the configuration
    /// has it there, and since a default of "pruned" spares the outer junctions unless named.
    private func isNamed(_ name: String, _ index: Int, _ candidate: FitCandidate) -> Bool {
        let isOuter = index == 0 || index == count - 1
        let isPruned = candidate.structure.kind == .pruned
        return isSet(name, in: "junction.\(index)")
            || (name == "structure" && isOuter && (candidate.sparesOuter || isPruned))
    }

    /// Keys in [junction]; those that only undo what a configuration says, where it says it.
    private func general(_ keys: [Key]) -> [FitSetting] {
        keys.filter { !$0.isDefault || isSet($0.name, in: "junction") }
            .map { FitSetting(path: "junction.\($0.name)", value: $0.value) }
    }

    private struct Key {
        let name: String
        let value: String
        /// Whether it is so anyway.
        var isDefault = false
    }

    private static func keys(_ structure: FitStructure) -> [Key] {
        let kind = Key(name: "structure", value: structure.kind.rawValue)
        switch structure {
        case .dense: return [kind]
        case .clashFree(let share):
            return [
                kind, Key(name: "density", value: "\(1 / Double(share))"),
                Key(name: "interleaver", value: "2", isDefault: true),
                Key(name: "parallelism", value: "0", isDefault: true),
                Key(name: "dither", value: "none", isDefault: true),
                Key(name: "sweep-start", value: "drawn", isDefault: true),
            ]
        case .laneAligned(let share):
            return [kind, Key(name: "density", value: "\(1 / Double(share))")]
        case .circulant(let blockSize): return [kind, Key(name: "block", value: "\(blockSize)")]
        case .pruned(let kept, let group):
            return [
                kind, Key(name: "pattern", value: "\(kept):\(group)"),
                Key(name: "pruned-passes", value: "both", isDefault: true),
                Key(name: "weight-update", value: "dense", isDefault: true),
                Key(name: "dropped-decay", value: "0", isDefault: true),
            ]
        }
    }

    // MARK: which numbers

    private func numbers(_ candidate: FitCandidate) -> [FitSetting] {
        var keys: [(name: String, value: String)] = []
        if let format = candidate.format {
            keys = [
                ("arithmetic", "fixed"),
                ("format", "\(format.width),\(format.integerBits),\(format.fractionBits)"),
            ]
        } else if isSetAnywhere("arithmetic") {
            keys = [("arithmetic", "float32")]
        }
        return keys.flatMap { key in
            let own = (0..<count).map { "junction.\($0)" }.filter { isSet(key.name, in: $0) }
            let tables = (own.count < count ? ["junction"] : []) + own
            return tables.map { FitSetting(path: "\($0).\(key.name)", value: key.value) }
        }
    }

    // MARK: how it learns

    /// Fixed point is plain descent with a power of two, and has no softmax.
    private func learning(_ candidate: FitCandidate) -> [FitSetting] {
        guard candidate.format != nil else { return [] }
        let learner = base.learner
        var settings: [FitSetting] = []
        let rate = LearnerConfiguration.nearestPowerOfTwo(learner.learningRate)
        if rate != learner.learningRate {
            settings.append(FitSetting(path: "learning.rate", value: "\(rate)"))
        }
        if learner.momentum > 0 {
            settings.append(FitSetting(path: "learning.momentum", value: "0"))
        }
        if learner.weightDecay > 0 {
            settings.append(FitSetting(path: "learning.weight-decay", value: "0"))
        }
        if learner.outputActivation == .softmax,
            base.origin(of: "network.output-activation") != .derived
        {
            settings.append(FitSetting(path: "network.output-activation", value: "sigmoid"))
        }
        return settings
    }

    /// What is said once about all candidates in fixed point.
    var adjustments: [String] {
        let learner = base.learner
        var texts: [String] = []
        let rate = LearnerConfiguration.nearestPowerOfTwo(learner.learningRate)
        if rate != learner.learningRate {
            texts.append(
                "a learning rate of 2^\(rate.exponent) = \(rate), the power of two nearest to "
                    + "\(learner.learningRate)")
        }
        if learner.momentum > 0 { texts.append("no momentum") }
        if learner.weightDecay > 0 { texts.append("no weight decay") }
        if learner.outputActivation == .softmax {
            texts.append("sigmoid outputs instead of softmax")
        }
        return texts
    }
}
