// How people name columns: by header name, by number from 1 (as `cut` does), by a range of
// numbers, by the beginning of a name, or "last".

/// Turns a selection into column indices.
public enum ColumnSelection {
    /// Names that mark a column of labels when nothing else was said, in order of preference.
    public static let labelNames = ["label", "class", "target", "y"]

    /// The columns that `selection` names, in its order.
    ///
    /// - selection: comma-separated: `temperature`, `3`, `3-7`, `accel*`, `last`. A name wins over
    ///   a number.
    /// - names: the names of all columns.
    /// - path: for messages.
    /// - Returns: 0-based indices, each once.
    public static func columns(
        _ selection: String, of names: [String], path: String
    ) throws(SourceError) -> [Int] {
        // A name may hold a comma.
        if let whole = names.firstIndex(of: selection) { return [whole] }
        var result: [Int] = []
        for part in selection.split(separator: ",") {
            let item = trimmed(part)
            for index in try columns(item: item, of: names, path: path)
            where !result.contains(index) {
                result.append(index)
            }
        }
        return result
    }

    private static func columns(
        item: String, of names: [String], path: String
    ) throws(SourceError) -> [Int] {
        if let index = names.firstIndex(of: item) {
            try refuseTwins(item, of: names, path: path)
            return [index]
        }
        if item == "last", !names.isEmpty { return [names.count - 1] }
        if item.hasSuffix("*") {
            let matches = names.indices.filter { names[$0].hasPrefix(item.dropLast()) }
            if !matches.isEmpty { return matches }
        }
        let ends = item.split(separator: "-", omittingEmptySubsequences: false)
        let numbers = ends.compactMap { Int($0) }
        if numbers.count == ends.count, let first = numbers.first, let last = numbers.last,
            ends.count <= 2, first >= 1, first <= last, last <= names.count
        {
            return Array(first - 1...last - 1)
        }
        if let index = names.firstIndex(where: { $0.lowercased() == item.lowercased() }) {
            return [index]
        }
        throw .columnNotFound(
            path: path, column: item, known: names,
            nearest: Spelling.nearest(to: item, among: names))
    }

    /// Refuses a name that two columns have: nobody can know which is meant.
    static func refuseTwins(_ name: String, of names: [String], path: String) throws(SourceError) {
        let places = names.indices.filter { names[$0] == name }
        guard places.count > 1 else { return }
        throw .schemaMismatch(
            source: path, what: "columns called \(legible(name))",
            found: "\(places.count), columns "
                + places.map { "\($0 + 1)" }.joined(separator: " and "),
            expected: "1 (choose columns by number with --features)")
    }

    /// The column that looks like labels by its name.
    public static func labelColumn(among names: [String]) -> Int? {
        for wanted in labelNames {
            if let index = names.firstIndex(where: { $0.lowercased() == wanted }) { return index }
        }
        return nil
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
