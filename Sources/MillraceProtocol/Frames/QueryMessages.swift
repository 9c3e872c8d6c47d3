// The frames of the query socket: PREDICTION and QUERY_REFUSED, and the envelope of control
// messages (REQUEST, REPLY), which exists on query and admin.

/// A checked PREDICTION body.
public struct PredictionView {
    /// The request this answers.
    public let request: UInt64
    /// The durable generation that the outputs were computed with.
    public let generation: UInt64
    /// Values per prediction.
    public let outputCount: Int
    /// What the samples of this reply cost on the emulated device; nil unless asked for and
    /// emulated.
    public let cost: DeviceCost?
    private let classes: ElementRun
    private let values: ElementRun

    /// Checks a PREDICTION; unknownType, emptyBatch, shortBody, or wrongWidth.
    public init(_ header: FrameHeader, _ body: UnsafeRawBufferPointer) throws(FrameError) {
        try Body.check(header, is: .prediction)
        guard header.count > 0 else { throw FrameError(.emptyBatch) }
        let count = Int(truncatingIfNeeded: header.count)
        var cursor = ByteCursor(body)
        guard let generation = cursor.u64(), let outputs = cursor.u32(), cursor.u32() != nil
        else { throw FrameError(.shortBody) }
        outputCount = Int(truncatingIfNeeded: outputs)
        guard let rowBytes = CheckedSize.product(outputCount, 4),
            let classes = cursor.elements(count, stride: 4),
            let values = cursor.elements(count, stride: rowBytes)
        else { throw FrameError(.wrongWidth) }
        cost = try DeviceCost.read(header, &cursor)
        guard cursor.remaining == 0 else { throw FrameError(.wrongWidth) }
        self.generation = generation
        self.classes = classes
        self.values = values
        request = header.sequence
    }

    /// Predictions in the frame, at least 1.
    public var count: Int { classes.count }

    /// The most likely class of sample `index`; −1 unless the task is classification.
    public func classIndex(_ index: Int) -> Int32 { classes.integer(index, as: Int32.self) }

    /// The outputs of sample `index`: outputCount little-endian f32, possibly unaligned.
    public func outputs(_ index: Int) -> UnsafeRawBufferPointer { values[index] }

    /// Output `output` of sample `index`.
    public func output(_ index: Int, _ output: Int) -> Float {
        let row = ElementRun(bytes: values[index], count: outputCount, stride: 4)
        return Float(bitPattern: row.integer(output, as: UInt32.self))
    }
}

/// A PREDICTION frame being filled.
public struct PredictionEncoder {
    private let frame: UnsafeMutableRawBufferPointer
    private let header: FrameHeader
    private let classes: UnsafeMutableRawBufferPointer
    private let values: UnsafeMutableRawBufferPointer
    private let rowBytes: Int

    /// Bytes of the fixed part of the body.
    public static let fixedBytes = 16

    /// Bytes of a frame of `count` predictions, with their cost or without; nil when they do not
    /// fit an Int.
    public static func frameBytes(
        count: Int, outputCount: Int, hasCost: Bool = false
    ) -> Int? {
        guard let rowBytes = CheckedSize.product(outputCount, 4),
            let row = CheckedSize.sum(rowBytes, 4), let rows = CheckedSize.product(count, row),
            let fixed = CheckedSize.sum(fixedBytes, hasCost ? DeviceCost.byteCount : 0),
            let body = CheckedSize.sum(rows, fixed)
        else { return nil }
        return CheckedSize.sum(body, FrameHeader.byteCount)
    }

    /// Starts a PREDICTION in `memory`; nil when it is too small.
    public init?(
        count: Int, request: UInt64, generation: UInt64, outputCount: Int,
        cost: DeviceCost? = nil, into memory: UnsafeMutableRawBufferPointer
    ) {
        guard let rowBytes = CheckedSize.product(outputCount, 4),
            let frameBytes = Self.frameBytes(
                count: count, outputCount: outputCount, hasCost: cost != nil),
            let classBytes = CheckedSize.product(count, 4),
            let valueBytes = CheckedSize.product(count, rowBytes),
            frameBytes <= memory.count, let words = UInt32(exactly: count)
        else { return nil }
        frame = UnsafeMutableRawBufferPointer(start: memory.baseAddress, count: frameBytes)
        var writer = ByteWriter(frame, from: FrameHeader.byteCount)
        writer.put(generation)
        writer.put(UInt32(clamping: outputCount))
        writer.put(UInt32.zero)
        classes = writer.reserve(classBytes)
        values = writer.reserve(valueBytes)
        cost?.write(&writer)
        self.rowBytes = rowBytes
        header = FrameHeader(
            type: .prediction, flags: FrameFlags(carrying: cost), sequence: request, count: words)
    }

    /// Sets class and outputs of sample `index`; `outputs` holds outputCount little-endian f32.
    public func set(_ index: Int, classIndex: Int32, outputs: UnsafeRawBufferPointer) {
        var word = classIndex.littleEndian
        withUnsafeBytes(of: &word) { classes.copyElement(index, stride: 4, from: $0) }
        values.copyElement(index, stride: rowBytes, from: outputs)
    }

    /// Writes header and checksum; the bytes of the frame.
    public func seal() -> Int {
        Frame.seal(frame, header: header)
        return frame.count
    }
}

/// QUERY_REFUSED, daemon → client: no prediction, and why.
public struct QueryRefused: Equatable, Sendable {
    /// The request this answers.
    public var request: UInt64
    /// Why.
    public var reason: RefusalReason
    /// One sentence for people.
    public var text: String

    /// A refusal of a query.
    public init(request: UInt64, reason: RefusalReason, text: String = "") {
        self.request = request
        self.reason = reason
        self.text = text
    }

    /// Reads a QUERY_REFUSED; shortBody or longBody.
    public static func decode(
        _ header: FrameHeader, _ body: UnsafeRawBufferPointer
    ) throws(FrameError) -> QueryRefused {
        try Body.check(header, is: .queryRefused)
        var cursor = ByteCursor(body)
        guard let reason = cursor.u16(), let length = cursor.u16(),
            let text = cursor.run(Int(truncatingIfNeeded: length))
        else { throw FrameError(.shortBody) }
        try Body.finish(cursor)
        return QueryRefused(
            request: header.sequence, reason: RefusalReason(rawValue: reason) ?? .failed,
            text: String(decoding: text, as: UTF8.self))
    }

    /// Writes the whole frame; returns its bytes. A text that is too long is cut.
    public func encode(into memory: UnsafeMutableRawBufferPointer) -> Int {
        Body.write(memory, FrameHeader(type: .queryRefused, sequence: request)) { body in
            body.put(reason.rawValue)
            body.put(UInt16(truncatingIfNeeded: text.utf8.prefix(Nack.maxTextBytes).count))
            for byte in text.utf8.prefix(Nack.maxTextBytes) { body.put(byte) }
        }
    }
}

/// REQUEST and REPLY: UTF-8 JSON in a frame.
public enum ControlFrame {
    /// Writes a REQUEST or REPLY with this id around `json`; returns the frame's bytes, nil
    /// when `memory` is too small.
    public static func encode(
        _ type: FrameType, request: UInt64, json: UnsafeRawBufferPointer,
        into memory: UnsafeMutableRawBufferPointer
    ) -> Int? {
        guard let bytes = CheckedSize.sum(FrameHeader.byteCount, json.count),
            bytes <= memory.count
        else { return nil }
        return Body.write(memory, FrameHeader(type: type, sequence: request)) { $0.put(json) }
    }
}
