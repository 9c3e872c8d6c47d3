// Every junction of a network with its place, whether it stands in a block or behind the blocks: for
// whoever looks at a section as a whole.

import Junctions

/// A junction and where its parameters lie.
struct PlacedJunction {
    /// From the input, those of blocks counted, 0 first.
    let index: Int
    /// What the names of its fields begin with: `junction.0`, `block.2`, `block.3.recurrent`.
    let name: String
    /// In words: `junction 0`, `block 2, conv1d`, `block 3, lstm, recurrent`.
    let text: String
    let specification: JunctionSpecification
    let junction: Junction
    /// Bytes from the start of the section.
    let parametersOffset: Int

    /// Bytes from the start of the section to its saturation counters; nil in float32.
    var saturationsOffset: Int? {
        let fields = junction.form.fields
        return fields.firstIndex { $0.name == "saturations" }
            .map { parametersOffset + fields.offset($0) }
    }
}

extension Network {
    /// All of them, counted.
    var junctionCount: Int {
        graph.nodes.reduce(layers.count) { $0 + $1.block.form.parts.junctions.count }
    }

    /// Every junction, from the input.
    var placedJunctions: [PlacedJunction] {
        var placed: [PlacedJunction] = []
        for (index, node) in graph.nodes.enumerated() {
            for part in node.block.form.parts.junctions {
                let isNamed = !part.name.isEmpty
                placed.append(
                    PlacedJunction(
                        index: placed.count,
                        name: "block.\(index)" + (isNamed ? ".\(part.name)" : ""),
                        text: "block \(index), \(node.kind)" + (isNamed ? ", \(part.name)" : ""),
                        specification: part.specification, junction: part.junction,
                        parametersOffset: node.parametersOffset + part.parametersOffset))
            }
        }
        for (index, layer) in layers.enumerated() {
            placed.append(
                PlacedJunction(
                    index: placed.count, name: "junction.\(index)", text: "junction \(index)",
                    specification: layer.specification, junction: layer.junction,
                    parametersOffset: layer.parametersOffset))
        }
        return placed
    }
}
