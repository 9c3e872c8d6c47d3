// What the user or the receiver says about a source when it is opened.

/// How a text file is read.
public enum TextFormat: Equatable, Sendable {
    /// Comma-separated values (RFC 4180), with any of , ; tab as separator.
    case csv
    /// One JSON object or array per line.
    case jsonLines
}

/// The samples a receiver takes. Sources convert to it, and refuse what cannot be converted.
public struct ExpectedSchema: Equatable, Sendable {
    /// Type of every feature.
    public var element: SourceElement
    /// Features per sample.
    public var featureCount: Int
    /// Their names, or empty. If a file's header has all of them, these columns are taken.
    public var featureNames: [String]
    /// What labels the receiver takes.
    public var labels: SourceLabels
    /// Names of the values of a label, or empty. Columns of these names are taken for them.
    public var targetNames: [String]

    /// - element: type of every feature.
    /// - featureCount: features per sample.
    /// - featureNames: their names, or empty.
    /// - labels: what labels the receiver takes; `.classNames` makes no sense here.
    /// - targetNames: of `.values`, one each, or empty.
    public init(
        element: SourceElement, featureCount: Int, featureNames: [String] = [],
        labels: SourceLabels = .none, targetNames: [String] = []
    ) {
        self.element = element
        self.featureCount = featureCount
        self.featureNames = featureNames
        self.labels = labels
        self.targetNames = targetNames
    }
}

/// How to open a source. The default guesses everything from the data.
public struct SourceOptions: Equatable, Sendable {
    /// What the receiver takes; nil = unknown, deliver what is there.
    public var expected: ExpectedSchema?
    /// Never deliver labels, even where there are some.
    public var unlabelled = false
    /// NPY: the file of labels; nil = `NAME.y.npy` beside `NAME.x.npy`, if it exists.
    public var labelsPath: String?
    /// Text: the columns of labels, as `ColumnSelection.columns(_:of:path:)` reads them; nil = a
    /// column named label, class, target or y, or the last if the receiver expects one fewer.
    public var labelColumns: String?
    /// Text: the columns of features, in the same notation; nil = all others.
    public var featureColumns: String?
    /// Text: format; nil = from the file's extension (standard input: from its first byte).
    public var format: TextFormat?
    /// CSV: the separator; nil = detected.
    public var separator: UInt8?
    /// CSV: whether the first row holds names; nil = detected.
    public var hasHeader: Bool?
    /// Deliver at most this many samples; nil = all.
    public var limit: Int?
    /// Live sources: samples per second, more than 0; nil = the source's own (host: 5).
    public var ratePerSecond: Double?

    /// Options that guess everything.
    public init() {}

    /// Options for a known receiver.
    public init(expected: ExpectedSchema) {
        self.expected = expected
    }
}
