// How unusual an error is, said twice: in σ of the logarithms of the errors so far, and as the share
// of the errors so far that are below it.

/// What is said of one error.
struct Judgement: Equatable, Sendable {
    /// As `AnomalyScale`; 0 during its warm-up.
    var score: Float = 0
    /// As `PercentileScale`; nil during its warm-up, and where errors are not ranked.
    var percentile: Float?
}

extension OnlineLearner {
    /// Judges an error of a producer, then counts it.
    func judge(_ producer: Int, _ error: Double) -> Judgement {
        var judgement = Judgement(score: anomalyScale(producer).judge(error))
        if let fields = layout.percentile {
            _ = PercentileScale(fields, section, row: 0).judge(error)
            judgement.percentile =
                PercentileScale(fields, section, row: producer + 1).judge(error)
        }
        return judgement
    }

    /// The running scale of a producer's errors; not for classifications.
    private func anomalyScale(_ producer: Int) -> AnomalyScale {
        guard let field = layout.anomaly else {
            preconditionFailure("a classification has no scale of errors")
        }
        return AnomalyScale(
            (section + field.offset).assumingMemoryBound(to: Double.self)
                + producer * AnomalyScale.valuesPerProducer)
    }
}
