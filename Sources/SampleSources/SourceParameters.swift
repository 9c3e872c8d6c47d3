// The part of a description after the colon: `noise=0.05,drift=1e-5,seed=1`.

/// Named numbers with ranges; every mistake names the option and what it may be.
struct SourceParameters {
    private let source: String
    private var values: [String: String] = [:]

    /// - source: its name, for messages. - text: `key=value` pairs with commas. - known: the keys.
    init(source: String, text: String, known: [String]) throws(SourceError) {
        self.source = source
        for pair in text.split(separator: ",") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let key = String(parts[0])
            guard known.contains(key) else {
                let near = Spelling.nearest(to: key, among: known).map { "; nearest: \($0)" } ?? ""
                throw .badOption(
                    source: source, option: key, found: "an unknown option",
                    expected: "one of " + known.joined(separator: ", ") + near)
            }
            guard parts.count == 2, values[key] == nil else {
                throw .badOption(
                    source: source, option: key,
                    found: parts.count == 2 ? "it twice" : "no value", expected: "\(key)=NUMBER")
            }
            values[key] = String(parts[1])
        }
    }

    /// A whole number in `range`, or `fallback` if absent.
    func integer(
        _ key: String, _ range: ClosedRange<UInt64>, _ fallback: UInt64
    ) throws(SourceError) -> UInt64 {
        guard let text = values[key] else { return fallback }
        guard let value = UInt64(text), range.contains(value) else {
            throw .badOption(
                source: source, option: key, found: "\"\(text)\"",
                expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// A real number in `range`, or `fallback` if absent.
    func real(
        _ key: String, _ range: ClosedRange<Double>, _ fallback: Double
    ) throws(SourceError) -> Double {
        guard let text = values[key] else { return fallback }
        guard let value = Double(text), range.contains(value) else {
            throw .badOption(
                source: source, option: key, found: "\"\(text)\"",
                expected: "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }
}
