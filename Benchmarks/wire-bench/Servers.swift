// What a server that does nothing takes: an echo that answers with as many bytes as the daemon
// does, and a PULL that counts.

import CZeroMQ
import Glibc
import Platform

/// Answers every message at `endpoints` with `replyBytes` bytes, until a signal ends the process.
func echo(replyBytes: Int, at endpoints: [String]) throws(BareError) {
    let socket = try BareSocket(ZMQ_ROUTER)
    for endpoint in endpoints { try socket.bind(endpoint) }
    let identity = makeBuffer(256)
    let body = makeBuffer(1 << 16)
    while true {
        let bytes = try socket.receive(into: identity)
        _ = try socket.receive(into: body)
        try socket.send(UnsafeRawBufferPointer(rebasing: identity[..<bytes]), more: true)
        try socket.send(UnsafeRawBufferPointer(rebasing: body[..<replyBytes]))
    }
}

/// Takes `frames` frames and prints how long they took, from the first to the last.
func pull(at endpoint: String, frames: Int) throws(BareError) {
    let socket = try BareSocket(ZMQ_PULL)
    try socket.bind(endpoint)
    let body = makeBuffer(1 << 16)
    let clock = MachineClock()
    var bytes = try socket.receive(into: body)
    let start = clock.nowNanoseconds
    for _ in 1..<frames { bytes += try socket.receive(into: body) }
    let seconds = Double(clock.nowNanoseconds - start) / 1e9
    print("{\"frames\":\(frames - 1),\"bytes\":\(bytes),\"seconds\":\(seconds)}")
}
