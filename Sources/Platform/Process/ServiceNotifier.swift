// sd_notify(3) without libsystemd: one datagram to the socket named by NOTIFY_SOCKET.

import Glibc

/// Tells the service manager about the daemon's life; silent when there is none.
public struct ServiceNotifier: Sendable {
    private let path: [CChar]?

    /// Reads NOTIFY_SOCKET from the environment.
    public init() {
        path = getenv("NOTIFY_SOCKET").map {
            Array(UnsafeBufferPointer(start: $0, count: strlen($0)))
        }
    }

    /// Sends `state`, for example "READY=1" or "STATUS=…"; several lines are several facts.
    public func notify(_ state: String) {
        guard let path, !path.isEmpty else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard path.count < capacity else { return }
        withUnsafeMutableBytes(of: &address.sun_path) { target in
            for (index, byte) in path.enumerated() { target[index] = UInt8(bitPattern: byte) }
            // A leading "@" names the abstract namespace, whose first byte is zero.
            if target[0] == UInt8(ascii: "@") { target[0] = 0 }
        }
        let descriptor = socket(
            AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let addressBytes = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
        var text = state
        text.withUTF8 { bytes in
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    _ = sendto(
                        descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL),
                        $0, addressBytes)
                }
            }
        }
    }
}
