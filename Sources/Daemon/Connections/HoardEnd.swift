// The end of a connection that hoards. A shut down socket still hands over what waits in the
// kernel, and libzmq reads it to the end: of frames without bytes a full buffer of 256 KiB would
// become 8 MB in this process, after the verdict. So what waits is thrown away with the cut.
//
// Invariant: only the socket that was judged is touched; the descriptor is copied before its number
// is compared, so that it cannot go to another connection in between.

import Glibc
import Platform

extension SocketFacts {
    /// Ends the connection, if `descriptor` is still the socket `number`, and throws away what waits
    /// to be read of it.
    static func endHoard(_ descriptor: Int32, number: UInt64, isLocal: Bool) {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0 else {
            cut(descriptor, number: number)
            return
        }
        defer { close(copy) }
        guard number != 0, self.number(copy) == number else { return }
        // Closed without a farewell: the peer learns at once that nobody listens, even one that
        // waits in a full window.
        var reset = linger(l_onoff: 1, l_linger: 0)
        setsockopt(
            copy, SOL_SOCKET, SO_LINGER, &reset, socklen_t(MemoryLayout<linger>.size))
        shutdown(copy, Int32(SHUT_RDWR))
        isLocal ? discardLocal(copy) : discardNetwork(copy)
    }

    /// TCP throws bytes away without copying them (MSG_TRUNC, tcp(7)).
    private static func discardNetwork(_ descriptor: Int32) {
        let flags = Int32(truncatingIfNeeded: Int(MSG_DONTWAIT) | Int(MSG_TRUNC))
        for _ in 0..<64 where recv(descriptor, nil, 1 << 20, flags) <= 0 { return }
    }

    private static func discardLocal(_ descriptor: Int32) {
        withUnsafeTemporaryAllocation(byteCount: 1 << 14, alignment: 16) { buffer in
            for _ in 0..<64 {
                let flags = Int32(truncatingIfNeeded: Int(MSG_DONTWAIT))
                guard recv(descriptor, buffer.baseAddress, buffer.count, flags) > 0 else { return }
            }
        }
    }
}
