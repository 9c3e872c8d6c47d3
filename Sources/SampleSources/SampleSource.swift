// A sample source is anything that numbers samples from 0 and hands them out in batches: a file,
// standard input, this machine, a generator.
//
// Invariants:
//   - Sample `index` of a source with an identity is the same bytes for ever.
//   - A read delivers consecutive indices and stops before a bad row. If the row at `index` itself
//     is bad, the read throws `.badRow`; a caller that skips bad rows goes on with `index + 1`.
//   - Nothing is kept of what was delivered: memory does not grow with the length of the source.

/// What a read found.
public enum ReadOutcome: Equatable, Sendable {
    /// The batch holds this many samples (at least 1).
    case samples(Int)
    /// Nothing came within the time allowed, or a signal arrived; ask again.
    case notYet
    /// There is no sample at this index and there never will be.
    case end
}

/// Anything that delivers numbered samples.
public protocol SampleSource: AnyObject {
    /// The description it was opened with, for messages and as a producer's default name.
    var name: String { get }
    /// Shape and types of its samples; fixed while it is open.
    var schema: SourceSchema { get }
    /// Whether any index can be read at any time. Otherwise indices must be read in order.
    var isSeekable: Bool { get }
    /// Whether samples arise in real time (waiting is normal, an end is not).
    var isLive: Bool { get }
    /// How many samples there are, if known; nil for endless, live, and not yet counted sources.
    var count: Int? { get }
    /// What names the content, so that a later run can continue; nil if it cannot be read again.
    var identity: SourceIdentity? { get }
    /// Things worth telling the user once: what was guessed, what is missing.
    var notes: [String] { get }

    /// Reads up to `count` samples starting at `index` into `batch`, which is cleared first.
    ///
    /// - index: 0-based; on a source that is not seekable, not before the end of the last read
    ///   (rows in between are passed over).
    /// - timeoutMilliseconds: how long to wait for the first sample; nil waits as long as it takes.
    ///   Files and generators never wait.
    /// - Throws: `.badRow` if the row at `index` itself is bad; other cases when the source as a
    ///   whole cannot be read.
    func read(
        from index: Int, count: Int, into batch: inout SampleBatch, timeoutMilliseconds: Int?
    ) throws(SourceError) -> ReadOutcome

    /// Hands over the bytes that the samples before index `samples` are made from, piece by piece, so
    /// that a later run can tell whether they are still the same when the rest has changed.
    ///
    /// - Returns: how many bytes; nil where there are fewer samples, or none that can be read again.
    func prefix(
        samples: Int, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(SourceError) -> Int?
}

extension SampleSource {
    /// Not known.
    public func prefix(
        samples: Int, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(SourceError) -> Int? { nil }

    /// Reads as `read(from:count:into:timeoutMilliseconds:)` with no limit to the waiting.
    public func read(
        from index: Int, count: Int, into batch: inout SampleBatch
    ) throws(SourceError) -> ReadOutcome {
        try read(from: index, count: count, into: &batch, timeoutMilliseconds: nil)
    }
}

/// What names the content of a source between runs.
///
/// For a file: path, size and a digest of its first and last 4 KiB, enough to notice that a file
/// was replaced or has grown without reading all of it. For a generator: its full description.
public struct SourceIdentity: Equatable, Hashable, Sendable {
    /// Absolute path of the file, or the canonical description of a generator.
    public let path: String
    /// Size of the file; 0 for a generator.
    public let bytes: Int
    /// FNV-1a (64 bits) of the first and last 4 KiB; of the description for a generator.
    public let digest: UInt64

    /// - path: absolute path or canonical description.
    /// - bytes: size of the file.
    /// - digest: see the property.
    public init(path: String, bytes: Int, digest: UInt64) {
        self.path = path
        self.bytes = bytes
        self.digest = digest
    }

    /// One line that is equal exactly for equal identities: `path size digest`.
    public var text: String {
        let digits = String(digest, radix: 16)
        return "\(path) \(bytes) \(String(repeating: "0", count: 16 - digits.count))\(digits)"
    }
}
