// papers: the experiments behind docs/papers.md.
//
//     papers --data FOLDER --results FILE [--only PREFIX]... [--seeds N] [--quick] [--workers N]
//            [--list]
//
// Every finished run is a line of JSON in FILE (ResultsFile.swift), and progress
// goes to standard error. --only takes experiments by the start of number and variant (1, 0.5, "3.4 BDWP");
// --quick runs one seed of an epoch each, to see that everything works; --list prints the keys of
// all runs, finished or not, with their protocols, and runs nothing.

import Glibc
import Junctions
import Platform
import SampleSources
import Synchronization

/// The runs that are left, handed out one by one.
final class RunQueue: Sendable {
    private let next = Mutex(0)
    let runs: [Run]

    init(_ runs: [Run]) { self.runs = runs }

    func take() -> (index: Int, run: Run)? {
        next.withLock { index in
            guard index < runs.count else { return nil }
            defer { index += 1 }
            return (index, runs[index])
        }
    }
}

func work(_ queue: RunQueue, _ sets: [DataName: DataSet], _ file: ResultsFile) {
    while let (index, run) = queue.take() {
        guard let data = sets[run.recipe.data] else { continue }
        let name = "\(run.recipe.experiment) \(run.recipe.variant), seed \(run.seed)"
        let result: RunResult
        do throws(StructureError) {
            if let problem = run.problem(data) {
                StandardError.write("papers: without \(name): \(problem)\n")
                continue
            }
            result =
                run.recipe.manner == .passes
                ? try Trainer(run, data).finish() : OnlineTrainer(run, data).finish()
        } catch {
            StandardError.write("papers: without \(name): \(error)\n")
            continue
        }
        let last = result.test.last ?? result.prequential.last ?? 0
        StandardError.write(
            "\(index + 1)/\(queue.runs.count) \(name): \((last * 1e4).rounded() / 1e2) % in "
                + "\((result.seconds * 10).rounded() / 10) s\n")
        if !file.append(run, result) {
            StandardError.write("papers: cannot write the results file\n")
            exit(74)
        }
    }
}

guard let options = Options(CommandLine.arguments.dropFirst()) else {
    StandardError.write(Options.usage)
    exit(64)
}
var recipes = Experiments.recipes.filter { recipe in
    options.only.isEmpty
        || options.only.contains { "\(recipe.experiment) \(recipe.variant)".hasPrefix($0) }
}
if options.isQuick {
    for index in recipes.indices { recipes[index].epochs = 1 }
}
let wanted = Run.all(recipes, seeds: options.isQuick ? 1 : options.seeds)
if options.isList {
    for run in wanted { print("\(run.key)\t\(run.recipe.protocolText)") }
    exit(0)
}
var sets: [DataName: DataSet] = [:]
for name in DataName.allCases {
    do throws(SourceError) {
        sets[name] = try DataSet.load(name, folder: options.dataFolder)
    } catch {
        StandardError.write("papers: without \(name.rawValue): \(error)\n")
    }
}
let results = ResultsFile(path: options.resultsPath)
let runs =
    wanted
    .filter { sets[$0.recipe.data] != nil && !results.has($0) }
StandardError.write("papers: \(runs.count) runs\n")
let queue = RunQueue(runs)
let loaded = sets
let workers = (0..<options.workers).map { index in
    WorkerThread(name: "papers-\(index)", stackBytes: 4 << 20) { work(queue, loaded, results) }
}
for worker in workers { worker.join() }
