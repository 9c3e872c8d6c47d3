// Round trips of one question. The client is the same for the daemon and for the echo, and the two
// take turns, ten questions each, so that a busy machine disturbs both.

import CZeroMQ
import Glibc
import MillraceProtocol
import Platform

/// Questions in a row to one side.
private let blockTrips = 10

/// A PREDICT frame of one sample; every question carries a request id of its own.
private final class Question {
    let frame = makeBuffer(FrameHeader.byteCount + 32)
    private let reply = makeBuffer(4096)
    private let schema = WireSchema(
        elementType: .f32, featureCount: 8, outputCount: 2, task: .classification)
    private var request: UInt64 = 0
    private let clock = MachineClock()

    /// Asks once; the time from the send to the whole reply, in nanoseconds.
    /// - isDaemon: the reply must be a PREDICTION for this request.
    func ask(_ socket: BareSocket, isDaemon: Bool) throws -> UInt64 {
        request += 1
        guard
            let encoder = BatchEncoder(
                predict: 1, request: request, schema: schema, into: frame)
        else { fail("the question does not fit") }
        let features = encoder.featureMemory
        for index in 0..<8 {
            features.storeBytes(of: Float(index) / 8, toByteOffset: 4 * index, as: Float.self)
        }
        _ = encoder.seal()
        let start = clock.nowNanoseconds
        try socket.send(UnsafeRawBufferPointer(frame))
        let bytes = try socket.receive(into: reply)
        let end = clock.nowNanoseconds
        guard isDaemon else { return end - start }
        let (header, body) = try Frame.decode(UnsafeRawBufferPointer(rebasing: reply[..<bytes]))
        guard try PredictionView(header, body).request == request else {
            fail("an answer to another question")
        }
        return end - start
    }
}

/// Median, 99th percentile and most of `times`, as JSON in microseconds.
private func summary(_ times: [UInt64]) -> String {
    let sorted = times.sorted()
    func microseconds(_ share: Double) -> Double {
        guard !sorted.isEmpty else { return 0 }
        return Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]) / 1000
    }
    return "{\"count\":\(sorted.count),\"p50\":\(microseconds(0.5)),"
        + "\"p99\":\(microseconds(0.99)),\"most\":\(microseconds(1))}"
}

/// `count` round trips to each side, in turns; the first block of either only warms up.
func measureTrips(_ count: Int, daemon: String, echo: String) throws {
    let sockets = [try BareSocket(ZMQ_DEALER), try BareSocket(ZMQ_DEALER)]
    try sockets[0].connect(daemon)
    try sockets[1].connect(echo)
    let question = Question()
    var times: [[UInt64]] = [[], []]
    for block in 0...max(1, count / blockTrips) {
        for side in 0..<2 {
            for _ in 0..<blockTrips {
                let time = try question.ask(sockets[side], isDaemon: side == 0)
                if block > 0 { times[side].append(time) }
            }
        }
    }
    print("{\"daemon\":\(summary(times[0])),\"echo\":\(summary(times[1]))}")
}

/// Questions at `rate` a second for `seconds`; a question that is late does not wait for its turn,
/// and its time counts from when it was due.
func measurePaced(rate: Int, seconds: Int, daemon: String) throws {
    let socket = try BareSocket(ZMQ_DEALER)
    try socket.connect(daemon)
    let question = Question()
    let clock = MachineClock()
    for _ in 0..<20 { _ = try question.ask(socket, isDaemon: true) }
    let gap = UInt64(1_000_000_000 / rate)
    var times: [UInt64] = []
    var due = clock.nowNanoseconds + gap
    for _ in 0..<(rate * seconds) {
        let now = clock.nowNanoseconds
        if now < due { usleep(UInt32((due - now) / 1000)) }
        let start = clock.nowNanoseconds
        let time = try question.ask(socket, isDaemon: true)
        // Waking up late is the client's delay, not the daemon's: only a question that was held up
        // by the one before it waits from the moment at which it was due.
        times.append(time + (now > due ? start - due : 0))
        due += gap
    }
    print(summary(times))
}
