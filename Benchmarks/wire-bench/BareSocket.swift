// libzmq as it comes: default options, blocking calls, one copy in and one copy out. What the
// daemon is measured against must not be slowed by anything of ours.

import CZeroMQ

/// A call of libzmq that failed.
struct BareError: Error, CustomStringConvertible {
    let call: String
    let description: String

    init(_ call: String) {
        self.call = call
        description = "\(call): " + (zmq_strerror(zmq_errno()).map { String(cString: $0) } ?? "?")
    }
}

/// A socket with a context of its own; both live until the process ends.
struct BareSocket {
    private let context: UnsafeMutableRawPointer
    private let socket: UnsafeMutableRawPointer

    /// - type: ZMQ_ROUTER, ZMQ_DEALER, ZMQ_PUSH or ZMQ_PULL.
    init(_ type: Int32) throws(BareError) {
        guard let context = zmq_ctx_new() else { throw BareError("zmq_ctx_new") }
        guard let socket = zmq_socket(context, type) else { throw BareError("zmq_socket") }
        self.context = context
        self.socket = socket
    }

    func bind(_ endpoint: String) throws(BareError) {
        guard zmq_bind(socket, endpoint) == 0 else { throw BareError("zmq_bind \(endpoint)") }
    }

    func connect(_ endpoint: String) throws(BareError) {
        guard zmq_connect(socket, endpoint) == 0 else {
            throw BareError("zmq_connect \(endpoint)")
        }
    }

    /// Sends one part; waits for room.
    @inline(__always)
    func send(_ bytes: UnsafeRawBufferPointer, more: Bool = false) throws(BareError) {
        guard zmq_send(socket, bytes.baseAddress, bytes.count, more ? ZMQ_SNDMORE : 0) >= 0
        else { throw BareError("zmq_send") }
    }

    /// Waits for one part; its bytes, at most as many as the buffer has.
    @inline(__always)
    func receive(into buffer: UnsafeMutableRawBufferPointer) throws(BareError) -> Int {
        let bytes = zmq_recv(socket, buffer.baseAddress, buffer.count, 0)
        guard bytes >= 0 else { throw BareError("zmq_recv") }
        return min(Int(bytes), buffer.count)
    }

    /// Sends what is queued, then ends the socket and its context.
    func finish() {
        zmq_close(socket)
        zmq_ctx_term(context)
    }
}

/// Memory that lives as long as the process.
func makeBuffer(_ bytes: Int) -> UnsafeMutableRawBufferPointer {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: 64)
    buffer.initializeMemory(as: UInt8.self, repeating: 0)
    return buffer
}
