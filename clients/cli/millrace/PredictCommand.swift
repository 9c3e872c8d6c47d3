import ArgumentParser
import Client
import MillraceProtocol
import SampleSources

/// `millrace predict SOURCE`
struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict", abstract: "Asks for predictions; nothing is learned.",
        discussion: "Answered from the newest durable generation, also while the daemon learns. "
            + "One line per sample: its index, the class and its probability, or the values in "
            + "the units of the data, and the generation that answered; one line per step of a "
            + "forecast of several. An autoencoder also says how wrong its reconstruction is, and "
            + "which share of the errors so far was smaller. A sample that the daemon refuses is "
            + "said and left out; when all are refused the exit code is 65.")

    @OptionGroup var source: SourceArguments
    @Option(help: ArgumentHelp("At most this many samples.", valueName: "count"))
    var limit: Int?
    @Option(help: ArgumentHelp("Pass over this many samples first.", valueName: "count"))
    var skip = 0
    @Flag(
        help:
            "Compare with the source's labels: the share of right classes, or the error of each target."
    )
    var score = false
    @Flag(help: "Say what the predictions cost on the daemon's emulated device.")
    var cost = false
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard limit ?? 1 > 0, skip >= 0 else {
            throw ValidationError("--limit takes 1 or more, --skip 0 or more.")
        }
    }

    struct Prediction: Encodable {
        var index: Int
        var classIndex: Int32?
        var className: String?
        var outputs: [Float?]
        /// Autoencoder: how wrong the outputs are.
        var error: Float?
        /// The share of the errors so far below it; absent while too few are known.
        var anomalyPercentile: Float?
        var generation: UInt64
    }

    struct Document: Encodable {
        var predictions: [Prediction]
        var samples: Int
        var oldestGeneration: UInt64
        var newestGeneration: UInt64
        var scored: Int?
        var right: Int?
        var accuracy: Double?
        /// Regression with --score: of each target.
        var errors: [PredictScore.TargetError]?
        /// Samples that the daemon refused.
        var refused: Int?
        /// What the emulated device spent on these predictions.
        var cost: CostDocument?
    }

    func run() throws {
        try reporting(output) {
            let client = try daemon.queryClient(makeContext())
            let schema = try client.ask(SchemaReply.self, ControlRequest(command: .schema))
            guard let wire = schema.wireSchema else {
                throw ClientError(.protocolMismatch, "the daemon's schema cannot be read")
            }
            if score { try PredictScore.needsLabels(schema) }
            let source = try source.open(schema, unlabelled: !score)
            let document = try predict(source, wire, schema, client)
            if document.samples == 0, skip > 0 {
                let count = source.count.map { "holds \($0) samples" } ?? "ends before that"
                Console.talk(
                    "note: nothing to predict: --skip \(skip) passes over all of "
                        + "\(source.name), which \(count)")
            }
            if score, document.samples > 0, document.scored == 0 {
                throw ClientError(
                    .badData, "\(source.name) has no labels to compare with",
                    advice: "--label-column NAME, or --labels FILE.y.npy")
            }
            if output.json { return Console.printJSON(document) }
            PredictScore.lines(document).forEach(Console.print)
            if cost { (document.cost?.lines ?? [CostDocument.missing]).forEach(Console.talk) }
        }
    }

    private func predict(
        _ source: any SampleSource, _ wire: WireSchema, _ schema: SchemaReply,
        _ client: RequestClient
    ) throws -> Document {
        let reader = SourceReader(source)
        var rows = RowBatch()
        var document = Document(
            predictions: [], samples: 0, oldestGeneration: .max, newestGeneration: 0)
        var tally = PredictScore(schema)
        var refused: [(index: Int, error: ClientError)] = []
        var spent: DeviceCost?
        let most = max(1, min(schema.maxBatch, room(schema, wire)))
        var index = skip
        reading: while document.samples < limit ?? .max {
            let count = min(most, (limit ?? .max) - document.samples)
            switch try reader.read(from: UInt64(index), atMost: count, into: &rows) {
            case .end: break reading
            case .notYet: continue
            case .bad(let text): throw ClientError(.badData, text)
            case .rows: break
            }
            let first = index
            let batch = rows
            let found = try answers(batch, wire, client, first, &refused) { view, first in
                if let cost = view.cost { spent = (spent ?? DeviceCost()) + cost }
                return (0..<view.count).map { prediction(view, $0, first, schema) }
            }
            for one in found {
                document.oldestGeneration = min(document.oldestGeneration, one.generation)
                document.newestGeneration = max(document.newestGeneration, one.generation)
                if score { tally.add(one, batch, one.index - first) }
                if output.json {
                    document.predictions.append(one)
                } else if !score {
                    Console.print(line(one, schema))
                }
            }
            document.samples += batch.count
            index += batch.count
        }
        document.samples -= refused.count
        if document.samples == 0 {
            if let first = refused.first { throw first.error }
            document.oldestGeneration = 0
        }
        if !refused.isEmpty { document.refused = refused.count }
        document.cost = spent.map {
            CostDocument(
                $0, samples: UInt64(document.samples), energyUnit: schema.costEnergyUnit)
        }
        if score { tally.write(into: &document) }
        return document
    }

    /// The answers to a batch; where the daemon refuses a sample of it, those to the others.
    private func answers(
        _ batch: RowBatch, _ wire: WireSchema, _ client: RequestClient, _ first: Int,
        _ refused: inout [(index: Int, error: ClientError)],
        _ use: (PredictionView, Int) -> [Prediction]
    ) throws -> [Prediction] {
        do {
            return try ask(0..<batch.count, of: batch, wire, client, first, use)
        } catch let error as ClientError {
            guard error.status == .badData else { throw error }
        }
        var found: [Prediction] = []
        for row in 0..<batch.count {
            do {
                found += try ask(row..<row + 1, of: batch, wire, client, first, use)
            } catch let error as ClientError {
                guard error.status == .badData else { throw error }
                let named = Self.refusal(first + row, error)
                if refused.count < Self.mostNamed { Console.talk("note: \(named)") }
                refused.append((first + row, named))
            }
        }
        return found
    }

    private func ask(
        _ rows: Range<Int>, of batch: RowBatch, _ wire: WireSchema, _ client: RequestClient,
        _ first: Int, _ use: (PredictionView, Int) -> [Prediction]
    ) throws -> [Prediction] {
        let rowBytes = batch.features.count / batch.count
        return try batch.features.withUnsafeBytes { bytes in
            let part = bytes[(rows.lowerBound * rowBytes)..<(rows.upperBound * rowBytes)]
            return try client.predict(
                UnsafeRawBufferPointer(rebasing: part), count: rows.count, schema: wire,
                wantsCost: cost
            ) { view in use(view, first + rows.lowerBound) }
        }
    }

    private static func refusal(_ index: Int, _ error: ClientError) -> ClientError {
        ClientError(
            .badData, "sample \(index), counted from 0, is refused", why: error.why,
            advice: "a row with values that the daemon takes; --skip passes over some")
    }

    /// Refused samples that are named.
    private static let mostNamed = 10

    /// Samples that fit a frame of the daemon, and whose answer does.
    private func room(_ schema: SchemaReply, _ wire: WireSchema) -> Int {
        let fit = BatchEncoder.samples(
            inFrameOf: schema.maxMessageBytes, schema: wire, labelled: false)
        let answer = (schema.maxMessageBytes - 96) / (4 + 4 * max(wire.outputCount, 1))
        return min(fit, answer)
    }

    private func prediction(
        _ view: PredictionView, _ offset: Int, _ first: Int, _ schema: SchemaReply
    ) -> Prediction {
        let label = view.classIndex(offset)
        let outputs = (0..<view.outputCount).map { view.output(offset, $0) }
        let name = schema.classNames.indices.contains(Int(label))
        var prediction = Prediction(
            index: first + offset, classIndex: label < 0 ? nil : label,
            className: name ? schema.classNames[Int(label)] : nil,
            outputs: outputs.map { $0.isFinite ? $0 : nil }, generation: view.generation)
        if schema.task == WireTask.autoencoder.name, outputs.count == schema.features + 2 {
            prediction.outputs.removeLast(2)
            prediction.error = outputs[schema.features]
            let percentile = outputs[schema.features + 1]
            prediction.anomalyPercentile = percentile < 0 ? nil : percentile
        }
        return prediction
    }

    private func line(_ one: Prediction, _ schema: SchemaReply) -> String {
        guard let label = one.classIndex else {
            let isRegression = schema.task == WireTask.regression.name
            let names = isRegression ? schema.targetNames : schema.featureNames
            let values = one.outputs.enumerated().map { index, value in
                let text = value.map { "\($0)" } ?? "nan"
                let name = isRegression ? index : index % max(1, schema.features)
                return names.indices.contains(name) ? "\(names[name]) \(text)" : text
            }
            return Self.lines(one, values, schema).joined(separator: "\n")
        }
        let share = Int(label) < one.outputs.count ? one.outputs[Int(label)] : nil
        return "\(one.index)  \(one.className ?? "\(label)")  "
            + "\(Format.decimal(Double(share ?? .nan), 4))  generation \(one.generation)"
    }

    /// Values that are named already: a line per step of a forecast, `+1` first where there are
    /// several; with error and percentile of an autoencoder.
    private static func lines(
        _ one: Prediction, _ values: [String], _ schema: SchemaReply
    ) -> [String] {
        let answered = "generation \(one.generation)"
        if let steps = schema.steps, values.count == steps * schema.features {
            return (0..<steps).map { step in
                let part = values[(step * schema.features)..<((step + 1) * schema.features)]
                return "\(one.index)  +\(step + 1)  \(part.joined(separator: "  "))  \(answered)"
            }
        }
        var words = ["\(one.index)"] + values
        if let error = one.error {
            words.append("error \(error)")
            words.append("percentile \(one.anomalyPercentile.map { "\($0)" } ?? "none")")
        }
        return [(words + [answered]).joined(separator: "  ")]
    }
}
