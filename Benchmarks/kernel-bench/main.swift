// kernel-bench: medians of the kernels and of one training step.
//
//     swift run -c release kernel-bench [--json] [--rows]
//
// --pruned measures what N:M gains, --micro-batches its steps of many vectors alone.
// --json prints an array of {name, value, unit}; --rows measures only what `scripts/bench` needs.

import Kernels

let arguments = CommandLine.arguments.dropFirst()
let isJSON = arguments.contains("--json")
let isShort = arguments.contains("--rows")
var rows: [Row] = []

if arguments.contains("--micro-batches") {
    rows = try measureMicroBatches([64, 192, 320, 576])
} else if arguments.contains("--pruned") {
    rows = try measurePruned()
} else if arguments.contains("--edges") {
    rows = measureEdges()
} else if isShort {
    rows = measureForTable()
} else {
    for set in measuredSets {
        rows.append(measureStep(inputs: 784, hidden: 128, outputs: 10, set))
        rows.append(measureStep(inputs: 784, hidden: 128, outputs: 10, set, tanh: true))
        rows.append(measureStep(inputs: 8, hidden: 16, outputs: 2, set))
        rows += measureJunction(inputs: 784, outputs: 128, set)
        rows += measureJunction(inputs: 1024, outputs: 1024, set)
        rows += measureJunction(inputs: 8, outputs: 16, set)
        rows += measureElementwise(set)
    }
    rows += measureStreams(bytes: 4 << 20)
}

if isJSON {
    print("[" + rows.map(\.json).joined(separator: ",\n ") + "]")
} else {
    let width = (rows.map(\.name.count).max() ?? 0) + 2
    for row in rows {
        let padding = String(repeating: " ", count: width - row.name.count)
        print("\(row.name)\(padding)\(row.rounded) \(row.unit)")
    }
}
