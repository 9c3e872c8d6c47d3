import Client
import MillraceProtocol

/// What `predict --score` adds up: right classes, or the errors of targets.
struct PredictScore {
    /// How far predictions of one target are from its labels, in the units of the data.
    struct TargetError: Encodable {
        /// Absent where targets have no names.
        var name: String?
        /// Mean of |prediction - label|.
        var meanAbsolute: Double
        /// Root of the mean of (prediction - label)².
        var rootMeanSquare: Double
    }

    private let targetNames: [String]
    private let targets: Int
    private var scored = 0
    private var right = 0
    private var absolute: [Double]
    private var squares: [Double]

    init(_ schema: SchemaReply) {
        targets = schema.task == WireTask.regression.name ? schema.outputs : 0
        targetNames = schema.targetNames.count == targets ? schema.targetNames : []
        absolute = Array(repeating: 0, count: targets)
        squares = absolute
    }

    /// Refuses a daemon whose predictions have no labels.
    static func needsLabels(_ schema: SchemaReply) throws(ClientError) {
        guard ![WireTask.classification.name, WireTask.regression.name].contains(schema.task) else {
            return
        }
        throw ClientError(
            .usage, "--score needs labels, and this daemon takes none",
            why: "its task is \(schema.task)",
            advice: "millrace status, which shows the error of what it foretold")
    }

    /// Counts one answer, if its row of `batch` is labelled.
    mutating func add(_ one: PredictCommand.Prediction, _ batch: RowBatch, _ row: Int) {
        if targets == 0 {
            guard row < batch.classes.count, batch.classes[row] >= 0 else { return }
            scored += 1
            right += one.classIndex == batch.classes[row] ? 1 : 0
            return
        }
        let labels = batch.targets.dropFirst(row * targets).prefix(targets)
        guard labels.count == targets, labels.first?.isNaN == false,
            one.outputs.count == targets
        else { return }
        scored += 1
        for (index, label) in labels.enumerated() {
            let error = Double(one.outputs[index] ?? .nan) - Double(label)
            absolute[index] += abs(error)
            squares[index] += error * error
        }
    }

    func write(into document: inout PredictCommand.Document) {
        document.scored = scored
        guard targets > 0 else {
            document.right = right
            document.accuracy = scored > 0 ? Double(right) / Double(scored) : nil
            return
        }
        guard scored > 0 else { return }
        document.errors = (0..<targets).map { index in
            TargetError(
                name: targetNames.isEmpty ? nil : targetNames[index],
                meanAbsolute: absolute[index] / Double(scored),
                rootMeanSquare: (squares[index] / Double(scored)).squareRoot())
        }
    }

    /// For people.
    static func lines(_ document: PredictCommand.Document) -> [String] {
        guard let scored = document.scored else { return [] }
        if let accuracy = document.accuracy, let right = document.right {
            return ["accuracy \(Format.decimal(accuracy, 4)) (\(right) of \(scored))"]
        }
        return (document.errors ?? []).enumerated().map { index, error in
            "\(error.name ?? "target \(index)")  mean absolute error "
                + "\(Format.decimal(error.meanAbsolute, 4)), root mean square "
                + "\(Format.decimal(error.rootMeanSquare, 4)) (\(scored) samples)"
        }
    }
}
