import ArgumentParser
import Client
import Glibc
import Messaging
import MillraceProtocol
import Platform
import SampleSources

/// How a source is read.
struct SourceColumns: ParsableArguments {
    @Option(help: ArgumentHelp("Columns of the label (text sources).", valueName: "columns"))
    var labelColumn: String?
    @Option(help: ArgumentHelp("Columns of the features (text sources).", valueName: "columns"))
    var features: String?
    @Option(
        help: ArgumentHelp(
            "Labels of a .npy file; without it NAME.y.npy beside NAME.x.npy.", valueName: "file"),
        completion: .file(extensions: ["npy"]))
    var labels: String?

    /// Whether nothing is said.
    var isEmpty: Bool { labelColumn == nil && features == nil && labels == nil }
    var namesNoLabels: Bool { labelColumn == nil && labels == nil }

    /// The same for a receiver.
    func options(_ expected: ExpectedSchema) -> SourceOptions {
        var options = SourceOptions(expected: expected)
        options.labelsPath = labels
        options.labelColumns = labelColumn
        options.featureColumns = features
        return options
    }
}

/// Which source, and how it is read.
struct SourceArguments: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "A .npy, .csv, .tsv, .jsonl or .ndjson file, - for standard input, host, or morse.",
            discussion:
                "Columns are given by name or by number from 1: 2,4-6. morse takes options: morse:noise=0.05,drift=1e-5,seed=2,limit=200000"
        ),
        completion: .file())
    var source: String
    @OptionGroup var columns: SourceColumns

    /// Opens the source for a daemon.
    func open(
        _ schema: SchemaReply, rate: Double? = nil, unlabelled: Bool = false,
        mayBeEmpty: Bool = false
    ) throws(ClientError) -> any SampleSource {
        var options = columns.options(try schema.expected())
        if options.expected?.labels == SourceLabels.none, !columns.namesNoLabels {
            Console.talk("note: the daemon's task is \(schema.task): labels are left out")
        }
        options.unlabelled = unlabelled
        // A live source makes its samples at this rate; others are read faster than that.
        options.ratePerSecond = rate
        do throws(SourceError) {
            let opened = try SourceCatalog.open(source, options: options)
            // A row of names alone would take a producer's place for nothing.
            if !mayBeEmpty, opened.isSeekable, Self.isEmpty(opened) { throw .empty(path: source) }
            return opened
        } catch {
            if mayBeEmpty, case .empty = error, let expected = options.expected {
                return EmptySource(name: source, expected: expected)
            }
            throw ClientError(error)
        }
    }

    private static func isEmpty(_ source: any SampleSource) -> Bool {
        var batch = SampleBatch(schema: source.schema)
        // What is wrong with a first row is said by whoever reads on.
        return (try? source.read(from: 0, count: 1, into: &batch, timeoutMilliseconds: 0)) == .end
    }

    /// The producer's name when none is given: the file's folder and name, or the source's word.
    var defaultName: String {
        let word = source.split(separator: ":", maxSplits: 1).first.map(String.init) ?? ""
        if source == "-" { return "stdin" }
        if word == "host" || word == "morse" { return word }
        var parts = Endpoints.plain(source).split(separator: "/").suffix(2).map(String.init)
        if var file = parts.popLast() {
            for ending in [".x.npy", ".npy", ".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".json"]
            where file.lowercased().hasSuffix(ending) {
                file.removeLast(ending.count)
                break
            }
            parts.append(file)
        }
        let allowed = parts.joined(separator: "-").unicodeScalars.map { scalar in
            ProducerName(String(scalar)) == nil ? "-" : String(scalar)
        }
        return String(allowed.joined().suffix(ProducerName.capacity))
    }
}

/// `millrace stream SOURCE`
struct StreamCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stream", abstract: "Sends a source's samples to be learned.",
        discussion: """
            Unfinished work of the same name continues where it stopped; finished work says so
            and exits 0; --again sends everything once more, in a new epoch. Running the same
            command twice is safe, and so is a restart of either side: every sample that is
            acknowledged was learned exactly once.

            A file may change behind what was sent: when a row is corrected or rows are added at its \
            end, the same command continues after the samples that the daemon has, and learns none \
            twice. When they themselves have changed it is another source, and refused.

            A source that can be read again is not copied. Standard input and host are written to
            the spool before they are sent. Ctrl-C stops at once (exit code 130); the same
            command continues.

            A pipe has no beginning that could be recognised: what it brings is new. Feed a service
            with --append, which sends what the spool still holds and then continues in the same
            epoch, also after an earlier pipe came to its end.

            --shuffle-within FILE changes the order inside runs of equal numbers of FILE (one
            per sample), the same way for the same --seed: from a run's last place down, place i
            changes with place floor(r·(i+1)/2^64), r the next number of SplitMix64.
            """)

    @OptionGroup var source: SourceArguments
    @Option(
        help: ArgumentHelp("The producer's name; default from the source.", valueName: "name"),
        completion: Completions.producers)
    var name: String?
    @Option(help: ArgumentHelp("Samples per second.", valueName: "number"))
    var rate: Double?
    @Flag(help: "Begin again at the first sample after the last.")
    var loop = false
    @Flag(help: "Send everything again, in a new epoch; with --append what the spool still holds.")
    var again = false
    @Flag(help: "Take no labels from the source; they come later, with millrace label.")
    var noLabels = false
    @Flag(help: "Standard input: continue after an earlier pipe that came to its end.")
    var append = false
    @Option(help: ArgumentHelp("Send at most this many samples of the source.", valueName: "count"))
    var limit: UInt64?
    @Option(help: ArgumentHelp("Most samples in one frame.", valueName: "count"))
    var batch = 256
    @Option(
        help: ArgumentHelp("Change the order inside groups.", valueName: "file.npy"),
        completion: .file(extensions: ["npy"]))
    var shuffleWithin: String?
    @Option(help: ArgumentHelp("Seed of --shuffle-within.", valueName: "number"))
    var seed: UInt64 = 1
    @Flag(help: "Leave out rows that cannot be used, and count them.")
    var skipBad = false
    @Flag(help: "Report what the daemon's emulated device spent meanwhile.")
    var cost = false
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let rate, !(rate > 0 && rate < 1e9) {
            throw ValidationError("--rate takes samples per second, more than 0.")
        }
        guard (1...1_000_000).contains(batch) else {
            throw ValidationError("--batch takes 1 to 1000000.")
        }
        if let name, ProducerName(name) == nil {
            throw ValidationError("--name takes 1 to 64 of A-Z a-z 0-9 . _ -")
        }
        if append, source.source != "-" {
            throw ValidationError("--append is for standard input.")
        }
        if limit == 0 { throw ValidationError("--limit takes 1 or more.") }
    }

    /// A stream of which nothing was taken is no success for whoever started it.
    private static func refuseUseless(_ report: StreamReport) throws(AfterDocument) {
        guard report.sent > 0, report.acknowledged > 0, report.refused >= report.acknowledged
        else { return }
        throw AfterDocument(
            error: ClientError(
                .badData, "all \(report.refused) samples were refused",
                why: report.refusedBy.keys.sorted().joined(separator: ", "),
                advice: "[input] lower, upper and type of the configuration, or --features"))
    }

    func run() throws {
        try reporting(output) {
            // Before the first thread: a signal must find no thread that still takes it.
            let signals = ProcessSignals()
            let run = try StreamRun(self, signals: signals)
            let report = try run.run()
            if output.json {
                Console.printJSON(report)
            } else {
                report.lines(classNames: run.classNames).forEach(Console.print)
            }
            if report.interrupted { throw ExitCode(130) }
            try Self.refuseUseless(report)
        }
    }
}
