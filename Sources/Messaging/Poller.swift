// Waiting for several sockets and file descriptors at once. The table of things to wait for is
// made once; a wait allocates nothing on our side.

import CZeroMQ

/// Waits until a socket has a message (or room for one) or a file descriptor is readable.
public final class Poller {
    private var items: [zmq_pollitem_t] = []

    /// An empty table.
    public init() {}

    /// Watches `socket` for incoming messages. Returns its index.
    /// - orRoom: also ends a wait when a message can be sent.
    @discardableResult
    public func add(_ socket: Socket, orRoom: Bool = false) -> Int {
        add(socket: socket.pointer, orRoom: orRoom)
    }

    func add(socket: UnsafeMutableRawPointer, orRoom: Bool = false) -> Int {
        let events = Int16(orRoom ? ZMQ_POLLIN | ZMQ_POLLOUT : ZMQ_POLLIN)
        items.append(zmq_pollitem_t(socket: socket, fd: 0, events: events, revents: 0))
        return items.count - 1
    }

    /// Watches `monitor` for events. Returns its index.
    @discardableResult
    public func add(_ monitor: SocketMonitor) -> Int {
        items.append(
            zmq_pollitem_t(socket: monitor.pointer, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0))
        return items.count - 1
    }

    /// Watches `fileDescriptor` for readability. Returns its index.
    @discardableResult
    public func add(fileDescriptor: Int32) -> Int {
        items.append(
            zmq_pollitem_t(socket: nil, fd: fileDescriptor, events: Int16(ZMQ_POLLIN), revents: 0))
        return items.count - 1
    }

    /// Waits at most `milliseconds` (-1: for ever). Returns how many are ready; an interrupting
    /// signal counts as none.
    @discardableResult
    public func wait(milliseconds: Int) -> Int {
        let ready = items.withUnsafeMutableBufferPointer {
            zmq_poll($0.baseAddress, Int32($0.count), milliseconds)
        }
        return max(0, Int(ready))
    }
}
