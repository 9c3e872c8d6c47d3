// The daemon's doors as two lists of frames in memory, for tests that run everything in one
// thread.

import Daemon
import Messaging
import Synchronization

/// Doors without sockets. Peers are numbers that the test chooses.
final class LoopbackTransport: Transport, @unchecked Sendable {
    private var incoming: [[(peer: Peer, origin: FrameOrigin, frame: [UInt8])]] = [[], [], []]
    private var outgoing: [Int: [[UInt8]]] = [:]
    /// Peers whose frames are dropped, as if the connection were gone.
    var gone: Set<Int> = []
    /// Peers that read nothing, so that their pipes are full.
    var frozen: Set<Int> = []
    /// Called before a frame is handed out: whatever was handed out before has been dealt with.
    var beforeReceive: (() -> Void)?

    static func peer(_ number: Int) -> Peer {
        Peer(low: UInt64(number), high: 0, byteCount: 5)
    }

    /// A client sends.
    func put(_ door: Door, peer: Int, origin: FrameOrigin = FrameOrigin(), _ frame: [UInt8]) {
        incoming[door.rawValue].append((Self.peer(peer), origin, frame))
    }

    /// A client receives.
    func take(peer: Int) -> [UInt8]? {
        guard var frames = outgoing[peer], !frames.isEmpty else { return nil }
        let first = frames.removeFirst()
        outgoing[peer] = frames
        return first
    }

    func receive(
        _ door: Door, into buffer: UnsafeMutableRawBufferPointer, from peer: inout Peer,
        origin: inout FrameOrigin
    ) -> Received {
        beforeReceive?()
        guard !incoming[door.rawValue].isEmpty else { return .nothing }
        let (sender, place, frame) = incoming[door.rawValue].removeFirst()
        peer = sender
        origin = place
        guard frame.count <= buffer.count else { return .oversize(bytes: frame.count) }
        buffer.copyBytes(from: frame)
        return .frame(bytes: frame.count)
    }

    func send(_ door: Door, _ frame: UnsafeRawBufferPointer, to peer: Peer) -> Sent {
        let number = Int(peer.low)
        if gone.contains(number) { return .gone }
        if frozen.contains(number) { return .wouldBlock }
        outgoing[number, default: []].append(Array(frame))
        return .sent
    }

    func mayHave(_ door: Door) -> Bool { true }

    func wait(milliseconds: Int) {}

    var monitors: [(Door, SocketMonitor)] { [] }
}
