// The keys of CURVE (ZeroMQ RFC 26) as plain old data: 32 bytes, 40 characters as text.
//
// Invariants: a key is any 32 bytes; whether two of them are halves of one pair only the curve
// knows (`Messaging`). A secret key never describes itself: neither print, dump, interpolation nor
// an error message shows it; who wants its text has to ask for `z85`.

/// 32 bytes in four words, compared and hashed without allocating.
struct CurveKeyBytes: Hashable, Sendable {
    /// Little-endian, in the order of the bytes.
    private let words: (UInt64, UInt64, UInt64, UInt64)

    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == CurvePublicKey.byteCount else { return nil }
        var cursor = ByteCursor(bytes)
        guard let first = cursor.u64(), let second = cursor.u64(), let third = cursor.u64(),
            let fourth = cursor.u64()
        else { return nil }
        words = (first, second, third, fourth)
    }

    init(z85 text: UnsafeRawBufferPointer) throws(Z85Error) {
        guard text.count == CurvePublicKey.characterCount else { throw .count(found: text.count) }
        var reader = Z85Reader(text)
        words.0 = try Self.pair(&reader)
        words.1 = try Self.pair(&reader)
        words.2 = try Self.pair(&reader)
        words.3 = try Self.pair(&reader)
    }

    private static func pair(_ reader: inout Z85Reader) throws(Z85Error) -> UInt64 {
        let low = try reader.word() ?? 0
        let high = try reader.word() ?? 0
        return UInt64(truncatingIfNeeded: low.byteSwapped)
            | UInt64(truncatingIfNeeded: high.byteSwapped) << 32
    }

    func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let bytes = (
            words.0.littleEndian, words.1.littleEndian, words.2.littleEndian, words.3.littleEndian
        )
        return try withUnsafeBytes(of: bytes) { (memory) throws(Failure) in try body(memory) }
    }

    /// The 40 characters.
    var z85: String { withBytes { Z85.encode($0) } ?? "" }

    static func == (left: CurveKeyBytes, right: CurveKeyBytes) -> Bool {
        // All words are looked at, whatever the first ones say.
        let difference =
            (left.words.0 ^ right.words.0) | (left.words.1 ^ right.words.1)
            | (left.words.2 ^ right.words.2) | (left.words.3 ^ right.words.3)
        return difference == 0
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}

/// The half of a pair that everybody may know: who somebody is.
public struct CurvePublicKey: Hashable, Sendable, CustomStringConvertible {
    /// Bytes of a key.
    public static let byteCount = 32
    /// Characters of a key's text.
    public static let characterCount = 40

    private let bytes: CurveKeyBytes

    /// The key in `bytes`; nil unless they are 32.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        guard let bytes = CurveKeyBytes(bytes) else { return nil }
        self.bytes = bytes
    }

    /// The key whose text is `text`, allocating nothing.
    public init(z85 text: UnsafeRawBufferPointer) throws(Z85Error) {
        bytes = try CurveKeyBytes(z85: text)
    }

    /// The key whose text is `text`.
    public init(z85 text: String) throws(Z85Error) {
        bytes = try CurveKeyBytes.reading(text)
    }

    /// The key's 40 characters.
    public var z85: String { bytes.z85 }

    /// The key's 40 characters.
    public var description: String { z85 }

    /// Hands the 32 bytes to `body`.
    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try bytes.withBytes(body)
    }
}

/// The half of a pair that only its owner may know.
public struct CurveSecretKey: Equatable, Sendable, CustomStringConvertible, CustomReflectable {
    private let bytes: CurveKeyBytes

    /// The key in `bytes`; nil unless they are 32.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        guard let bytes = CurveKeyBytes(bytes) else { return nil }
        self.bytes = bytes
    }

    /// The key whose text is `text`.
    public init(z85 text: String) throws(Z85Error) {
        bytes = try CurveKeyBytes.reading(text)
    }

    /// The key's 40 characters: for a file that only its owner can read, never for a message.
    public var z85: String { bytes.z85 }

    /// Never the key.
    public var description: String { "(secret)" }

    /// Never the key.
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// Hands the 32 bytes to `body`.
    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try bytes.withBytes(body)
    }
}

extension CurveKeyBytes {
    static func reading(_ text: String) throws(Z85Error) -> CurveKeyBytes {
        var text = text
        let result: Result<CurveKeyBytes, Z85Error> = text.withUTF8 { characters in
            do throws(Z85Error) {
                return .success(try CurveKeyBytes(z85: UnsafeRawBufferPointer(characters)))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
