// A layout as text, and back: checkpoints carry the layout of their sections, so that a digest
// can be checked without the daemon's configuration.
//
// The text is `lines`, each ended by a newline. Parsing accepts exactly what `lines` writes:
// offsets must come out as `add` gives them. The input is hostile; nothing here can trap.

extension SectionLayout {
    /// The layout as text.
    var text: String { lines.map { $0 + "\n" }.joined() }

    /// The layout that wrote `text`; nil if there is none, or it has more than `fieldCountMax`
    /// fields or more than `RingGeometry.sectionBytesMax` bytes.
    init?(text: String, fieldCountMax: Int) {
        self.init()
        guard text.isEmpty || text.hasSuffix("\n") else { return nil }
        var names: Set<String> = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            guard names.count < fieldCountMax, let field = Self.parse(line: line),
                names.insert(field.name).inserted
            else { return nil }
            let added = add(
                field.name, field.element, shape: field.shape, rowStride: field.rowStride)
            guard added == field, byteCount <= RingGeometry.sectionBytesMax else { return nil }
        }
    }

    private static func parse(line: Substring) -> SectionField? {
        let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard words.count == 6, words[2] == "stride", words[4] == "at",
            isPlainName(words[0]), let rowStride = size(words[3]), let offset = size(words[5]),
            words[1].hasSuffix("]"), let bracket = words[1].firstIndex(of: "["),
            let element = ElementType(rawValue: String(words[1][..<bracket]))
        else { return nil }
        let inside = words[1][words[1].index(after: bracket)...].dropLast()
        var shape: [Int] = []
        for word in inside.split(separator: ",", omittingEmptySubsequences: inside.isEmpty) {
            guard shape.count < 8, let extent = size(String(word)) else { return nil }
            shape.append(extent)
        }
        var padded = shape
        if padded.isEmpty { padded = [1] }
        guard rowStride >= padded[padded.count - 1] else { return nil }
        padded[padded.count - 1] = rowStride
        guard let bytes = checkedProduct(padded + [element.bytes]),
            bytes <= RingGeometry.sectionBytesMax
        else { return nil }
        return SectionField(
            name: words[0], element: element, shape: shape, rowStride: rowStride, offset: offset)
    }

    /// A decimal number as `String(Int)` writes it, at most `RingGeometry.sectionBytesMax`.
    private static func size(_ word: String) -> Int? {
        guard let value = Int(word), value >= 0, value <= RingGeometry.sectionBytesMax,
            String(value) == word
        else { return nil }
        return value
    }

    /// The product of extents, nil when any step overflows. An extent of 0 makes it 0 only
    /// after the others were multiplied, so `[0, 2⁶³]` is refused too.
    static func checkedProduct(_ extents: [Int]) -> Int? {
        var product = 1
        var isZero = false
        for extent in extents {
            if extent == 0 {
                isZero = true
                continue
            }
            let (next, overflow) = product.multipliedReportingOverflow(by: extent)
            guard !overflow else { return nil }
            product = next
        }
        return isZero ? 0 : product
    }
}
