// Samples from a .npy file, labels from a second one. Nothing is loaded but the rows asked for.
//
// |u1, <i2 and <f4 are delivered as they are (a NaN in <f4 stays a NaN: the receiver counts and
// refuses it). Other types, and files whose type is not the one expected, are converted value by value;
// a value that does not fit makes its row a bad row.

/// Samples from a .npy file of shape [samples, …].
public final class NpySource: SampleSource {
    /// Its path.
    public let name: String
    /// The axes after the first are one run of features.
    public let schema: SourceSchema
    /// Any index at any time.
    public var isSeekable: Bool { true }
    /// A file does not arise in real time.
    public var isLive: Bool { false }
    /// Rows of the file, or the limit if that is less.
    public let count: Int?
    /// Path, size and digest.
    public let identity: SourceIdentity?
    /// Says where labels were found.
    public private(set) var notes: [String] = []

    private let features: NpyArray
    private let labels: NpyArray?
    private let available: Int
    /// Whether rows need no conversion.
    private let isDirect: Bool
    /// The numbers that classes have for names; empty where a label is a class index.
    private let classNumbers: [Double]
    private var rawFeatures: [UInt8] = []
    private var rawLabels: [UInt8] = []
    private var row: [UInt8] = []

    /// Opens `path`, and its labels if there are any.
    ///
    /// - options: `expected`, `unlabelled`, `labelsPath` and `limit` matter.
    public init(path: String, options: SourceOptions = SourceOptions()) throws(SourceError) {
        let array = try NpyArray(path: path)
        let header = array.header
        guard header.rows > 0, header.rowWidth > 0 else { throw .empty(path: path) }
        let own: SourceElement =
            switch header.element {
            case .u8: .u8
            case .i16: .i16
            default: .f32
            }
        let element = options.expected?.element ?? own
        if let expected = options.expected, expected.featureCount != header.rowWidth {
            throw .schemaMismatch(
                source: path, what: "features per sample",
                found: "\(header.rowWidth) (shape \(header.shape))",
                expected: "\(expected.featureCount)")
        }
        features = array
        var found: NpyArray?
        if let labelPath = Self.labelsPath(of: path, options) {
            let opened = try NpyArray(path: labelPath)
            guard opened.header.rows == header.rows else {
                throw .schemaMismatch(
                    source: labelPath, what: "number of labels", found: "\(opened.header.rows)",
                    expected: "\(header.rows), as in \(path)")
            }
            found = opened
            if options.labelsPath == nil { notes.append("labels from \(labelPath)") }
        }
        labels = found
        schema = SourceSchema(
            element: element, featureCount: header.rowWidth,
            featureNames: options.expected?.featureNames ?? [],
            labels: try Self.labels(found, options.expected))
        classNumbers = Self.numbers(schema.labels)
        name = path
        available = min(header.rows, max(0, options.limit ?? header.rows))
        count = available
        identity = try array.file.identity()
        isDirect =
            header.element == .u8 && element == .u8
            || header.element == .i16 && element == .i16
            || header.element == .f32 && element == .f32
    }

    /// The file of labels: the one named, or `X.y.npy` beside `X.x.npy` where labels are wanted.
    private static func labelsPath(of path: String, _ options: SourceOptions) -> String? {
        if options.unlabelled { return nil }
        if let named = options.labelsPath { return named }
        if let expected = options.expected, expected.labels == .none { return nil }
        guard path.hasSuffix(".x.npy") else { return nil }
        let beside = path.dropLast(6) + ".y.npy"
        return isReadable(String(beside)) ? String(beside) : nil
    }

    /// Where every class is called by a number, a number is a name: 1 is the class "1", and not the
    /// second.
    private static func numbers(_ labels: SourceLabels) -> [Double] {
        guard case .classIndices(_, let names) = labels else { return [] }
        let numbers = names.compactMap { decimalNumber($0).map(Double.init) }
        return numbers.count == names.count ? numbers : []
    }

    private static func labels(
        _ array: NpyArray?, _ expected: ExpectedSchema?
    ) throws(SourceError) -> SourceLabels {
        guard let array else { return .none }
        let width = array.header.rowWidth
        let isReal = array.header.element == .f32 || array.header.element == .f64
        let labels = expected?.labels ?? .none
        let wanted: Int
        switch labels {
        case .none, .classNames:
            if isReal { return .values(count: width) }
            wanted = 1
        case .classIndices: wanted = 1
        case .values(let count): wanted = count
        }
        guard width == wanted else {
            throw .schemaMismatch(
                source: array.file.path, what: "values per label", found: "\(width)",
                expected: "\(wanted)")
        }
        if case .none = labels { return .classIndices(classCount: 0, names: []) }
        if case .classNames = labels { return .classIndices(classCount: 0, names: []) }
        return labels
    }

    /// Reads rows; never waits. See the protocol.
    public func read(
        from index: Int, count: Int, into batch: inout SampleBatch, timeoutMilliseconds: Int?
    ) throws(SourceError) -> ReadOutcome {
        batch.clear(firstIndex: index)
        precondition(index >= 0 && count > 0)
        // About 4 MiB at a time, however many are asked for.
        let most = max(1, (4 << 20) / max(1, features.rowBytes))
        let rows = min(count, most, available - min(index, available))
        guard rows > 0 else { return .end }
        try features.read(from: index, count: rows, into: &rawFeatures)
        try labels?.read(from: index, count: rows, into: &rawLabels)
        for offset in 0..<rows {
            do throws(SourceError) {
                try append(offset, index: index + offset, to: &batch)
            } catch {
                guard case .badRow = error, batch.count > 0 else { throw error }
                break
            }
        }
        return .samples(batch.count)
    }

    /// Type and width of a row, and the rows: the header itself says how many there are, and
    /// changes when some are added. Then the same of the labels.
    public func prefix(
        samples: Int, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(SourceError) -> Int? {
        guard samples >= 0, samples <= features.header.rows else { return nil }
        var count = 0
        for array in [features] + (labels.map { [$0] } ?? []) {
            count += try array.prefix(rows: samples, body)
        }
        return count
    }

    private func append(
        _ offset: Int, index: Int, to batch: inout SampleBatch
    ) throws(SourceError) {
        let label = try label(offset, index: index)
        if isDirect {
            let bytes = schema.sampleBytes
            rawFeatures.withUnsafeBytes { raw in
                let start = offset * bytes
                batch.append(features: UnsafeRawBufferPointer(rebasing: raw[start..<start + bytes]))
            }
        } else {
            try convert(offset, index: index)
            row.withUnsafeBytes { batch.append(features: $0) }
        }
        switch label {
        case .none: break
        case .classIndex(let value): batch.label(classIndex: value)
        case .values(let values): batch.label(values: values)
        }
    }

    /// Fills `row` with the sample in the schema's type.
    private func convert(_ offset: Int, index: Int) throws(SourceError) {
        row.removeAll(keepingCapacity: true)
        let element = features.header.element
        let start = offset * features.rowBytes
        for i in 0..<schema.featureCount {
            let value = rawFeatures.withUnsafeBytes { element.load($0, start + i * element.bytes) }
            let isWhole = element != .f32 && element != .f64
            let isExact = !isWhole || schema.element != .f32 || abs(value) <= 16_777_216
            guard isExact, schema.element.append(value, to: &row) else {
                throw .badRow(
                    RowProblem(
                        path: name, index: index, line: nil, column: "\(i)", found: "\(value)",
                        expected: isExact
                            ? schema.element.range : "a whole number of at most 2^24"))
            }
        }
    }

    private enum Label {
        case none
        case classIndex(Int32)
        case values([Float])
    }

    private func label(_ offset: Int, index: Int) throws(SourceError) -> Label {
        guard let labels else { return .none }
        let element = labels.header.element
        func value(_ i: Int) -> Double {
            rawLabels.withUnsafeBytes {
                element.load($0, offset * labels.rowBytes + i * element.bytes)
            }
        }
        switch schema.labels {
        case .none, .classNames: return .none
        case .values(let width): return .values((0..<width).map { Float(value($0)) })
        case .classIndices(_, let names) where !classNumbers.isEmpty:
            if let index = classNumbers.firstIndex(of: value(0)) {
                return .classIndex(Int32(index))
            }
            if value(0) == -1 { return .classIndex(-1) }
            throw .badRow(
                RowProblem(
                    path: labels.file.path, index: index, line: nil, column: "label",
                    found: "\(value(0))",
                    expected: "one of "
                        + names.prefix(12).map { legible($0) }.joined(separator: ", ")
                        + ", or -1 for no label"))
        case .classIndices(let classCount, _):
            let most = classCount > 0 ? Double(classCount - 1) : 2_147_483_647
            guard value(0) >= -1, value(0) <= most, let exact = Int32(exactly: value(0)) else {
                throw .badRow(
                    RowProblem(
                        path: labels.file.path, index: index, line: nil, column: "label",
                        found: "\(value(0))",
                        expected: "a class from 0 to \(Int(most)), or -1 for no label"))
            }
            return .classIndex(exact)
        }
    }
}
