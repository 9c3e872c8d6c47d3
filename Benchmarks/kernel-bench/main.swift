// kernel-bench: medians of the kernels, of one training step, and of every structure and rule
// beside the dense, exact one.
//
//     swift run -c release kernel-bench [--json] [--rows | PART ...]
//
// --json prints an array of {name, value, unit, reference}; --rows measures only what
// `scripts/bench` needs. Parts: dense structures pruned many stochastic fixed; all without one.

import Kernels

let arguments = Array(CommandLine.arguments.dropFirst())
let parts = Set(arguments.filter { !$0.hasPrefix("--") })
var rows: [Row] = []

/// Whether a part was asked for, or none was named.
func wants(_ part: String) -> Bool { parts.isEmpty || parts.contains(part) }

if arguments.contains("--rows") {
    rows = measureForTable()
    rows += try measureStructuresForTable()
    rows += try measurePrunedForTable()
    rows += measureStochasticForTable()
} else {
    if wants("dense") { rows += measureDense() }
    if wants("structures") {
        for set in measuredSets where set.name != "plain" { rows += try measureStructures(set) }
    }
    if wants("pruned") { rows += try measurePruned() }
    if wants("many") { rows += try measureShared() }
    if wants("stochastic") { rows += measureStochastic() }
    if wants("fixed") { rows += try measureFixed() }
}

if arguments.contains("--json") {
    print("[" + rows.map(\.json).joined(separator: ",\n ") + "]")
} else {
    let width = (rows.map(\.name.count).max() ?? 0) + 2
    for row in rows {
        print(row.name + String(repeating: " ", count: width - row.name.count) + row.text)
    }
}
