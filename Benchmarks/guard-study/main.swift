// guard-study: what the guard does to real streams with and without poison; behind docs/guard.md.
//
//     guard-study DATA SEEDS > runs.jsonl
//     guard-study DATA cost             what it costs while it watches
//     guard-study DATA drift SEEDS      detectors of drift and what follows; behind docs/drift.md
//
// One line of JSON per stream, poison, policy and seed.

import Glibc
import Platform

let arguments = CommandLine.arguments
if arguments.count == 4, arguments[2] == "drift", let seeds = UInt64(arguments[3]) {
    do {
        try DriftStudy(data: arguments[1], seeds: seeds).run()
        exit(0)
    } catch {
        StandardError.write("guard-study: \(error)\n")
        exit(66)
    }
}
let isCost = arguments.count >= 3 && arguments[2] == "cost"
guard arguments.count >= 3, let seedCount = isCost ? 0 : UInt64(arguments[2]) else {
    StandardError.write("guard-study DATA SEEDS | DATA cost | DATA drift SEEDS\n")
    exit(64)
}
let data = arguments[1]
var streams: [StudyStream] = []
do {
    streams.append(
        try StudyStream(
            "elec2", example: "examples/elec2.toml", file: "\(data)/elec2/stream.x.npy",
            poisonStart: 20_000))
    streams.append(
        try StudyStream(
            "mnist", example: "examples/mnist.toml", file: "\(data)/mnist/train.x.npy",
            limit: 12_544, poisonStart: 5_000))
    streams.append(
        try StudyStream(
            "mnist 30k", example: "examples/mnist.toml", file: "\(data)/mnist/train.x.npy",
            limit: 30_000, poisonStart: 15_000))
    streams.append(
        try StudyStream(
            "gas", example: "examples/gas.toml", file: "\(data)/gas/train.x.npy", passes: 3,
            groups: "\(data)/gas/train.batch.npy", poisonStart: 8_000))
} catch {
    StandardError.write("guard-study: \(error)\n")
    exit(66)
}

func mean(_ values: ArraySlice<Bool>) -> Double {
    values.isEmpty ? 0 : Double(values.reduce(0) { $0 + ($1 ? 1 : 0) }) / Double(values.count)
}

/// Samples after the poison until the last 500 answers are within a point of `clean`'s.
func recovery(_ run: [Bool], _ clean: [Bool], _ end: Int) -> Int {
    for after in 0...(run.count - end) {
        let span = (end + after - 500)..<(end + after)
        if mean(run[span]) >= mean(clean[span]) - 0.01 { return after }
    }
    return -1
}

/// Samples after the poison until the last 500 answers are within a point of the 2,000 before it.
func ownRecovery(_ run: [Bool], _ start: Int, _ end: Int) -> Int {
    let level = mean(run[(start - 2_000)..<start])
    for after in 0...(run.count - end) {
        if mean(run[(end + after - 500)..<(end + after)]) >= level - 0.01 { return after }
    }
    return -1
}

/// Accuracy over 500 samples, every 250, for the plot.
func curve(_ run: [Bool]) -> String {
    stride(from: 500, through: run.count, by: 250)
        .map { "\((mean(run[($0 - 500)..<$0]) * 1e4).rounded() / 1e4)" }.joined(separator: ",")
}

if isCost {
    for stream in streams where stream.name != "mnist 30k" {
        let cost = StudyRun(stream, .none, .compare, seed: 1).measure(samples: 2_000)
        func micro(_ values: [Double]) -> Double { (median(values) * 1e8).rounded() / 100 }
        print(
            "\(stream.name): check \(micro(cost.check)) us, copy \(micro(cost.copy)) us per commit; "
                + "a sample \(median(cost.plain).rounded()) ns, watched "
                + "\(median(cost.watched).rounded()) ns")
    }
}

for stream in streams where !isCost {
    for seed in 1...seedCount {
        let clean = StudyRun(stream, .none, .off, seed: seed).finish()
        for poison in Poison.allCases {
            for policy in Policy.allCases {
                let run = StudyRun(stream, poison, policy, seed: seed).finish()
                let start = stream.poisonStart
                let end = start + StudyStream.poisonSamples
                let words = run.firstActions.map { "\"\($0)\"" }.joined(separator: ",")
                print(
                    "{\"stream\":\"\(stream.name)\",\"poison\":\"\(poison)\","
                        + "\"policy\":\"\(policy)\",\"seed\":\(seed),"
                        + "\"live\":\(mean(run.live[...])),\"served\":\(mean(run.served[...])),"
                        + "\"during\":\(mean(run.served[start..<end])),"
                        + "\"after\":\(mean(run.served[end...])),"
                        + "\"recovery\":\(recovery(run.served, clean.served, end)),"
                        + "\"own\":\(ownRecovery(run.served, start, end)),"
                        + "\"falls\":\(run.falls),\"rollbacks\":\(run.rollbacks),"
                        + "\"drifts\":\(run.drifts),\"compared\":\(run.compared),"
                        + "\"frozen\":\(run.frozen),\"actions\":[\(words)],"
                        + "\"curve\":[\(curve(run.served))]}")
            }
        }
    }
}
