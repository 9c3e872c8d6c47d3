// Requests and replies on the query or admin socket. Every request has a number; a reply to an
// earlier, given-up request is passed over.

import MillraceProtocol
import Platform

/// Asks one daemon, one request at a time.
public final class RequestClient {
    private let transport: any FrameTransport
    private let clock: any MonotonicClock
    private let endpoint: String
    private let memory: UnsafeMutableRawBufferPointer
    private var request: UInt64 = 0

    /// The newest reply's JSON, byte for byte.
    public private(set) var newestReply: [UInt8] = []

    /// How long `ask` and `predict` wait, in milliseconds.
    public var timeoutMilliseconds = 5000

    /// - endpoint: for messages.
    public init(
        transport: any FrameTransport, clock: any MonotonicClock, endpoint: String,
        frameBytes: Int = 4 << 20
    ) {
        self.transport = transport
        self.clock = clock
        self.endpoint = endpoint
        memory = .allocate(byteCount: frameBytes, alignment: 64)
    }

    deinit { memory.deallocate() }

    /// Sends a request and waits for its reply.
    ///
    /// Errors: unreachable when nobody answers, tryAgain when a reply is late, and the daemon's
    /// own refusal.
    public func ask<Reply: ControlReply>(
        _ type: Reply.Type, _ body: ControlRequest
    ) throws(ClientError) -> Reply {
        let id = try start(body)
        let bytes = try reply(to: id)
        return try read(type, bytes)
    }

    /// Sends a request without waiting; nil when the daemon cannot be reached now.
    public func begin(_ body: ControlRequest) throws(ClientError) -> UInt64? {
        request += 1
        return try send(encode(body)) ? request : nil
    }

    /// The reply to the newest `begin`, if it is there.
    public func poll<Reply: ControlReply>(_ type: Reply.Type) throws(ClientError) -> Reply? {
        guard let frame = try receive(request) else { return nil }
        return try read(type, frame)
    }

    /// Predicts the samples of one batch.
    ///
    /// - rows: `count` samples as `schema` has them.
    /// - wantsCost: asks what they cost on the emulated device, too.
    /// - use: gets the checked reply; what it points to is gone afterwards.
    public func predict<Value>(
        _ rows: UnsafeRawBufferPointer, count: Int, schema: WireSchema, wantsCost: Bool = false,
        _ use: (PredictionView) -> Value
    ) throws(ClientError) -> Value {
        request += 1
        guard
            let encoder = BatchEncoder(
                predict: count, request: request, schema: schema, wantsCost: wantsCost,
                into: memory)
        else { throw ClientError(.badData, "\(count) samples do not fit one frame") }
        encoder.featureMemory.copyMemory(from: rows)
        try sendWaiting(encoder.seal())
        let frame = try reply(to: request)
        do {
            let (header, body) = try Frame.decode(frame)
            if header.type == .queryRefused {
                throw Self.failure(try QueryRefused.decode(header, body))
            }
            let view = try PredictionView(header, body)
            guard view.count == count else { throw FrameError(.wrongWidth) }
            return use(view)
        } catch let error as FrameError {
            throw Self.broken(error.reason.name)
        } catch let error as ClientError {
            throw error
        } catch {
            throw Self.broken("\(error)")
        }
    }

    private func start(_ body: ControlRequest) throws(ClientError) -> UInt64 {
        request += 1
        try sendWaiting(encode(body))
        return request
    }

    private func encode(_ body: ControlRequest) throws(ClientError) -> Int {
        do {
            let json = try ControlCodec.encode(body)
            return json.withUnsafeBytes {
                ControlFrame.encode(.request, request: request, json: $0, into: memory) ?? 0
            }
        } catch {
            throw ClientError(.internalError, "the request cannot be written", why: "\(error)")
        }
    }

    private func read<Reply: ControlReply>(
        _ type: Reply.Type, _ frame: UnsafeRawBufferPointer
    ) throws(ClientError) -> Reply {
        do {
            let (header, body) = try Frame.decode(frame)
            if header.type == .queryRefused {
                throw Self.failure(try QueryRefused.decode(header, body))
            }
            newestReply = [UInt8](body)
            return try ControlCodec.decodeReply(type, body)
        } catch let error as ClientError {
            throw error
        } catch ControlError.refused(let reason, let message) {
            throw Self.failure(reason, message)
        } catch {
            throw Self.broken("\(error)")
        }
    }
}

extension RequestClient {
    private func send(_ bytes: Int) throws(ClientError) -> Bool {
        try transport.send(UnsafeRawBufferPointer(start: memory.baseAddress, count: bytes))
    }

    private func sendWaiting(_ bytes: Int) throws(ClientError) {
        let start = clock.nowNanoseconds
        while try !send(bytes) {
            guard clock.nowNanoseconds - start < UInt64(timeoutMilliseconds) * 1_000_000 else {
                throw unreachable("no connection came about within \(timeoutMilliseconds) ms")
            }
            transport.wait(milliseconds: 20)
        }
    }

    private func reply(to id: UInt64) throws(ClientError) -> UnsafeRawBufferPointer {
        let start = clock.nowNanoseconds
        while true {
            if let frame = try receive(id) { return frame }
            guard clock.nowNanoseconds - start < UInt64(timeoutMilliseconds) * 1_000_000 else {
                throw unreachable("no reply within \(timeoutMilliseconds) ms")
            }
            transport.wait(milliseconds: 20)
        }
    }

    /// The next frame that answers `id`; others are dropped.
    private func receive(_ id: UInt64) throws(ClientError) -> UnsafeRawBufferPointer? {
        while let bytes = try transport.receive(into: memory) {
            let frame = UnsafeRawBufferPointer(start: memory.baseAddress, count: bytes)
            guard let (header, _) = try? Frame.decode(frame), header.sequence == id else {
                continue
            }
            return frame
        }
        return nil
    }

    /// What to say when nobody answered.
    ///
    /// - waited: what was waited for, and how long.
    public func unreachable(_ waited: String) -> ClientError {
        ClientError(unanswered: endpoint, waited: waited, transport.silence)
    }

    private static func broken(_ why: String) -> ClientError {
        ClientError(
            .protocolMismatch, "the daemon's reply cannot be read", why: why,
            advice: "the same version of millrace and millraced")
    }

    private static func failure(_ refused: QueryRefused) -> ClientError {
        failure(refused.reason, refused.text)
    }

    /// A refusal as an exit status.
    static func failure(_ reason: RefusalReason?, _ message: String) -> ClientError {
        let status: ExitStatus =
            switch reason {
            case .notAllowed: .notAllowed
            case .notFound: .noInput
            case .badName: .usage
            case .alreadyThere: .cannotCreate
            case .notReady, .stopping, .readOnly, .noCredit: .tryAgain
            case .wrongWidth, .wrongElementType, .oversize, .notANumber, .infinite, .outOfBounds,
                .emptyBatch, .badChecksum, .schemaMismatch:
                .badData
            case .badVersion, .badMagic, .unknownType: .protocolMismatch
            default: .inputOutput
            }
        let advice =
            switch reason {
            case .notFound where message.contains("producer"): "millrace status, which lists them"
            case .notFound: "millrace generations, or millrace checkpoint list"
            case .alreadyThere: "another name, or --force to replace it"
            // The daemon's words: a command of the other door, or a right that the key has not.
            case .notAllowed where message.contains("right"):
                "that right in allow = \"…\" of the daemon's copy of NAME.key, and reload the "
                    + "daemon; or a key that has it"
            case .notAllowed: "the admin socket: --admin ENDPOINT, or --state DIR"
            default: ""
            }
        return ClientError(
            status, message.isEmpty ? "the daemon refused: \(reason?.name ?? "?")" : message,
            why: reason.map { "the daemon says \($0.name)" } ?? "", advice: advice)
    }
}
