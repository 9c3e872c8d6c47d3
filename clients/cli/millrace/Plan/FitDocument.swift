// `millrace plan --fit --json`: protocol/schema/plan-fit.json describes it.

import Accelerator

/// A network that fits.
struct FitRowDocument: Encodable {
    var candidate: String
    var structure: String
    var numbers: String
    /// `all` or `hidden`: which junctions have the structure.
    var scope: String
    var settings: [String]
    var memoryBits: Int
    var memoryBytes: Int
    var clocksPerSample: Int
    var samplesPerSecond: Double
    var energyPerSample: Nullable<EnergyDocument>
    var figure: Nullable<Double>
    var isOnFront: Bool
}

/// Candidates that were left out for one reason.
struct FitOmissionDocument: Encodable {
    var reason: String
    var count: Int
    var candidates: [String]
}

/// What was learned.
struct FitTrainingDocument: Encodable {
    var source: String
    var samples: Int
    var refused: Int
    var seed: UInt64
    /// `accuracy` or `meanAbsoluteError`, over the newest 1,000.
    var figure: String
    var trained: Int
}

/// The document.
struct FitDocument: Encodable {
    var device: DeviceDocument
    var network: String
    var budgetBits: Int
    var candidates: Int
    var fitting: Int
    var tooLarge: Int
    var leftOut: [FitOmissionDocument]
    var adjustments: [String]
    var training: Nullable<FitTrainingDocument>
    var interrupted: Bool
    /// Everything that fits: the front first, by bytes; then the rest in the order of the space.
    var rows: [FitRowDocument]

    init(_ report: FitReport) {
        let search = report.search
        device = DeviceDocument(report.device)
        network = report.networkText
        budgetBits = report.budgetBits
        candidates = search.candidateCount
        fitting = search.rows.count
        tooLarge = search.tooLargeCount
        leftOut = search.omissions.map {
            FitOmissionDocument(
                reason: $0.reason, count: $0.candidates.count,
                candidates: $0.candidates.map(\.text))
        }
        adjustments = report.adjustments
        training = Nullable(
            report.training.map {
                FitTrainingDocument(
                    source: $0.source, samples: $0.samples, refused: $0.refused, seed: $0.seed,
                    figure: $0.isAccuracy ? "accuracy" : "meanAbsoluteError", trained: $0.trained)
            })
        interrupted = report.isInterrupted
        let front = Set(report.front)
        let order = report.front + search.rows.indices.filter { !front.contains($0) }
        rows = order.map { Self.row(report, $0, isOnFront: front.contains($0)) }
    }

    private static func row(_ report: FitReport, _ index: Int, isOnFront: Bool) -> FitRowDocument {
        let row = report.search.rows[index]
        return FitRowDocument(
            candidate: row.candidate.text, structure: row.candidate.structure.text,
            numbers: row.candidate.numbersText,
            scope: row.candidate.sparesOuter ? "hidden" : "all",
            settings: report.settings[index].map(\.text), memoryBits: row.memoryBits,
            memoryBytes: (row.memoryBits + 7) / 8, clocksPerSample: row.clocksPerSample,
            samplesPerSecond: report.device.clockHertz / Double(max(1, row.clocksPerSample)),
            energyPerSample: Nullable(row.energy.map(EnergyDocument.init)),
            figure: Nullable(row.figure.map(abs)), isOnFront: isOnFront)
    }
}
