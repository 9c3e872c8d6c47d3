// streams: the example configurations on the real streams; behind docs/streams.md.
//
//     streams --data FOLDER --results FILE [--only PREFIX]... [--seeds N] [--workers N] [--list]
//     streams --data FOLDER --only PREFIX --set KEY=VALUE...
//
// Every finished run is a line of JSON in FILE, and is not repeated while its experiment, its
// configuration and this program's version stay the same. --only takes experiments by the start of
// "name variant"; --list prints the keys of all runs and runs nothing; with --set nothing is
// written: the experiments run once, with these values over those of their files.

import Configuration
import Glibc
import Platform
import Synchronization

/// The runs that are left, handed out one by one.
final class RunQueue: Sendable {
    private let next = Mutex(0)
    let runs: [StreamRun]

    init(_ runs: [StreamRun]) { self.runs = runs }

    func take() -> (index: Int, run: StreamRun)? {
        next.withLock { index in
            guard index < runs.count else { return nil }
            defer { index += 1 }
            return (index, runs[index])
        }
    }
}

func work(_ queue: RunQueue, _ streams: [StreamName: Samples], _ file: ResultsFile) {
    while let (index, run) = queue.take() {
        guard let samples = streams[run.experiment.stream] else { continue }
        let result = run.finish(samples)
        let seconds = (result.seconds * 10).rounded() / 10
        StandardError.write(
            "\(index + 1)/\(queue.runs.count) \(run.title): \(result.text), \(seconds) s\n")
        if !file.append(run.key, run.json(result, samples)) {
            StandardError.write("streams: cannot write the results file\n")
            exit(74)
        }
    }
}

guard let options = Options(CommandLine.arguments.dropFirst()) else {
    StandardError.write(Options.usage)
    exit(64)
}
let experiments = Experiment.all.filter { experiment in
    options.only.isEmpty || options.only.contains { experiment.title.hasPrefix($0) }
}
var wanted: [StreamRun] = []
for experiment in experiments {
    for seed in 1...UInt64(options.seeds) {
        do throws(ConfigurationErrors) {
            wanted.append(try StreamRun(experiment, seed: seed, extra: options.assignments))
        } catch {
            StandardError.write("streams: without \(experiment.title): \(error)\n")
            break
        }
    }
}
if options.isList {
    for run in wanted { print(run.key) }
    exit(0)
}
let results = ResultsFile(path: options.assignments.isEmpty ? options.resultsPath : nil)
let runs = wanted.filter { !results.has($0.key) }
var streams: [StreamName: Samples] = [:]
for name in Set(runs.map(\.experiment.stream)) {
    do {
        streams[name] = try Samples(name, folder: options.dataFolder)
    } catch {
        StandardError.write("streams: without \(name.rawValue): \(error)\n")
    }
}
let queue = RunQueue(runs)
let loaded = streams
let workers = (0..<options.workers).map { index in
    WorkerThread(name: "streams-\(index)", stackBytes: 8 << 20) { work(queue, loaded, results) }
}
for worker in workers { worker.join() }
