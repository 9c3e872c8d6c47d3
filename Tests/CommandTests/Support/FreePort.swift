// Ports for daemons that are told one.

import Glibc
import Synchronization

/// Ports of 127.0.0.1 that nobody has. They are below those that the kernel gives to whoever
/// connects (32,768 and up on Linux), so that no connection of another test takes one before its
/// daemon does, and no two calls in this process return the same.
enum FreePort {
    private static let newest = Atomic<Int>(0)
    private static let range = 12_000..<32_000

    static func next() -> Int {
        while true {
            let count = newest.add(1, ordering: .relaxed).newValue
            // Another run beside this one begins elsewhere.
            let port = range.lowerBound + (Int(getpid()) * 61 + count) % range.count
            if isFree(port) { return port }
        }
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
