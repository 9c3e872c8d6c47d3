// The one socket of a process that decides who may come in. libzmq asks it once per connection,
// before any message of the connection is delivered.
//
// Invariants:
//   - it is bound before any door is, so that no connection finds it missing;
//   - every request is answered, because libzmq keeps a connection waiting until then;
//   - where it is missing, libzmq lets nobody in (`Socket.askBeforeAdmission`).

import CZeroMQ
import Glibc
import MillraceProtocol

/// Answers libzmq's questions of who may come in.
///
/// Not thread-safe: made on one thread, handed to another, and used there alone.
public final class ZapHandler {
    /// Where libzmq asks; one per context (RFC 27).
    public static let endpoint = "inproc://zeromq.zap.01"

    let pointer: UnsafeMutableRawPointer
    private let context: MessagingContext
    private let message = UnsafeMutablePointer<zmq_msg_t>.allocate(capacity: 1)
    private var isClosed = false

    /// Binds the endpoint; fails when the context has a handler already.
    public init(_ context: MessagingContext) throws(MessagingError) {
        guard let pointer = zmq_socket(context.pointer, ZMQ_REP) else {
            throw MessagingError(call: "zmq_socket", subject: Self.endpoint)
        }
        self.context = context
        self.pointer = pointer
        var linger: Int32 = 0
        zmq_setsockopt(pointer, ZMQ_LINGER, &linger, MemoryLayout<Int32>.size)
        guard zmq_bind(pointer, Self.endpoint) == 0 else {
            throw MessagingError(call: "zmq_bind", subject: Self.endpoint)
        }
    }

    deinit {
        close()
        message.deallocate()
    }

    /// Stops answering: from now on nobody comes in.
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        zmq_close(pointer)
    }

    /// Answers the next request if one waits. Returns whether one did.
    /// - decide: gets the question; nil for frames that are none, which are answered as failed
    ///   whatever it says.
    public func answerNext(_ decide: (ZapRequest?) -> ZapVerdict) -> Bool {
        guard !isClosed, let frames = receive() else { return false }
        let request = frames.request
        let verdict = decide(request)
        send(request == nil ? .failed : verdict, to: frames.requestId)
        return true
    }

    private func receive() -> ZapFrames? {
        var frames = ZapFrames()
        var isFirst = true
        while true {
            zmq_msg_init(message)
            if zmq_msg_recv(message, pointer, ZMQ_DONTWAIT) < 0 {
                let isInterrupted = zmq_errno() == EINTR
                zmq_msg_close(message)
                if isInterrupted { continue }
                // The frames of a request arrive together: only a first one can be missing.
                return isFirst ? nil : frames
            }
            isFirst = false
            frames.add(
                UnsafeRawBufferPointer(
                    start: zmq_msg_data(message), count: zmq_msg_size(message)))
            let hasMore = zmq_msg_more(message) != 0
            zmq_msg_close(message)
            if !hasMore { return frames }
        }
    }

    /// Version, request id, status, words, user id, metadata (RFC 27). Whoever asked may be gone;
    /// then libzmq drops the answer.
    private func send(_ verdict: ZapVerdict, to requestId: [UInt8]) {
        let (status, words, user) =
            switch verdict {
            case .admitted(let key): ("200", "OK", key.z85)
            case .refused: ("400", "Not allowed", "")
            case .failed: ("500", "Not understood", "")
            }
        let texts = [Array(status.utf8), Array(words.utf8), Array(user.utf8), []]
        let frames = [ZapFrames.version, requestId] + texts
        for (index, frame) in frames.enumerated() {
            let more = index < frames.count - 1 ? ZMQ_SNDMORE : 0
            while zmq_send(pointer, frame, frame.count, ZMQ_DONTWAIT | more) < 0 {
                guard zmq_errno() == EINTR else { return }
            }
        }
    }
}

extension Socket {
    /// Endpoints bound from now on ask the process's ZAP handler before they let anybody in, and
    /// let nobody in where no handler answers.
    /// - domain: what the handler is told about these endpoints; not empty.
    public func askBeforeAdmission(domain: String) throws(MessagingError) {
        precondition(!domain.isEmpty)
        guard zmq_setsockopt(pointer, ZMQ_ZAP_DOMAIN, domain, domain.utf8.count) == 0 else {
            throw MessagingError(call: "zmq_setsockopt", subject: "ZAP domain")
        }
        try set(Self.zapEnforceDomain, Int32(1))
    }

    /// ZMQ_ZAP_ENFORCE_DOMAIN. In libzmq 4.3 the option works, but its name is only in the header
    /// of builds with draft interfaces.
    private static let zapEnforceDomain: Int32 = 93
}

extension Poller {
    /// Watches for requests to `handler`. Returns its index.
    @discardableResult
    public func add(_ handler: ZapHandler) -> Int { add(socket: handler.pointer) }
}
