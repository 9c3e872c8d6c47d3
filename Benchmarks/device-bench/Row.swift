// One measured figure, as `kernel-bench` prints them.

/// One measured figure.
struct Row {
    let name: String
    let value: Double
    let unit: String
    /// What it is measured against, in the same unit.
    var reference: Double?

    /// The row as a JSON object.
    var json: String {
        let compared = reference.map { ",\"reference\":\(Self.rounded($0))" } ?? ""
        return "{\"name\":\"\(name)\",\"value\":\(Self.rounded(value)),\"unit\":\"\(unit)\""
            + "\(compared)}"
    }

    /// `1022727 samples/s  2.32 x, against 441000`
    var text: String {
        let figure = "\(Self.rounded(value)) \(unit)"
        guard let reference else { return figure }
        return "\(figure)  \(Self.rounded(value / reference)) x, against \(reference)"
    }

    /// Three digits after the point.
    private static func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}
