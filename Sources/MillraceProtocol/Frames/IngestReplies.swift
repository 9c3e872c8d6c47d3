// What the daemon tells a producer after WELCOME: ACK, CREDIT, NACK, RESET. Positions and limits
// are absolute numbers, so that a lost or repeated frame does no harm.

/// ACK, daemon → producer: everything up to here is durably decided.
public struct Ack: Equatable, Sendable {
    /// The producer's epoch.
    public var epoch: UInt32
    /// The highest sequence that is durably decided (cumulative).
    public var durable: UInt64
    /// The highest sequence that may be sent.
    public var limit: UInt64
    /// The generation that contains the decision.
    public var generation: UInt64
    /// What the device spent until that generation; nil unless asked for and emulated.
    public var cost: DeviceCost?

    /// A cumulative acknowledgement.
    public init(
        epoch: UInt32, durable: UInt64, limit: UInt64, generation: UInt64,
        cost: DeviceCost? = nil
    ) {
        self.epoch = epoch
        self.durable = durable
        self.limit = limit
        self.generation = generation
        self.cost = cost
    }

    /// Reads an ACK; shortBody or longBody.
    public static func decode(
        _ header: FrameHeader, _ body: UnsafeRawBufferPointer
    ) throws(FrameError) -> Ack {
        try Body.check(header, is: .ack)
        var cursor = ByteCursor(body)
        guard let limit = cursor.u64(), let generation = cursor.u64() else {
            throw FrameError(.shortBody)
        }
        let cost = try DeviceCost.read(header, &cursor)
        try Body.finish(cursor)
        return Ack(
            epoch: header.epoch, durable: header.sequence, limit: limit, generation: generation,
            cost: cost)
    }

    /// Writes the whole frame; returns its bytes.
    public func encode(into memory: UnsafeMutableRawBufferPointer) -> Int {
        let header = FrameHeader(
            type: .ack, flags: FrameFlags(carrying: cost), sequence: durable, epoch: epoch)
        return Body.write(memory, header) { body in
            body.put(limit)
            body.put(generation)
            cost?.write(&body)
        }
    }
}

/// CREDIT, daemon → producer: you may send up to here.
public struct Credit: Equatable, Sendable {
    /// The producer's epoch.
    public var epoch: UInt32
    /// The sequence the daemon takes next.
    public var next: UInt64
    /// The highest sequence that may be sent; never goes back within a connection.
    public var limit: UInt64

    /// A wider window.
    public init(epoch: UInt32, next: UInt64, limit: UInt64) {
        self.epoch = epoch
        self.next = next
        self.limit = limit
    }

    /// Reads a CREDIT; shortBody or longBody.
    public static func decode(
        _ header: FrameHeader, _ body: UnsafeRawBufferPointer
    ) throws(FrameError) -> Credit {
        try Body.check(header, is: .credit)
        var cursor = ByteCursor(body)
        guard let limit = cursor.u64() else { throw FrameError(.shortBody) }
        try Body.finish(cursor)
        return Credit(epoch: header.epoch, next: header.sequence, limit: limit)
    }

    /// Writes the whole frame; returns its bytes.
    public func encode(into memory: UnsafeMutableRawBufferPointer) -> Int {
        let header = FrameHeader(type: .credit, sequence: next, epoch: epoch)
        return Body.write(memory, header) { $0.put(limit) }
    }
}

/// NACK, daemon → producer: refused, and where to go on.
public struct Nack: Equatable, Sendable {
    /// Longest text that is sent, in UTF-8 bytes.
    public static let maxTextBytes = 200

    /// The producer's epoch as the daemon knows it; 0 when it has none.
    public var epoch: UInt32
    /// The sequence the daemon takes next.
    public var expected: UInt64
    /// Why.
    public var reason: RefusalReason
    /// How many numbers are refused, 0 when the reason is not about numbers.
    public var count: UInt32
    /// The first of them.
    public var first: UInt64
    /// One sentence for people; empty in most frames.
    public var text: String

    /// A refusal.
    public init(
        epoch: UInt32, expected: UInt64, reason: RefusalReason, count: UInt32 = 0,
        first: UInt64 = 0, text: String = ""
    ) {
        self.epoch = epoch
        self.expected = expected
        self.reason = reason
        self.count = count
        self.first = first
        self.text = text
    }

    /// Reads a NACK; shortBody or longBody. A reason that this version does not know reads as
    /// `failed`, broken UTF-8 is repaired.
    public static func decode(
        _ header: FrameHeader, _ body: UnsafeRawBufferPointer
    ) throws(FrameError) -> Nack {
        try Body.check(header, is: .nack)
        var cursor = ByteCursor(body)
        guard let reason = cursor.u16(), let length = cursor.u16(), let count = cursor.u32(),
            let first = cursor.u64(), let text = cursor.run(Int(truncatingIfNeeded: length))
        else { throw FrameError(.shortBody) }
        try Body.finish(cursor)
        return Nack(
            epoch: header.epoch, expected: header.sequence,
            reason: RefusalReason(rawValue: reason) ?? .failed, count: count, first: first,
            text: String(decoding: text, as: UTF8.self))
    }

    /// Writes the whole frame; returns its bytes. A text that is too long is cut.
    public func encode(into memory: UnsafeMutableRawBufferPointer) -> Int {
        let header = FrameHeader(type: .nack, sequence: expected, epoch: epoch)
        return Body.write(memory, header) { body in
            body.put(reason.rawValue)
            body.put(UInt16(truncatingIfNeeded: text.utf8.prefix(Self.maxTextBytes).count))
            body.put(count)
            body.put(first)
            for byte in text.utf8.prefix(Self.maxTextBytes) { body.put(byte) }
        }
    }
}

/// RESET, daemon → producer: I do not know this connection, send HELLO.
public struct Reset: Equatable, Sendable {
    /// A call to greet again.
    public init() {}

    /// Reads a RESET; longBody.
    public static func decode(
        _ header: FrameHeader, _ body: UnsafeRawBufferPointer
    ) throws(FrameError) -> Reset {
        try Body.check(header, is: .reset)
        try Body.finish(ByteCursor(body))
        return Reset()
    }

    /// Writes the whole frame; returns its bytes.
    public func encode(into memory: UnsafeMutableRawBufferPointer) -> Int {
        Body.write(memory, FrameHeader(type: .reset)) { _ in }
    }
}
