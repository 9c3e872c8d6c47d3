// How unusual an error is: z = (log e − μ) / σ of the logarithms of the errors so far, per
// producer. Errors are spread over orders of magnitude, their logarithms hardly.
//
// Invariants: an error is judged before it counts; it counts at most ± 10σ from the mean, so one
// failure does not make the next one look usual; nothing is judged before 30 errors.

import Arithmetic

/// A view of one producer's running mean and variance of log errors.
struct AnomalyScale {
    /// Count, mean, variance, the newest score.
    static let valuesPerProducer = 4
    /// Where the count of errors is.
    static let count = 0
    /// Where the newest score is.
    static let newestScore = 3
    /// Errors before anything is judged.
    static let warmUpCount = 30.0
    /// Samples that the statistics look back on.
    static let horizon = 1_000.0

    private let values: UnsafeMutablePointer<Double>

    init(_ values: UnsafeMutablePointer<Double>) {
        self.values = values
    }

    /// Judges an error (≥ 0), then counts it; 0 during the warm-up.
    func judge(_ error: Double) -> Float {
        // Not a number is the most unusual of all.
        let limited = error < ErrorScore.limit ? max(error, 1e-12) : ErrorScore.limit
        let logarithm = Double(logFMA(Float(limited)))
        let count = values[0]
        // A σ below 0.1 would call an error that is 30 % larger than usual unusual.
        let deviation = max(values[2].squareRoot(), 0.1)
        var difference = logarithm - values[1]
        let isKnown = count >= Self.warmUpCount
        let score = isKnown ? Float(difference / deviation) : 0
        values[Self.newestScore] = Double(score)
        if isKnown { difference = min(max(difference, -10 * deviation), 10 * deviation) }
        let weight = 1 / min(count + 1, Self.horizon)
        values[0] = count + 1
        values[1] += weight * difference
        values[2] = (1 - weight) * (values[2] + weight * difference * difference)
        return score
    }
}
