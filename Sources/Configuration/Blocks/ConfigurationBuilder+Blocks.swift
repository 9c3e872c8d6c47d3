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
        if kind == "lstm", blockWord("state", index) != "producer" {
            let path = "\(section).history"
            guard values[path] != nil else { return }
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
