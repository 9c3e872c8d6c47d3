// What a survey of the data leads to, each decision with its reason in words.

import SampleSources

/// What is proposed for a table.
struct DataDecisions {
    enum Target: Equatable {
        case classCount(Int)
        case classNames([String])
        case value
        case nextSample
    }

    let survey: TableSurvey
    var labelIndex: Int?
    var labelReason = ""
    var target = Target.nextSample
    var targetReason = ""
    var features: [Int] = []
    /// Columns that are left out, with the reason.
    var leftOut: [(name: String, reason: String)] = []
    var type = InputType.f32
    var typeReason = ""

    /// - labelColumn: a selection as `ColumnSelection.columns` takes it; nil = decide by the data.
    init(_ survey: TableSurvey, labelColumn: String?) throws(SourceError) {
        self.survey = survey
        try chooseLabel(labelColumn)
        try chooseTarget(isForced: labelColumn != nil)
        chooseFeatures()
        guard !features.isEmpty else {
            throw .schemaMismatch(
                source: survey.path, what: "columns of numbers", found: "none" + textAmongNumbers,
                expected: "at least one besides the label, written with a decimal point")
        }
        chooseType()
    }

    /// `; temperature holds "NA" beside 17 numbers`, or nothing: why a column is none of numbers.
    private var textAmongNumbers: String {
        let column = survey.columns.enumerated().first { index, column in
            index != labelIndex && column.numberCount > 0 && !column.isNumeric
        }?.element
        guard let column, let text = column.distinct.first(where: { decimalNumber($0) == nil })
        else { return "" }
        return "; \(legible(column.name)) holds \"\(legible(text))\" beside "
            + (column.numberCount == 1 ? "1 number" : "\(column.numberCount) numbers")
    }

    private mutating func chooseLabel(_ selection: String?) throws(SourceError) {
        let names = survey.columns.map(\.name)
        if let selection {
            labelIndex = try ColumnSelection.columns(selection, of: names, path: survey.path).first
            labelReason = "as asked for"
        } else if let index = ColumnSelection.labelColumn(among: names) {
            labelIndex = index
            labelReason = "by its name"
        } else if let last = survey.columns.indices.last, last > 0 {
            let column = survey.columns[last]
            let isFew = column.distinct.count <= max(2, survey.rowCount / 4)
            let othersAreReal = survey.columns.dropLast().contains { $0.isNumeric && !$0.isWhole }
            if !column.isNumeric, Self.isClassLike(column), isFew {
                labelIndex = last
                labelReason = "the last column, which holds a few different words"
            } else if column.isNumeric, column.isWhole, Self.isClassLike(column), isFew,
                column.distinct.count <= 32, othersAreReal
            {
                labelIndex = last
                labelReason = "the last column, which holds a few different whole numbers"
            }
        }
    }

    private static func isClassLike(_ column: ColumnSurvey) -> Bool {
        !column.hasTooManyDistinct && column.distinct.count >= 2
    }

    private mutating func chooseTarget(isForced: Bool) throws(SourceError) {
        guard let labelIndex else {
            targetReason =
                "no column looks like a label, so the next sample is what is learned; --label-column "
                + "names one"
            return
        }
        let column = survey.columns[labelIndex]
        let distinct = column.distinct.count
        if column.isNumeric, !(column.isWhole && Self.isClassLike(column) && distinct <= 100) {
            target = .value
            targetReason = "the label is a real number"
            return
        }
        guard Self.isClassLike(column) else {
            let count = column.hasTooManyDistinct ? "more than 256" : "\(distinct)"
            throw .schemaMismatch(
                source: survey.path, what: "label column \"\(column.name)\"",
                found: "\(count) different texts", expected: "2 to 256 classes, or numbers")
        }
        targetReason = "the label has \(distinct) different values"
        let isFromZero = column.isNumeric && column.lowest == 0
        if column.isNumeric, column.textCount == 0, isFromZero,
            Int(column.highest) + 1 <= 2 * distinct
        {
            target = .classCount(Int(column.highest) + 1)
        } else {
            let names =
                column.isNumeric ? column.distinct.sorted(by: Self.byNumber) : column.distinct
            target = .classNames(names)
        }
    }

    private static func byNumber(_ a: String, _ b: String) -> Bool {
        (decimalNumber(a) ?? 0, a) < (decimalNumber(b) ?? 0, b)
    }

    private mutating func chooseFeatures() {
        for (index, column) in survey.columns.enumerated() where index != labelIndex {
            if column.filledCount == 0 {
                leftOut.append((column.name, "it is empty"))
            } else if !column.isNumeric {
                leftOut.append((column.name, "it holds text"))
            } else if column.isClock {
                leftOut.append((column.name, "it only grows, like a clock or a row number"))
            } else {
                features.append(index)
            }
        }
        // Two columns of one name cannot be told apart by name; the first stays.
        var seen: Set<String> = []
        features.removeAll { index in
            let name = survey.columns[index].name
            guard !seen.insert(name).inserted else { return false }
            leftOut.append((name, "a column before it has the same name"))
            return true
        }
    }

    private mutating func chooseType() {
        let columns = features.map { survey.columns[$0] }
        let low = columns.map(\.lowest).min() ?? 0
        let high = columns.map(\.highest).max() ?? 0
        guard columns.allSatisfy(\.isWhole) else {
            typeReason = "values have fractions"
            return
        }
        if low >= 0, high <= 255, high > 127, columns.count >= 64 {
            type = .u8
            typeReason = "many whole numbers from \(Int(low)) to \(Int(high)), like pixels"
        } else if abs(low) <= 8192, abs(high) <= 8192 {
            type = .i16
            typeReason = "whole numbers from \(Int(low)) to \(Int(high))"
        } else {
            typeReason = "whole numbers too large for i16"
        }
    }

    /// Outputs of the network.
    var outputCount: Int {
        switch target {
        case .classCount(let count): count
        case .classNames(let names): names.count
        case .value: 1
        case .nextSample: features.count
        }
    }
}
