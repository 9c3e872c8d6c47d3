// The small frames of the ingest socket: everything but samples and labels. Each type decodes a
// body that `Frame.decode` has parted, and encodes a whole frame into the caller's memory.
//
// Invariants: decode(encode(x)) == x; bodies have exactly one length per frame (plus the text
// they state); nothing allocates except the text of a NACK.

/// HELLO, producer → daemon: who I am, and which epoch I continue.
public struct Hello: Equatable, Sendable {
    /// The producer's name.
    public var name: ProducerName
    /// The epoch to continue; 0 asks for a new one.
    public var epoch: UInt32
    /// The digest of the schema the producer was made for; 0 = not checked.
    public var schemaDigest: UInt64
    /// Whether WELCOME and ACKs of the session shall carry the cost on the emulated device.
    public var wantsCost: Bool

    /// A greeting.
    public init(
        name: ProducerName, epoch: UInt32, schemaDigest: UInt64 = 0, wantsCost: Bool = false
    ) {
        self.name = name
        self.epoch = epoch
        self.schemaDigest = schemaDigest
        self.wantsCost = wantsCost
    }

    /// Reads a HELLO; shortBody, longBody, or badName.
    public static func decode(
        _ header: FrameHeader, _ body: UnsafeRawBufferPointer
    ) throws(FrameError) -> Hello {
        try Body.check(header, is: .hello)
        var cursor = ByteCursor(body)
        guard let digest = cursor.u64(), let length = cursor.u16(),
            let bytes = cursor.run(Int(truncatingIfNeeded: length))
        else { throw FrameError(.shortBody) }
        try Body.finish(cursor)
        guard let name = ProducerName(bytes) else { throw FrameError(.badName) }
        return Hello(
            name: name, epoch: header.epoch, schemaDigest: digest,
            wantsCost: header.flags.contains(.cost))
    }

    /// Writes the whole frame; returns its bytes.
    public func encode(into memory: UnsafeMutableRawBufferPointer) -> Int {
        let header = FrameHeader(type: .hello, flags: wantsCost ? .cost : [], epoch: epoch)
        return Body.write(memory, header) { body in
            body.put(schemaDigest)
            name.withBytes { bytes in
                body.put(UInt16(truncatingIfNeeded: bytes.count))
                body.put(bytes)
            }
        }
    }
}

/// WELCOME, daemon → producer: your epoch, where you stand, how far you may go.
public struct Welcome: Equatable, Sendable {
    /// The epoch that is in force now, durable before this frame is sent.
    public var epoch: UInt32
    /// The sequence the daemon takes next; everything before it is accepted.
    public var next: UInt64
    /// The highest sequence that is durably decided.
    public var durable: UInt64
    /// The highest sequence that may be sent.
    public var limit: UInt64
    /// The newest durable generation.
    public var generation: UInt64
    /// The digest of the daemon's schema.
    public var schemaDigest: UInt64
    /// The shape of samples and labels.
    public var schema: WireSchema
    /// Most samples in one frame.
    public var maxBatch: UInt32
    /// What the device spent until `generation`; nil unless asked for and emulated.
    public var cost: DeviceCost?

    /// An answer to HELLO.
    public init(
        epoch: UInt32, next: UInt64, durable: UInt64, limit: UInt64, generation: UInt64,
        schema: WireSchema, schemaDigest: UInt64? = nil, maxBatch: UInt32,
        cost: DeviceCost? = nil
    ) {
        self.epoch = epoch
        self.next = next
        self.durable = durable
        self.limit = limit
        self.generation = generation
        self.schema = schema
        self.schemaDigest = schemaDigest ?? schema.digest
        self.maxBatch = maxBatch
        self.cost = cost
    }

    /// Reads a WELCOME; shortBody, longBody, wrongElementType, or badRequest (unknown task).
    public static func decode(
        _ header: FrameHeader, _ body: UnsafeRawBufferPointer
    ) throws(FrameError) -> Welcome {
        try Body.check(header, is: .welcome)
        var cursor = ByteCursor(body)
        guard let durable = cursor.u64(), let limit = cursor.u64(),
            let generation = cursor.u64(), let digest = cursor.u64(),
            let features = cursor.u32(), let outputs = cursor.u32(), let batch = cursor.u32(),
            let element = cursor.u8(), let task = cursor.u8(), cursor.u16() != nil
        else { throw FrameError(.shortBody) }
        let cost = try DeviceCost.read(header, &cursor)
        try Body.finish(cursor)
        guard let element = WireElementType(rawValue: element) else {
            throw FrameError(.wrongElementType)
        }
        guard let task = WireTask(rawValue: task) else { throw FrameError(.badRequest) }
        let schema = WireSchema(
            elementType: element, featureCount: Int(truncatingIfNeeded: features),
            outputCount: Int(truncatingIfNeeded: outputs), task: task)
        return Welcome(
            epoch: header.epoch, next: header.sequence, durable: durable, limit: limit,
            generation: generation, schema: schema, schemaDigest: digest, maxBatch: batch,
            cost: cost)
    }

    /// Writes the whole frame; returns its bytes.
    public func encode(into memory: UnsafeMutableRawBufferPointer) -> Int {
        let header = FrameHeader(
            type: .welcome, flags: FrameFlags(carrying: cost), sequence: next, epoch: epoch)
        return Body.write(memory, header) { body in
            body.put(durable)
            body.put(limit)
            body.put(generation)
            body.put(schemaDigest)
            body.put(UInt32(clamping: schema.featureCount))
            body.put(UInt32(clamping: schema.outputCount))
            body.put(maxBatch)
            body.put(schema.elementType.rawValue)
            body.put(schema.task.rawValue)
            body.put(UInt16.zero)
            cost?.write(&body)
        }
    }
}

/// SKIP, producer → daemon: these numbers will never come.
public struct Skip: Equatable, Sendable {
    /// The producer's epoch.
    public var epoch: UInt32
    /// The first number given up.
    public var first: UInt64
    /// How many numbers, at least 1.
    public var count: UInt32

    /// A gap on purpose.
    public init(epoch: UInt32, first: UInt64, count: UInt32) {
        self.epoch = epoch
        self.first = first
        self.count = count
    }

    /// Reads a SKIP; longBody, emptyBatch, or badRequest (numbers that run out of 64 bits).
    public static func decode(
        _ header: FrameHeader, _ body: UnsafeRawBufferPointer
    ) throws(FrameError) -> Skip {
        try Body.check(header, is: .skip)
        try Body.finish(ByteCursor(body))
        try Body.checkNumbers(header)
        return Skip(epoch: header.epoch, first: header.sequence, count: header.count)
    }

    /// Writes the whole frame; returns its bytes.
    public func encode(into memory: UnsafeMutableRawBufferPointer) -> Int {
        let header = FrameHeader(type: .skip, sequence: first, epoch: epoch, count: count)
        return Body.write(memory, header) { _ in }
    }
}

/// FLUSH, producer → daemon: commit now what I have sent.
public struct Flush: Equatable, Sendable {
    /// The producer's epoch.
    public var epoch: UInt32
    /// The sender's number of this wish; not answered by itself, an ACK follows the commit.
    public var request: UInt64

    /// A wish to commit.
    public init(epoch: UInt32, request: UInt64) {
        self.epoch = epoch
        self.request = request
    }

    /// Reads a FLUSH; longBody.
    public static func decode(
        _ header: FrameHeader, _ body: UnsafeRawBufferPointer
    ) throws(FrameError) -> Flush {
        try Body.check(header, is: .flush)
        try Body.finish(ByteCursor(body))
        return Flush(epoch: header.epoch, request: header.sequence)
    }

    /// Writes the whole frame; returns its bytes.
    public func encode(into memory: UnsafeMutableRawBufferPointer) -> Int {
        Body.write(memory, FrameHeader(type: .flush, sequence: request, epoch: epoch)) { _ in }
    }
}
