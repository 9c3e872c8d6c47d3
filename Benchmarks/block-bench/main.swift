// block-bench: one learned sample through networks with blocks, by structure.
//
//     swift run -c release block-bench [--json]
//
// --json prints an array of {name, value, unit}. The same networks in PyTorch are in
// Benchmarks/blocks_torch.py; what is compared are whole steps: FF, loss, BP and UP of one sample.

let rows = try BlockNetwork.all.flatMap { network in
    try network.variants.map { (network.name + $0.suffix, try median(network, $0.structure)) }
}
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
