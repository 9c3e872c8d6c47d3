// The query and admin doors as a client without our command line sees them.

import Glibc
import Messaging
import MillraceProtocol
import Testing

/// One batch of predictions.
struct Prediction: Equatable {
    let generation: UInt64
    let classes: [Int32]
    /// Bits, so that equal means the same bytes.
    let outputs: [UInt32]
}

/// Asks, one question at a time.
final class RawQuery {
    private let context: MessagingContext
    private let socket: Socket
    private let poller = Poller()
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    private var request: UInt64 = 0

    init(_ endpoint: String, keys: CurveClient? = nil) throws(MessagingError) {
        context = try MessagingContext()
        var limits = SocketLimits()
        limits.maximumMessageBytes = 1 << 20
        socket = try Socket(context, .dealer, limits: limits)
        if let keys { try socket.use(keys) }
        try socket.connect(endpoint)
        poller.add(socket)
    }

    deinit {
        socket.close()
        buffer.deallocate()
    }

    /// Sends a control request; the reply's JSON, or nil after `seconds`.
    func ask(_ request: ControlRequest, seconds: Double = 20) -> JSON? {
        guard let json = try? ControlCodec.encode(request) else { return nil }
        return ask(json: json, seconds: seconds)
    }

    /// The same with any bytes as the request's body.
    func ask(json: [UInt8], seconds: Double = 20) -> JSON? {
        request += 1
        let id = request
        let bytes = json.withUnsafeBytes {
            ControlFrame.encode(.request, request: id, json: $0, into: buffer)
        }
        guard let bytes, send(bytes, seconds: seconds),
            let (_, body) = hear(.reply, id, seconds: seconds)
        else { return nil }
        return JSON(String(decoding: body, as: UTF8.self))
    }

    /// Predicts `count` samples of `schema` from raw rows.
    func predict(_ rows: [UInt8], count: Int, schema: WireSchema) -> Prediction? {
        request += 1
        guard
            let encoder = BatchEncoder(
                predict: count, request: request, schema: schema, into: buffer)
        else { return nil }
        rows.withUnsafeBytes { encoder.featureMemory.copyMemory(from: $0) }
        guard send(encoder.seal(), seconds: 20),
            let (header, body) = hear(.prediction, request, seconds: 20),
            let view = try? PredictionView(header, body)
        else { return nil }
        return Prediction(
            generation: view.generation, classes: (0..<view.count).map(view.classIndex),
            outputs: (0..<view.count).flatMap { row in
                (0..<view.outputCount).map { view.output(row, $0).bitPattern }
            })
    }

    private func send(_ bytes: Int, seconds: Double) -> Bool {
        for _ in 0..<Int(seconds * 500) {
            let frame = UnsafeRawBufferPointer(rebasing: buffer[..<bytes])
            if socket.send(frame) == .sent { return true }
            usleep(2_000)
        }
        return false
    }

    private func hear(
        _ type: FrameType, _ id: UInt64, seconds: Double
    ) -> (FrameHeader, UnsafeRawBufferPointer)? {
        for _ in 0..<Int(seconds * 100) {
            poller.wait(milliseconds: 10)
            while case .frame(let bytes) = socket.receive(into: buffer) {
                let frame = UnsafeRawBufferPointer(rebasing: buffer[..<bytes])
                guard let (header, body) = try? Frame.decode(frame), header.sequence == id else {
                    continue
                }
                return header.type == type ? (header, body) : nil
            }
        }
        return nil
    }
}
