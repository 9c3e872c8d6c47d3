// Which columns are features and which are labels, and how a row of cells becomes a sample.
//
// The choice, in order: what the user named; the names that the receiver knows its features by;
// all columns if there are exactly as many as features expected; otherwise all but the labels.
// Where both sides have names they decide: columns of other names are never taken by their places,
// and a label is never taken for a feature because the number of columns fits.

/// Turns rows of cells into samples.
struct RowBinding {
    let names: [String]
    let features: [Int]
    let labels: [Int]
    let schema: SourceSchema
    /// Which columns were taken for labels without being asked for; nil if none.
    let labelNote: String?

    /// - names: all columns. - example: the texts of the first row, to tell what labels look like.
    init(
        names: [String], example: [String], options: SourceOptions, path: String
    ) throws(SourceError) {
        self.names = names
        let expected = options.expected
        var labels = try Self.labelColumns(names, options, path)
        if let selection = options.featureColumns {
            features = Self.byName(
                try ColumnSelection.columns(selection, of: names, path: path), names,
                expected?.featureNames ?? [])
        } else if let expected, !expected.featureNames.isEmpty, Self.areNames(names) {
            for name in expected.featureNames {
                try ColumnSelection.refuseTwins(name, of: names, path: path)
            }
            features = expected.featureNames.compactMap(names.firstIndex)
        } else {
            try Self.refuseHiddenLabel(names, options, path)
            features = names.indices.filter { !labels.contains($0) }
        }
        let taken = features
        labels.removeAll { options.labelColumns == nil && taken.contains($0) }
        if let expected, features.count != expected.featureCount {
            throw .schemaMismatch(
                source: path, what: "features per sample",
                found: "\(features.count) of \(names.count) columns"
                    + Self.missing(expected.featureNames, in: names),
                expected: "\(expected.featureCount) (choose columns with --features)")
        }
        guard !features.isEmpty else {
            throw .schemaMismatch(
                source: path, what: "features", found: "none", expected: "at least one column")
        }
        let kind = try Self.kind(labels, example, options, path)
        if case .none = kind { labels = [] }
        self.labels = labels
        let labelNames = labels.prefix(12).map { legible(names[$0]) }.joined(separator: ", ")
        labelNote =
            options.labelColumns == nil && !labels.isEmpty
            ? "labels from column \(labelNames)" : nil
        schema = SourceSchema(
            element: expected?.element ?? .f32, featureCount: features.count,
            featureNames: features.map { names[$0] }, labels: kind)
    }

    /// Chosen columns in the order of the receiver's: a column that has the name of one is that one, the
    /// others take the places that are left in the order in which they were named.
    private static func byName(
        _ chosen: [Int], _ names: [String], _ wanted: [String]
    ) -> [Int] {
        guard chosen.count == wanted.count else { return chosen }
        var others = chosen.filter { !wanted.contains(names[$0]) }[...]
        return wanted.compactMap { name in
            chosen.first { names[$0] == name } ?? others.popFirst()
        }
    }

    /// Whether a file named its columns; without a row of names they are numbered from 1.
    private static func areNames(_ names: [String]) -> Bool {
        names.indices.contains { names[$0] != "\($0 + 1)" }
    }

    /// As many columns as features, and one of them is called a label: nobody can know which is meant.
    private static func refuseHiddenLabel(
        _ names: [String], _ options: SourceOptions, _ path: String
    ) throws(SourceError) {
        guard let expected = options.expected, names.count == expected.featureCount,
            options.labelColumns == nil, let index = ColumnSelection.labelColumn(among: names),
            // Three features x, y and z are no features and a label.
            names[index].lowercased() != "y"
        else { return }
        throw .schemaMismatch(
            source: path, what: "features per sample",
            found: "\(names.count) columns with labels in \(legible(names[index])) among them",
            expected: "\(expected.featureCount) (or name the columns with --features)")
    }

    /// `; not there: a, b, … (7 in all)`, or nothing.
    private static func missing(_ wanted: [String], in names: [String]) -> String {
        let known = Set(names)
        let missing = wanted.filter { !known.contains($0) }
        guard !missing.isEmpty else { return "" }
        let list = missing.prefix(5).map { legible($0) }.joined(separator: ", ")
        return "; not there: " + list + (missing.count > 5 ? ", … (\(missing.count) in all)" : "")
    }

    private static func labelColumns(
        _ names: [String], _ options: SourceOptions, _ path: String
    ) throws(SourceError) -> [Int] {
        let targets = options.expected?.targetNames ?? []
        if let selection = options.labelColumns {
            let chosen = try ColumnSelection.columns(selection, of: names, path: path)
            try refuseFeatures(chosen, names, options, path)
            return byName(chosen, names, targets)
        }
        if !targets.isEmpty, areNames(names), targets.allSatisfy(names.contains) {
            for name in targets { try ColumnSelection.refuseTwins(name, of: names, path: path) }
            return targets.compactMap(names.firstIndex)
        }
        let byName = ColumnSelection.labelColumn(among: names)
        guard let expected = options.expected else { return byName.map { [$0] } ?? [] }
        let width: Int
        switch expected.labels {
        case .none, .classIndices, .classNames: width = 1
        case .values(let count): width = count
        }
        let surplus = names.count - expected.featureCount
        if surplus == 0, options.featureColumns == nil { return [] }
        if width == 1, let byName { return [byName] }
        if surplus == width { return Array(names.indices.suffix(width)) }
        return []
    }

    /// A column of another name than the targets' that has the name of a feature is one.
    private static func refuseFeatures(
        _ chosen: [Int], _ names: [String], _ options: SourceOptions, _ path: String
    ) throws(SourceError) {
        guard let expected = options.expected, !expected.targetNames.isEmpty, areNames(names),
            let index = chosen.first(where: {
                expected.featureNames.contains(names[$0])
                    && !expected.targetNames.contains(names[$0])
            })
        else { return }
        throw .schemaMismatch(
            source: path, what: "label columns",
            found: "\(legible(names[index])), which is a feature",
            expected: expected.targetNames.prefix(12).map { legible($0) }.joined(separator: ", "))
    }

    private static func kind(
        _ labels: [Int], _ example: [String], _ options: SourceOptions, _ path: String
    ) throws(SourceError) -> SourceLabels {
        guard !labels.isEmpty, !options.unlabelled else { return .none }
        guard let expected = options.expected else {
            if labels.count > 1 { return .values(count: labels.count) }
            let text = labels[0] < example.count ? example[labels[0]] : ""
            if text.isEmpty || Int32(text) != nil { return .classIndices(classCount: 0, names: []) }
            if case .value = parse(text) { return .values(count: 1) }
            return .classNames
        }
        let width: Int
        switch expected.labels {
        case .none: return .none
        case .classIndices, .classNames: width = 1
        case .values(let count): width = count
        }
        guard labels.count == width else {
            throw .schemaMismatch(
                source: path, what: "label columns", found: "\(labels.count)",
                expected: "\(width)")
        }
        return expected.labels
    }

    private static func parse(_ text: String) -> ParsedNumber {
        var text = text
        return text.withUTF8 { NumberParser.parse($0) }
    }

    /// Appends the sample in `row`, or throws what is wrong with it and appends nothing.
    func append(
        _ row: CellRow, _ bytes: UnsafeBufferPointer<UInt8>, scratch: inout [UInt8],
        to batch: inout SampleBatch
    ) throws(RowFault) {
        guard row.cells.count == names.count else {
            throw RowFault(
                column: nil, found: "\(row.cells.count) fields", expected: "\(names.count)")
        }
        scratch.removeAll(keepingCapacity: true)
        for column in features {
            let value = try number(row, bytes, column)
            guard schema.element.append(Double(value), to: &scratch) else {
                throw fault(row, bytes, column, expected: schema.element.range)
            }
        }
        switch schema.labels {
        case .none:
            scratch.withUnsafeBytes { batch.append(features: $0) }
        case .classIndices(let classCount, let names):
            let index = try classIndex(row, bytes, classCount, names)
            scratch.withUnsafeBytes { batch.append(features: $0) }
            batch.label(classIndex: index)
        case .classNames:
            let name = try className(row, bytes)
            scratch.withUnsafeBytes { batch.append(features: $0) }
            batch.label(className: name)
        case .values:
            let values = try targets(row, bytes)
            scratch.withUnsafeBytes { batch.append(features: $0) }
            if let values { batch.label(values: values) }
        }
    }

    private func number(
        _ row: CellRow, _ bytes: UnsafeBufferPointer<UInt8>, _ column: Int
    ) throws(RowFault) -> Float {
        let cell = row.cells[column]
        guard cell.kind != .missing else {
            throw RowFault(column: names[column], found: "nothing", expected: "a number")
        }
        let parsed = row.withText(cell, in: bytes) { NumberParser.parse($0) }
        switch parsed {
        case .value(let value): return value
        case .empty:
            throw RowFault(column: names[column], found: "an empty cell", expected: "a number")
        case .tooLarge, .notFinite, .notANumber:
            throw fault(row, bytes, column, expected: schema.element.range)
        }
    }

    private func fault(
        _ row: CellRow, _ bytes: UnsafeBufferPointer<UInt8>, _ column: Int, expected: String
    ) -> RowFault {
        let found = row.withText(row.cells[column], in: bytes) { quoted($0) }
        return RowFault(column: names[column], found: found, expected: expected)
    }

    private func classIndex(
        _ row: CellRow, _ bytes: UnsafeBufferPointer<UInt8>, _ classCount: Int, _ known: [String]
    ) throws(RowFault) -> Int32 {
        let text = try className(row, bytes)
        if text.isEmpty { return -1 }
        if let index = known.firstIndex(of: text) { return Int32(index) }
        let most = classCount > 0 ? classCount - 1 : Int(Int32.max)
        if case .value(let value) = Self.parse(text) {
            // Where classes have names only names count: a 1 is no class "worn" because that is the
            // second. 1.0 is the class "1".
            if let index = known.firstIndex(where: { Self.isNumber($0, value) }) {
                return Int32(index)
            }
            if let index = Int32(exactly: value), index == -1 || known.isEmpty, index >= -1,
                index <= most
            {
                return index
            }
        }
        let near = Spelling.nearest(to: text, among: known).map { "; nearest: \($0)" } ?? ""
        throw fault(
            row, bytes, labels[0],
            expected: known.isEmpty
                ? "a class from 0 to \(most)"
                : "one of " + known.prefix(12).map { legible($0) }.joined(separator: ", ") + near)
    }

    /// The text of the label; two texts that are not UTF-8 could look like one class.
    private func className(
        _ row: CellRow, _ bytes: UnsafeBufferPointer<UInt8>
    ) throws(RowFault) -> String {
        let text = row.text(row.cells[labels[0]], in: bytes)
        guard isUnicode(text) else {
            throw fault(row, bytes, labels[0], expected: "a name in UTF-8 (iconv -t utf-8)")
        }
        return text
    }

    private static func isNumber(_ text: String, _ value: Float) -> Bool {
        if case .value(let number) = parse(text) { return number == value }
        return false
    }

    /// The targets; nil if all of them are empty.
    private func targets(
        _ row: CellRow, _ bytes: UnsafeBufferPointer<UInt8>
    ) throws(RowFault) -> [Float]? {
        if labels.allSatisfy({ row.text(row.cells[$0], in: bytes).isEmpty }) { return nil }
        var values: [Float] = []
        for column in labels { values.append(try number(row, bytes, column)) }
        return values
    }
}
