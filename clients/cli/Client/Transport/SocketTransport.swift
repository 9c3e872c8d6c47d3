// The ZeroMQ path: one DEALER, one frame per message.

import Messaging

/// A DEALER connected to one endpoint.
public final class SocketTransport: FrameTransport {
    private let socket: Socket
    private let arrivals = Poller()
    private let arrivalsOrRoom = Poller()
    /// Whether the last frame could not be sent: then a wait ends when there is room, too.
    private var isBlocked = false

    /// Connects to `endpoint`; the connection itself comes about in the background.
    ///
    /// - maximumMessageBytes: longest frame that is taken from the daemon.
    public init(
        _ context: MessagingContext, endpoint: String, maximumMessageBytes: Int = 4 << 20
    ) throws(ClientError) {
        guard endpoint.hasPrefix("ipc://") || endpoint.hasPrefix("tcp://") else {
            throw ClientError(
                .usage, "\(endpoint) is not an endpoint",
                advice: "ipc://PATH or tcp://HOST:PORT")
        }
        var limits = SocketLimits()
        limits.maximumMessageBytes = Int64(maximumMessageBytes)
        limits.receiveHighWater = 1000
        // Credit bounds what is under way; a queue shorter than the window would only make the
        // sender sleep between small frames.
        limits.sendHighWater = 1000
        do {
            socket = try Socket(context, .dealer, limits: limits)
            try socket.connect(endpoint)
        } catch {
            throw ClientError(.usage, "cannot connect to \(endpoint)", why: "\(error)")
        }
        arrivals.add(socket)
        arrivalsOrRoom.add(socket, orRoom: true)
    }

    /// Sends one frame; false while nobody is connected or the queue is full.
    public func send(_ frame: UnsafeRawBufferPointer) throws(ClientError) -> Bool {
        isBlocked = socket.send(frame) != .sent
        return !isBlocked
    }

    /// Takes the next frame; frames that break the protocol's first rule are passed over.
    public func receive(into memory: UnsafeMutableRawBufferPointer) throws(ClientError) -> Int? {
        while true {
            switch socket.receive(into: memory) {
            case .frame(let bytes): return bytes
            case .nothing: return nil
            case .multipart, .oversize: continue
            }
        }
    }

    /// Waits for a frame, or for room if the last one could not be sent.
    public func wait(milliseconds: Int) {
        (isBlocked ? arrivalsOrRoom : arrivals).wait(milliseconds: milliseconds)
    }
}
