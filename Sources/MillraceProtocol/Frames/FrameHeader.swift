// The 32 bytes that open every Millrace frame (protocol/MILLRACE.md, "Frame header"), and the
// checks that every frame passes before its body is looked at.
//
//    0 magic u32 "MLR1"      4 version u8    5 type u8    6 flags u16
//    8 sequence u64         16 epoch u32    20 count u32  24 bodyBytes u32   28 crc32c u32
//
// Invariants: a header that `Frame.decode` returned has a known type, and its body is exactly
// `bodyBytes` long and has the checksum that the sender computed.

/// What a frame is. Numbers are the wire's.
public enum FrameType: UInt8, CaseIterable, Sendable {
    // ingest
    case hello = 1
    case welcome = 2
    case samples = 3
    case labels = 4
    case skip = 5
    case flush = 6
    case ack = 7
    case nack = 8
    case credit = 9
    case reset = 10
    // query
    case predict = 16
    case prediction = 17
    case queryRefused = 18
    // query and admin
    case request = 32
    case reply = 33
}

/// Flags of SAMPLES, LABELS and PREDICT, and of frames with a cost (`DeviceCost`); all other bits
/// are zero.
public struct FrameFlags: OptionSet, Equatable, Sendable {
    /// The sixteen bits on the wire.
    public let rawValue: UInt16
    /// - rawValue: the sixteen bits on the wire.
    public init(rawValue: UInt16) { self.rawValue = rawValue }
    /// Labels follow the samples.
    public static let labels = FrameFlags(rawValue: 4)
    /// Labels are rows of f32; otherwise each is a class index i32, −1 for none.
    public static let valueLabels = FrameFlags(rawValue: 8)
    /// Every bit that has a meaning in SAMPLES and LABELS.
    public static let known = FrameFlags(rawValue: 15)

    /// Flags that carry only an element type.
    public init(elementType: WireElementType) {
        self.init(rawValue: UInt16(truncatingIfNeeded: elementType.rawValue))
    }

    /// Bits 0 and 1; nil for the unused number 3.
    public var elementType: WireElementType? {
        WireElementType(rawValue: UInt8(truncatingIfNeeded: rawValue & 3))
    }
}

/// The fixed part of a frame.
public struct FrameHeader: Equatable, Sendable {
    /// Bytes of the header on the wire.
    public static let byteCount = 32
    /// "MLR1", read little-endian.
    public static let magic: UInt32 = 0x3152_4C4D
    /// The version of the protocol that this module speaks.
    public static let version: UInt8 = 1

    /// What the frame is.
    public var type: FrameType
    /// Element type, label bits, cost; zero in other frames.
    public var flags: FrameFlags
    /// First sequence, position, or request id, as the type says.
    public var sequence: UInt64
    /// The producer's epoch; zero where none applies.
    public var epoch: UInt32
    /// Samples, labels or numbers that the frame stands for.
    public var count: UInt32
    /// Bytes that follow the header.
    public var bodyBytes: UInt32

    /// A header; everything but the type is zero unless named.
    public init(
        type: FrameType, flags: FrameFlags = [], sequence: UInt64 = 0, epoch: UInt32 = 0,
        count: UInt32 = 0, bodyBytes: UInt32 = 0
    ) {
        self.type = type
        self.flags = flags
        self.sequence = sequence
        self.epoch = epoch
        self.count = count
        self.bodyBytes = bodyBytes
    }
}

/// Whole frames: header checks and checksum.
public enum Frame {
    /// Checks a foreign frame and parts it; the body points into `frame`.
    ///
    /// - limit: frames longer than this many bytes are refused as oversize.
    ///
    /// Errors, in the order of the checks: oversize, shortBody (not even a header), badMagic,
    /// badVersion, shortBody, longBody, badChecksum, unknownType.
    public static func decode(
        _ frame: UnsafeRawBufferPointer, limit: Int = .max
    ) throws(FrameError) -> (header: FrameHeader, body: UnsafeRawBufferPointer) {
        guard frame.count <= limit else { throw FrameError(.oversize) }
        var cursor = ByteCursor(frame)
        guard let magic = cursor.u32(), let version = cursor.u8(), let type = cursor.u8(),
            let flags = cursor.u16(), let sequence = cursor.u64(), let epoch = cursor.u32(),
            let count = cursor.u32(), let bodyBytes = cursor.u32(), let checksum = cursor.u32()
        else { throw FrameError(.shortBody) }
        guard magic == FrameHeader.magic else { throw FrameError(.badMagic) }
        guard version == FrameHeader.version else { throw FrameError(.badVersion) }
        let stated = Int(truncatingIfNeeded: bodyBytes)
        guard let body = cursor.run(stated) else { throw FrameError(.shortBody) }
        guard cursor.remaining == 0 else { throw FrameError(.longBody) }
        guard checksum == self.checksum(frame, body: body) else {
            throw FrameError(.badChecksum)
        }
        guard let type = FrameType(rawValue: type) else { throw FrameError(.unknownType) }
        let header = FrameHeader(
            type: type, flags: FrameFlags(rawValue: flags), sequence: sequence, epoch: epoch,
            count: count, bodyBytes: bodyBytes)
        return (header, body)
    }

    /// Writes `header` and the checksum in front of a body that is already in place.
    ///
    /// - frame: the whole frame; its body starts at byte 32. `header.bodyBytes` is taken from
    ///   its size.
    public static func seal(_ frame: UnsafeMutableRawBufferPointer, header: FrameHeader) {
        var writer = ByteWriter(frame)
        writer.put(FrameHeader.magic)
        writer.put(FrameHeader.version)
        writer.put(header.type.rawValue)
        writer.put(header.flags.rawValue)
        writer.put(header.sequence)
        writer.put(header.epoch)
        writer.put(header.count)
        writer.put(bodyBytes(frame))
        var body = ByteCursor(UnsafeRawBufferPointer(frame))
        guard body.run(FrameHeader.byteCount) != nil, let rest = body.run(body.remaining) else {
            return
        }
        writer.put(checksum(UnsafeRawBufferPointer(frame), body: rest))
    }

    private static func bodyBytes(_ frame: UnsafeMutableRawBufferPointer) -> UInt32 {
        UInt32(clamping: frame.count.subtractingReportingOverflow(FrameHeader.byteCount).0)
    }

    /// CRC-32C over the first 28 bytes, four zero bytes, and the body.
    private static func checksum(
        _ frame: UnsafeRawBufferPointer, body: UnsafeRawBufferPointer
    ) -> UInt32 {
        var cursor = ByteCursor(frame)
        guard let fields = cursor.run(28) else { return 0 }
        var zero: UInt32 = 0
        let head = withUnsafeBytes(of: &zero) { four in
            CRC32C.checksum(four, seed: CRC32C.checksum(fields))
        }
        return CRC32C.checksum(body, seed: head)
    }
}
