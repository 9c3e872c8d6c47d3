// Medians of short loops. Each figure is the median of many batches, each batch long enough
// that reading the clock costs nothing; memory is warm, as it is in a stream. What is compared is
// measured in turns, batch by batch: a machine that is slow for a moment is slow for both.

import Platform

/// One measured figure.
struct Row {
    let name: String
    let value: Double
    let unit: String
    /// What it is measured against, in the same run and unit.
    var reference: Double?

    /// The row as a JSON object.
    var json: String {
        let compared = reference.map { ",\"reference\":\(Self.rounded($0))" } ?? ""
        return "{\"name\":\"\(name)\",\"value\":\(Self.rounded(value)),\"unit\":\"\(unit)\""
            + "\(compared)}"
    }

    /// `4.85 us, 18.3 times as fast as 88.9`
    var text: String {
        let figure = "\(Self.rounded(value)) \(unit)"
        guard let reference else { return figure }
        let ratio = (reference / value * 100).rounded() / 100
        return "\(figure)  \(ratio) x, against \(Self.rounded(reference))"
    }

    /// Three digits after the point.
    private static func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}

/// The median time of one call of `body` in microseconds.
func medianMicroseconds(
    batches: Int = 101, batchMicroseconds: Double = 400, _ body: () -> Void
) -> Double {
    withoutActuallyEscaping(body) {
        mediansInTurns(batches: batches, batchMicroseconds: batchMicroseconds, [$0])[0]
    }
}

/// Medians of one call of each body in microseconds, measured in turns: a, b, …, a, b, ….
func mediansInTurns(
    batches: Int = 101, batchMicroseconds: Double = 300, _ bodies: [() -> Void]
) -> [Double] {
    let clock = MachineClock()
    func microseconds(_ body: () -> Void, _ repetitions: Int) -> Double {
        let start = clock.nowNanoseconds
        for _ in 0..<repetitions { body() }
        return Double(clock.nowNanoseconds - start) / 1000 / Double(repetitions)
    }
    let repetitions = bodies.map { body in
        let quickest = (0..<5).map { _ in microseconds(body, 4) }.min() ?? batchMicroseconds
        return max(1, Int(batchMicroseconds / max(quickest, 1e-3)))
    }
    var times = bodies.map { _ in [Double]() }
    for _ in 0..<batches {
        for (index, body) in bodies.enumerated() {
            times[index].append(microseconds(body, repetitions[index]))
        }
    }
    return times.map { $0.sorted()[batches / 2] }
}
