// The handler's answers, frame by frame (ZeroMQ RFC 27), to requests that libzmq would make and
// to those that it never would.

import CZeroMQ
import Glibc
import Messaging
import MillraceProtocol
import Testing

@Suite struct ZapHandlerTests {
    private let key = [UInt8](0..<32)

    /// Sends frames as libzmq does and returns the answer's, asked of a handler that admits.
    private func answer(_ frames: [[UInt8]]) throws -> (asked: [ZapRequest?], answer: [[UInt8]]) {
        let context = try MessagingContext()
        let handler = try ZapHandler(context)
        let asker = try ZapAsker(context)
        defer { handler.close() }
        asker.send(frames)
        var asked: [ZapRequest?] = []
        for _ in 0..<200 where asked.isEmpty {
            _ = handler.answerNext { request in
                asked.append(request)
                return request?.key.map { .admitted($0) } ?? .refused
            }
            usleep(1000)
        }
        return (asked, asker.receive())
    }

    private func frames(_ texts: [String]) -> [[UInt8]] { texts.map { Array($0.utf8) } }

    private var curve: [[UInt8]] {
        frames(["1.0", "17", "ingest", "10.0.0.7", "", "CURVE"]) + [key]
    }

    @Test func aQuestionIsUnderstoodAndAnswered() throws {
        let (asked, answer) = try answer(curve)
        let request = try #require(asked.first ?? nil)
        #expect(request.domain == "ingest")
        #expect(request.address == "10.0.0.7")
        #expect(request.mechanism == "CURVE")
        let own = try #require(key.withUnsafeBytes { CurvePublicKey($0) })
        #expect(request.key == own)
        #expect(answer == frames(["1.0", "17", "200", "OK", own.z85, ""]))
    }

    @Test(arguments: [0, 31, 33, 255, 256])
    func aCredentialOfAnotherLengthIsNoKey(count: Int) throws {
        let odd = Array(curve.dropLast()) + [[UInt8](repeating: 7, count: count)]
        let (asked, answer) = try answer(odd)
        #expect(asked.count == 1)
        #expect(try #require(asked.first ?? nil).key == nil)
        #expect(answer == frames(["1.0", "17", "400", "Not allowed", "", ""]))
    }

    @Test func aSecondCredentialIsNoKey() throws {
        let (asked, answer) = try answer(curve + [key])
        #expect(try #require(asked.first ?? nil).key == nil)
        #expect(answer.dropFirst(2).first == Array("400".utf8))
    }

    @Test func whatIsNoQuestionIsAnsweredAllTheSame() throws {
        var old = curve
        old[0] = Array("0.9".utf8)
        for request in [old, Array(curve.prefix(5)), Array(curve.prefix(2)), [[1]]] {
            let (asked, answer) = try answer(request)
            #expect(asked == [nil])
            let id = request.count > 1 ? request[1] : []
            #expect(answer == frames(["1.0"]) + [id] + frames(["500", "Not understood", "", ""]))
        }
    }

    @Test func aProcessHasOneHandler() throws {
        let context = try MessagingContext()
        let first = try ZapHandler(context)
        #expect(throws: MessagingError.self) { _ = try ZapHandler(context) }
        first.close()
    }
}

/// libzmq's side of the conversation.
private final class ZapAsker {
    private let context: MessagingContext
    private let socket: UnsafeMutableRawPointer

    init(_ context: MessagingContext) throws {
        self.context = context
        socket = try #require(context.withPointer { zmq_socket($0, ZMQ_REQ) })
        var milliseconds: Int32 = 2000
        zmq_setsockopt(socket, ZMQ_RCVTIMEO, &milliseconds, 4)
        var linger: Int32 = 0
        zmq_setsockopt(socket, ZMQ_LINGER, &linger, 4)
        zmq_connect(socket, ZapHandler.endpoint)
    }

    deinit { zmq_close(socket) }

    func send(_ frames: [[UInt8]]) {
        for (index, frame) in frames.enumerated() {
            zmq_send(socket, frame, frame.count, index + 1 < frames.count ? ZMQ_SNDMORE : 0)
        }
    }

    func receive() -> [[UInt8]] {
        var frames: [[UInt8]] = []
        var buffer = [UInt8](repeating: 0, count: 512)
        while true {
            let count = zmq_recv(socket, &buffer, buffer.count, 0)
            guard count >= 0 else { return frames }
            frames.append(Array(buffer.prefix(Int(count))))
            var more: Int32 = 0
            var bytes = 4
            zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &bytes)
            if more == 0 { return frames }
        }
    }
}
