// A pipe that brought nothing, where that is no mistake: the spool may hold rows to send.

/// A source that has come to its end.
public final class EmptySource: SampleSource {
    /// The description it stands for.
    public let name: String
    /// What samples would look like.
    public let schema: SourceSchema
    /// A pipe is read once.
    public let isSeekable = false
    /// It has ended.
    public let isLive = false
    /// None.
    public let count: Int? = 0
    /// Nothing to recognise.
    public let identity: SourceIdentity? = nil
    /// Nothing to tell.
    public let notes: [String] = []

    /// - expected: what samples would look like.
    public init(name: String, expected: ExpectedSchema) {
        self.name = name
        schema = SourceSchema(
            element: expected.element, featureCount: expected.featureCount,
            featureNames: expected.featureNames, labels: expected.labels)
    }

    /// Always the end.
    public func read(
        from index: Int, count: Int, into batch: inout SampleBatch, timeoutMilliseconds: Int?
    ) throws(SourceError) -> ReadOutcome { .end }
}
