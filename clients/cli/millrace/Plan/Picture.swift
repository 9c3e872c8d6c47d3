// A picture as SVG: shapes and words that any viewer has. Words are set in a fixed-width font, so
// that their width is known without the font; colours follow the reader's light or dark mode.

/// An SVG that grows.
struct Picture {
    /// Width of a character of size 1: the widest of the fixed-width fonts, rounded up.
    static let characterWidth = 0.62

    /// Where words stand to their point.
    enum Anchor: String {
        case start
        case middle
        case end
    }

    /// Colours of data, legible on white and on black.
    static let palette = [
        "#3b82c4", "#d9822b", "#4f9d5d", "#b0629f", "#c8544f", "#8a8f3c", "#3f9ea3", "#8b6fc9",
        "#a0764f", "#7d8790",
    ]

    private(set) var width = 0.0
    private(set) var height = 0.0
    private var parts: [String] = []

    /// The width of words.
    static func width(_ text: String, size: Double) -> Double {
        Double(text.count) * size * characterWidth
    }

    /// Words; `x` and `y` are the anchor on the base line.
    mutating func words(
        _ text: String, x: Double, y: Double, size: Double = 12, anchor: Anchor = .start,
        style: String = "words"
    ) {
        guard !text.isEmpty else { return }
        parts.append(
            "<text class=\"\(style)\" x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" "
                + "font-size=\"\(Self.number(size))\" text-anchor=\"\(anchor.rawValue)\">"
                + "\(Self.escaped(text))</text>")
        let width = Self.width(text, size: size)
        let right: Double =
            switch anchor {
            case .start: x + width
            case .middle: x + width / 2
            case .end: x
            }
        grow(right, y + size * 0.3)
    }

    /// A rectangle in a colour, or in the style that a class gives it.
    mutating func box(
        x: Double, y: Double, width: Double, height: Double, fill: String? = nil,
        style: String? = nil, radius: Double = 0
    ) {
        var text = "<rect"
        if let style { text += " class=\"\(style)\"" }
        text +=
            " x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" width=\"\(Self.number(width))\" "
            + "height=\"\(Self.number(height))\""
        if radius > 0 { text += " rx=\"\(Self.number(radius))\"" }
        if let fill { text += " fill=\"\(fill)\"" }
        parts.append(text + "/>")
        grow(x + width, y + height)
    }

    mutating func line(
        _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, style: String = "line"
    ) {
        parts.append(
            "<line class=\"\(style)\" x1=\"\(Self.number(x1))\" y1=\"\(Self.number(y1))\" "
                + "x2=\"\(Self.number(x2))\" y2=\"\(Self.number(y2))\"/>")
        grow(max(x1, x2), max(y1, y2))
    }

    mutating func disc(x: Double, y: Double, radius: Double, fill: String, hint: String = "") {
        let title = hint.isEmpty ? "" : "<title>\(Self.escaped(hint))</title>"
        parts.append(
            "<circle cx=\"\(Self.number(x))\" cy=\"\(Self.number(y))\" r=\"\(Self.number(radius))\" "
                + "fill=\"\(fill)\">\(title)</circle>")
        grow(x + radius, y + radius)
    }

    /// A line from left to right that ends in a head.
    mutating func arrow(from x1: Double, to x2: Double, y: Double) {
        line(x1, y, x2 - 6, y)
        parts.append(
            "<polygon class=\"head\" points=\"\(Self.number(x2)),\(Self.number(y)) "
                + "\(Self.number(x2 - 7)),\(Self.number(y - 4)) "
                + "\(Self.number(x2 - 7)),\(Self.number(y + 4))\"/>")
    }

    private mutating func grow(_ x: Double, _ y: Double) {
        width = max(width, x)
        height = max(height, y)
    }

    /// The whole file.
    /// - title: for those who do not see it
    func text(title: String, margin: Double = 24) -> String {
        let width = Self.number((self.width + margin).rounded(.up))
        let height = Self.number((self.height + margin).rounded(.up))
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" role="img">
            <title>\(Self.escaped(title))</title>
            <style>
            text { font-family: ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, 'Liberation Mono', 'Courier New', monospace; white-space: pre; }
            .page { fill: #ffffff; } .words { fill: #1d2329; } .quiet { fill: #5b6570; }
            .strong { fill: #1d2329; font-weight: bold; } .alarm { fill: #b3261e; font-weight: bold; }
            .block { fill: #f4f6f8; stroke: #b9c1c9; } .empty { fill: #e6eaee; }
            .line { stroke: #6b7580; stroke-width: 1.2; fill: none; } .grid { stroke: #d9dee3; }
            .head, .used { fill: #6b7580; } .stall { fill: #b3261e; }
            @media (prefers-color-scheme: dark) {
            .page { fill: #14181c; } .words { fill: #e4e8ec; } .quiet { fill: #a0aab4; }
            .strong { fill: #e4e8ec; } .alarm { fill: #ff8a80; } .stall { fill: #ff8a80; }
            .block { fill: #1e2429; stroke: #48525c; } .empty { fill: #2b333a; }
            .line { stroke: #94a0ab; } .grid { stroke: #323b43; } .head, .used { fill: #94a0ab; }
            }
            </style>
            <rect class="page" x="0" y="0" width="\(width)" height="\(height)"/>

            """ + parts.map { $0 + "\n" }.joined() + "</svg>\n"
    }

    /// At most two decimals, none where there are none.
    static func number(_ value: Double) -> String {
        let text = Format.decimal(value, 2)
        guard text.contains(Character(".")) else { return text }
        var digits = text
        while digits.last == "0" { digits.removeLast() }
        if digits.last == "." { digits.removeLast() }
        return digits
    }

    static func escaped(_ text: String) -> String {
        text.map { character in
            switch character {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\"": "&quot;"
            default: character.isASCII && character < " " ? " " : String(character)
            }
        }.joined()
    }
}
