// The tables of blocks against each other, and against the rest of the configuration. What is
// wrong with the shape of a block is found by the learner's own check.

import Junctions
import Learning

extension ConfigurationBuilder {
    /// Blocks of the network: one more than the highest number.
    var blockCount: Int { (BlockKeys.numbers(in: values.keys).last ?? -1) + 1 }

    /// Extents of a sample; empty: a flat vector.
    var inputShape: [Int] { integers("input.shape") }

    /// The tables as they stand now.
    var blockTables: BlockTables {
        BlockTables(
            values: values, isSequence: inputShape.count == 2, junctions: blockJunctionTables,
            networkSeed: UInt64(integer("network.seed")))
    }

    /// The junctions inside blocks, numbered as the blocks are.
    var blockJunctionTables: JunctionTables {
        let indices = (0..<blockCount).filter { index in
            switch blockWord("kind", index) {
            case "residual": blockWord("projection", index) == "convolution"
            case let kind?: BlockKeys.withJunctions.contains(kind)
            case nil: false
            }
        }
        return JunctionTables(
            values: values, prefix: "block", indices: indices, first: indices.first, last: nil)
    }

    private func blockWord(_ name: String, _ index: Int) -> String? {
        guard case .text(let word) = values["block.\(index).\(name)"]?.value else { return nil }
        return word
    }

    /// The blocks, from the input.
    func blocks() -> [BlockSpecification] {
        let tables = blockTables
        return (0..<blockCount).map { tables.specification($0) }
    }

    /// Without other word there are no hidden layers behind blocks.
    mutating func deriveHidden() {
        guard blockCount > 0, values["network.hidden"]?.origin == .builtIn else { return }
        values["network.hidden"] = EffectiveValue(value: .array([]), origin: .derived)
    }

    /// Reports what the tables of blocks say wrongly.
    mutating func checkBlocks() {
        checkShape()
        for index in 0..<blockCount {
            guard let kind = blockWord("kind", index) else {
                if !problems.contains(where: { $0.key == "block.\(index).kind" }) {
                    reportMissing(index)
                }
                continue
            }
            checkKeys(of: index, kind)
        }
        if let value = values["network.recompute"], blockCount == 0, value.value != .integer(0) {
            report(
                "network.recompute", found: shown("network.recompute"),
                expected: "0 or nothing: there are no blocks whose activations could be "
                    + "computed again")
        }
    }

    private mutating func reportMissing(_ index: Int) {
        let isThere = BlockKeys.all.contains { values["block.\(index).\($0.name)"] != nil }
        report(
            "block.\(index).kind", found: isThere ? "nothing" : "no block \(index)",
            expected: isThere
                ? "one of " + BlockKeys.kinds.joined(separator: ", ")
                : "blocks numbered from 0 without a gap: there is a block \(blockCount - 1)")
    }

    private mutating func checkShape() {
        let shape = inputShape
        guard values["input.shape"] != nil else {
            if blockCount > 0, !problems.contains(where: { $0.key == "input.shape" }) {
                report(
                    "input.shape", found: "nothing",
                    expected: "[positions, channels] of a sequence, or [rows, columns, "
                        + "channels], since there are blocks; [features] for a flat vector")
            }
            return
        }
        let count = integer("input.features")
        let product = shape.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
        guard product != count, count > 0 else { return }
        report(
            "input.shape", found: "\(shown("input.shape")), which is \(product) values",
            expected: "extents whose product is input.features, \(count)")
    }

    /// Reports what the kind of block `index` lacks or does not know.
    private mutating func checkKeys(of index: Int, _ kind: String) {
        let section = "block.\(index)"
        for key in BlockKeys.own {
            let path = "\(section).\(key.name)"
            if key.kinds.contains(kind) {
                guard key.isRequired, values[path] == nil else { continue }
                guard !problems.contains(where: { $0.key == path }) else { continue }
                report(path, found: "nothing", expected: key.kind.expected)
            } else if values[path] != nil {
                reportForeign(path, key.kinds, kind, index)
            }
        }
        let hasJunction = blockJunctionTables.indices.contains(index)
        for key in JunctionKeys.all where !hasJunction && values["\(section).\(key.name)"] != nil {
            reportForeign("\(section).\(key.name)", BlockKeys.withJunctions, kind, index)
        }
        checkSequenceKeys(section, kind)
        if kind == "conv2d", inputShape.count == 2 {
            report(
                "\(section).kind", found: "\"conv2d\" with input.shape = \(shown("input.shape"))",
                expected: "\"conv1d\": two extents are the positions and channels of a sequence, "
                    + "which has one axis; or input.shape = [rows, columns, channels] of an image")
        }
        if kind == "lstm" { checkHistory("\(section).history", blockWord("state", index)) }
    }

    private mutating func checkHistory(_ path: String, _ state: String?) {
        guard !problems.contains(where: { $0.key == path }) else { return }
        if state == "producer", values[path] == nil {
            report(
                path, found: "nothing",
                expected: "so many positions as back-propagation goes back with state = "
                    + "\"producer\": at least those of a sample")
        } else if state != "producer", values[path] != nil {
            report(
                path, found: shown(path),
                expected: "none, or state = \"producer\": a window starts at zero")
        }
    }

    private mutating func reportForeign(
        _ path: String, _ kinds: [String], _ kind: String, _ index: Int
    ) {
        let words = kinds.map { "\"\($0)\"" }.joined(separator: ", ")
        let why =
            kind == "residual" ? "a residual block without projection = \"convolution\"" : kind
        report(
            path, found: shown(path),
            expected: "none: it belongs to \(words), and block \(index) is \(why)")
    }

    /// One number where there is one axis.
    private mutating func checkSequenceKeys(_ section: String, _ kind: String) {
        let isFlat =
            kind == "conv1d" || BlockKeys.pools.contains(kind) && inputShape.count == 2
        guard isFlat else { return }
        for name in ["kernel", "size", "stride", "dilation", "padding"] {
            let path = "\(section).\(name)"
            guard case .array(let list) = values[path]?.value, list.count > 1 else { continue }
            report(
                path, found: shown(path), expected: "one number: a sequence has one axis")
        }
    }
}

// MARK: what the learner's own check says of blocks

extension ConfigurationBuilder {
    /// Reports an error of blocks with the key that it is about; false where it is none of theirs.
    mutating func reportBlocks(_ error: LearnerConfigurationError) -> Bool {
        switch error {
        case .blockUnsuitable(let index, let kind, let error):
            let key = blockKey(index, error.property)
            var expected = error.expected
            if key.hasPrefix("junction.") {
                expected += "; or block.\(index).structure = \"dense\", if it is this block alone"
            }
            report(key, found: "\(error.found) in block \(index), \(kind)", expected: expected)
        case .inputShapeUnsuitable(let shape, let count):
            report(
                "input.shape", found: "\(shape)",
                expected: "[positions, channels] or [rows, columns, channels] of \(count) features "
                    + "together")
        case .pipelineBlocks(let count):
            report(
                "network.schedule", found: shown("network.schedule"),
                expected: "\"sequential\" with blocks (here \(count)): the pipeline's registers "
                    + "hold vectors between junctions, not planes")
        case .countOutOfRange(key: "input width", let value, _, _) where blockCount > 0:
            report(
                "network.input-width", found: "\(value)",
                expected: "0 with blocks, which read the features as they are")
        default: return false
        }
        return true
    }

    /// The key that a property of an error about block `index` is set by.
    func blockKey(_ index: Int, _ property: String) -> String {
        let section = "block.\(index)"
        switch property {
        case "learning rate", "momentum":
            return property == "momentum" ? "learning.momentum" : "learning.rate"
        case "weight decay": return "learning.weight-decay"
        // What shape comes in or goes out; not the key of a recurrent layer.
        case "input", "output": return "\(section).kind"
        case "density", "out-degree":
            return blockJunctionTables.densityPath(index) ?? "\(section).\(property)"
        default: break
        }
        let names = ["pruning": "pattern", "dropped decay": "dropped-decay"]
        let name = names[property] ?? property
        // Shapes that do not meet are nobody's key: the block as a whole is wrong there.
        guard let key = BlockKeys.find(name),
            blockWord("kind", index).map(key.kinds.contains) ?? true
        else { return "\(section).kind" }
        if BlockKeys.own.contains(where: { $0.name == name }) { return "\(section).\(name)" }
        return blockJunctionTables.path(name, index) ?? "\(section).\(name)"
    }
}
