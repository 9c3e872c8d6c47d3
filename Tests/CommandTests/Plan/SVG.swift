// An SVG as a test sees it: well-formed XML, and words that lie beside each other and in the page.

/// A parsed picture.
struct SVG {
    struct Malformed: Error {
        let why: String
    }

    struct Text {
        let words: String
        let x: Double
        let y: Double
        let width: Double
        let height: Double

        func overlaps(_ other: Text) -> Bool {
            x < other.x + other.width && other.x < x + width && y < other.y + other.height
                && other.y < y + height
        }
    }

    private(set) var texts: [Text] = []
    private(set) var width = 0.0
    private(set) var height = 0.0

    /// Parses elements, attributes and entities; throws at the first that is wrong.
    init(_ source: String) throws {
        var open: [String] = []
        var pending: [String: String]?
        for (index, part) in source.split(separator: "<", omittingEmptySubsequences: false)
            .enumerated()
        {
            guard index > 0 else { continue }
            guard let end = part.firstIndex(of: ">") else { throw Malformed(why: "\(part)") }
            let tag = String(part[..<end])
            let text = String(part[part.index(after: end)...])
            try Self.checkEntities(text)
            if tag.hasPrefix("?") { continue }
            if tag.hasPrefix("/") {
                guard open.popLast() == String(tag.dropFirst()) else {
                    throw Malformed(why: "</\(tag)> closes nothing")
                }
                continue
            }
            let closes = tag.hasSuffix("/")
            let (name, attributes) = try Self.attributes(closes ? String(tag.dropLast()) : tag)
            if !closes { open.append(name) }
            if name == "svg" {
                width = Double(attributes["width"] ?? "") ?? 0
                height = Double(attributes["height"] ?? "") ?? 0
            }
            pending = name == "text" ? attributes : nil
            if let pending { texts.append(try Self.text(text, pending)) }
        }
        guard open.isEmpty, width > 0, height > 0 else { throw Malformed(why: "\(open) is open") }
    }

    /// What a reader would see go wrong.
    var problems: [String] {
        var problems: [String] = []
        for (index, text) in texts.enumerated() {
            if text.x < 0 || text.y < 0 || text.x + text.width > width
                || text.y + text.height > height
            {
                problems.append("\"\(text.words)\" leaves the page")
            }
            for other in texts[..<index] where other.overlaps(text) {
                problems.append("\"\(other.words)\" lies on \"\(text.words)\"")
            }
        }
        return problems
    }

    private static func checkEntities(_ text: String) throws {
        for part in text.split(separator: "&", omittingEmptySubsequences: false).dropFirst() {
            let name = part.prefix { $0 != ";" }
            guard ["amp", "lt", "gt", "quot"].contains(String(name)), part.contains(";") else {
                throw Malformed(why: "&\(part)")
            }
        }
    }

    /// `name a="b" c="d"`
    private static func attributes(_ tag: String) throws -> (String, [String: String]) {
        let name = String(tag.prefix { $0 != " " })
        var found: [String: String] = [:]
        let pieces = tag.dropFirst(name.count).split(
            separator: "\"", omittingEmptySubsequences: false)
        for index in stride(from: 0, to: pieces.count - 1, by: 2) {
            let key = pieces[index].filter { $0 != " " }
            guard key.hasSuffix("="), found[String(key.dropLast())] == nil else {
                throw Malformed(why: tag)
            }
            try checkEntities(String(pieces[index + 1]))
            found[String(key.dropLast())] = String(pieces[index + 1])
        }
        guard pieces.count % 2 == 1 else { throw Malformed(why: tag) }
        return (name, found)
    }

    /// The room that words take in the widest fixed-width font.
    private static func text(_ words: String, _ attributes: [String: String]) throws -> Text {
        guard let x = attributes["x"].flatMap(Double.init),
            let y = attributes["y"].flatMap(Double.init),
            let size = attributes["font-size"].flatMap(Double.init)
        else { throw Malformed(why: words) }
        // An entity is one character.
        var count = 0
        var isEntity = false
        for character in words {
            if character == "&" { isEntity = true }
            if !isEntity || character == ";" { count += 1 }
            if character == ";" { isEntity = false }
        }
        let width = Double(count) * size * 0.602
        let shift =
            switch attributes["text-anchor"] {
            case "middle": width / 2
            case "end": width
            default: 0.0
            }
        return Text(
            words: words, x: x - shift, y: y - size * 0.75, width: width, height: size * 0.95)
    }
}
