// block-bench: one learned sample through networks with blocks, by structure.
//
//     swift run -c release block-bench [--json] [NAME]
//
// --json prints an array of {name, value, unit}; NAME is that of one row. The same networks in PyTorch are in
// Benchmarks/blocks_torch.py; what is compared are whole steps: FF, loss, BP and UP of one sample.

let wanted = CommandLine.arguments.dropFirst().first { $0 != "--json" }
let rows = try BlockNetwork.all.flatMap { network in
    try network.variants.map { (name: network.name + $0.suffix, structure: $0.structure) }
        .filter { wanted == nil || $0.name == wanted }
        .map { ($0.name, try median(network, $0.structure)) }
}
guard !rows.isEmpty else { fatalError("no row has that name; without one, all are timed") }
if CommandLine.arguments.contains("--json") {
    let lines = rows.map { "{\"name\":\"\($0.0)\",\"value\":\(rounded($0.1)),\"unit\":\"us\"}" }
    print("[" + lines.joined(separator: ",\n ") + "]")
} else {
    let width = (rows.map(\.0.count).max() ?? 0) + 2
    for (name, value) in rows {
        print(name + String(repeating: " ", count: width - name.count) + "\(rounded(value)) us")
    }
}

/// Three digits after the point.
func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
