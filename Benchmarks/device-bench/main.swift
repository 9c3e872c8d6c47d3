// device-bench: how fast the emulated device is, against the one that was built.
//
//     swift run -c release device-bench [--json] [--rows] [--seconds S]
//
// --json prints an array of {name, value, unit, reference}; --rows measures only what
// `scripts/bench` needs; --seconds lets one learner run for that long and nothing else, for a
// profiler.

import Kernels

let arguments = Array(CommandLine.arguments.dropFirst())
if let index = arguments.firstIndex(of: "--seconds"), index + 1 < arguments.count,
    let seconds = Double(arguments[index + 1])
{
    try runPipeline(seconds: seconds)
} else {
    let isAll = !arguments.contains("--rows")
    let rows = try measureFPGA(all: isAll) + measureAccounting(all: isAll)
    if arguments.contains("--json") {
        print("[" + rows.map(\.json).joined(separator: ",\n ") + "]")
    } else {
        let width = (rows.map(\.name.count).max() ?? 0) + 2
        for row in rows {
            print(row.name + String(repeating: " ", count: width - row.name.count) + row.text)
        }
    }
}
