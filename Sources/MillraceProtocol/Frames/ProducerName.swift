// The name of a producer as plain old data: 64 bytes, zero-padded, so that it lives in a section
// of a generation, is compared without allocating, and delimits itself.
//
// Invariants: 1 to 64 bytes of [A-Za-z0-9._-], then zeros to the end.

/// The name of a producer.
public struct ProducerName: Hashable, Sendable, BitwiseCopyable {
    /// Bytes of the longest name, and of the padded form.
    public static let capacity = 64

    /// The padded form as eight words, in memory order.
    public private(set) var words:
        (
            UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64
        ) = (0, 0, 0, 0, 0, 0, 0, 0)
    /// Bytes of the name.
    public let count: Int

    /// The name in `bytes`; nil when it is empty, too long, or has a byte outside the alphabet.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.isEmpty == false, bytes.count <= Self.capacity,
            bytes.allSatisfy(Self.isAllowed)
        else { return nil }
        count = bytes.count
        withUnsafeMutableBytes(of: &words) { $0.copyMemory(from: bytes) }
    }

    /// The name `text`; nil when it is not one.
    public init?(_ text: String) {
        var copy = text
        guard let name = copy.withUTF8({ ProducerName(UnsafeRawBufferPointer($0)) }) else {
            return nil
        }
        self = name
    }

    /// The name in 64 zero-padded bytes; nil when they hold none.
    public init?(padded bytes: UnsafeRawBufferPointer) {
        guard bytes.count == Self.capacity else { return nil }
        var cursor = ByteCursor(bytes)
        let length = bytes.firstIndex(of: 0) ?? Self.capacity
        guard let name = cursor.run(length), let padding = cursor.run(cursor.remaining),
            padding.allSatisfy({ $0 == 0 })
        else { return nil }
        self.init(name)
    }

    /// Hands the name's bytes to `body`.
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeBytes(of: words) { padded in
            body(UnsafeRawBufferPointer(start: padded.baseAddress, count: count))
        }
    }

    /// The name as text.
    public var text: String {
        withBytes { String(decoding: $0, as: UTF8.self) }
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
    }

    /// Equal bytes.
    public static func == (left: ProducerName, right: ProducerName) -> Bool {
        left.words.0 == right.words.0 && left.words.1 == right.words.1
            && left.words.2 == right.words.2 && left.words.3 == right.words.3
            && left.words.4 == right.words.4 && left.words.5 == right.words.5
            && left.words.6 == right.words.6 && left.words.7 == right.words.7
    }

    /// Feeds the padded bytes to `hasher`.
    public func hash(into hasher: inout Hasher) {
        withUnsafeBytes(of: words) { hasher.combine(bytes: $0) }
    }
}
