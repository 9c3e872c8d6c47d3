// How an endpoint becomes a listening socket: made here, or passed by the service manager.

import Glibc
import Messaging
import Platform

/// What is special about the sockets of the doors.
public struct DoorSockets: Equatable, Sendable {
    /// Descriptors of endpoints that listen already.
    public var inherited: [String: Int32]
    /// Permissions of the files of Unix sockets that are made here; nil: the umask decides.
    public var fileMode: UInt32?

    /// - inherited, fileMode: see the properties.
    public init(inherited: [String: Int32] = [:], fileMode: UInt32? = nil) {
        self.inherited = inherited
        self.fileMode = fileMode
    }

    /// Makes `socket` listen at `endpoint`.
    func bind(_ socket: Socket, _ endpoint: String) throws(MessagingError) {
        if let descriptor = inherited[endpoint] {
            SocketGate.watch(listener: descriptor)
            return try socket.bind(endpoint, inheriting: descriptor)
        }
        guard endpoint.hasPrefix("ipc://") else { return try listen(socket, endpoint) }
        let path = String(endpoint.dropFirst(6))
        // libzmq would replace the file, and the daemon that listens there would never be found
        // again. The lock of the state directory keeps out those of the same state only.
        guard !SocketFile.isServed(path) else {
            throw MessagingError(call: "bind", subject: endpoint, errorNumber: EADDRINUSE)
        }
        try listen(socket, endpoint)
        guard let fileMode else { return }
        let error = SocketFile.setMode(path, fileMode)
        guard error == 0 else {
            throw MessagingError(call: "chmod", subject: endpoint, errorNumber: error)
        }
    }

    /// libzmq calls listen(2) before bind returns, on this thread.
    private func listen(_ socket: Socket, _ endpoint: String) throws(MessagingError) {
        try SocketGate.watching { () throws(MessagingError) in try socket.bind(endpoint) }
    }
}
