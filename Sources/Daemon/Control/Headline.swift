// One figure about learning for the service manager's status line: written by the network loop
// with every generation, read by the main thread.

import Learning
import Synchronization

/// The headline figure of the newest durable generation.
final class Headline: Sendable {
    // Two words that may be of different generations for a moment: it is a line for people.
    private let bits = Atomic<UInt64>(0)
    private let kind = Atomic<UInt8>(0)

    func publish(_ figure: HeadlineFigure) {
        bits.store(figure.value.bitPattern, ordering: .relaxed)
        kind.store(figure.isAccuracy ? 1 : 2, ordering: .releasing)
    }

    /// "accuracy 0.913 over the last 1,000"; nil before the first figure.
    var text: String? {
        let kind = kind.load(ordering: .acquiring)
        let value = Double(bitPattern: bits.load(ordering: .relaxed))
        guard kind != 0, value.isFinite else { return nil }
        return kind == 1
            ? "accuracy \(Self.rounded(value)) over the last 1,000"
            : "mean absolute error \(Self.rounded(-value)) over the last 1,000"
    }

    /// Three digits after the point.
    private static func rounded(_ value: Double) -> Double {
        let scaled = (value * 1000).rounded()
        return scaled.magnitude < 1e15 ? scaled / 1000 : value
    }
}
