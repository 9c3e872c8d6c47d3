// Medians of short loops. Each figure is the median of many batches, each batch long enough
// that reading the clock costs nothing; memory is warm, as it is in a stream.

import Platform

/// One measured figure.
struct Row {
    let name: String
    let value: Double
    let unit: String

    /// The row as a JSON object.
    var json: String { "{\"name\":\"\(name)\",\"value\":\(rounded),\"unit\":\"\(unit)\"}" }

    /// Three digits after the point.
    var rounded: Double { (value * 1000).rounded() / 1000 }
}

/// Measures `body` and gives the median time of one call in microseconds.
func medianMicroseconds(
    batches: Int = 101, batchMicroseconds: Double = 400, _ body: () -> Void
) -> Double {
    let clock = MachineClock()
    var repetitions = 1
    while true {
        let start = clock.nowNanoseconds
        for _ in 0..<repetitions { body() }
        let microseconds = Double(clock.nowNanoseconds - start) / 1000
        if microseconds >= batchMicroseconds / 2 || repetitions >= 1 << 22 { break }
        repetitions *= 2
    }
    var times = [Double]()
    for _ in 0..<batches {
        let start = clock.nowNanoseconds
        for _ in 0..<repetitions { body() }
        times.append(Double(clock.nowNanoseconds - start) / 1000 / Double(repetitions))
    }
    times.sort()
    return times[times.count / 2]
}
