// Waiting for several sockets by their descriptors, with as few system calls as there can be.
//
// Every look at an empty libzmq socket is a system call, and `zmq_poll` makes two per socket and
// wait: more than half of what a small question costs. The descriptor of a socket (ZMQ_FD) is
// readable when libzmq has news for it since the last operation that took the news in; any
// operation on the socket may take them in, a send too (libzmq's manual, zmq_getsockopt).
//
// Invariant: a socket that is not marked was found empty by the last thing that was done with it,
// so whatever comes for it makes its descriptor readable.

import Glibc

/// Knows which of several sockets are worth a look. Used on one thread.
public final class SocketWatch {
    private var items: [pollfd] = []
    private var marks: [Bool] = []
    /// A wait has just ended: nothing new can be seen by polling at once again.
    private var isFresh = false

    /// Watches nothing.
    public init() {}

    /// Watches `socket`, marked: nobody has looked yet. Returns its index. All sockets are added
    /// before the first other descriptor.
    public func add(_ socket: Socket) throws(MessagingError) -> Int {
        precondition(items.count == marks.count, "sockets come first")
        items.append(pollfd(fd: try socket.fileDescriptor(), events: Int16(POLLIN), revents: 0))
        marks.append(true)
        return marks.count - 1
    }

    /// A readable `fileDescriptor` ends a wait, too.
    public func add(fileDescriptor: Int32) {
        items.append(pollfd(fd: fileDescriptor, events: Int16(POLLIN), revents: 0))
    }

    /// Whether socket `index` may have something.
    public func isMarked(_ index: Int) -> Bool { marks[index] }

    /// Something else than an empty receive was done with socket `index`.
    public func mark(_ index: Int) { marks[index] = true }

    /// A receive found socket `index` empty.
    public func unmark(_ index: Int) { marks[index] = false }

    /// Marks the sockets that have news. Waits for some at most `milliseconds` (-1: for ever), but
    /// not at all while one is marked; 0 only looks.
    public func wait(milliseconds: Int) {
        if milliseconds == 0, isFresh {
            isFresh = false
            return
        }
        let timeout = marks.contains(true) ? 0 : Int32(clamping: milliseconds)
        let ready = poll(&items, nfds_t(items.count), timeout)
        isFresh = milliseconds != 0
        guard ready > 0 else { return }
        for index in marks.indices where items[index].revents != 0 { marks[index] = true }
    }
}
