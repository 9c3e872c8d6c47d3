// A service manager, as far as a daemon can tell: a socket that gets its notifications.

import Glibc
import Testing

/// What a daemon said, and when.
struct Notification {
    let text: String
    /// On CLOCK_MONOTONIC.
    let seconds: Double
}

/// A NOTIFY_SOCKET.
final class NotifySocket {
    let path: String
    private let descriptor: Int32
    private(set) var heard: [Notification] = []

    init(in place: Workplace) throws {
        path = "\(place.path)/notify"
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
    }

    deinit { close(descriptor) }

    static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Listens for so long, or until `isDone`.
    func listen(seconds: Double, until isDone: (NotifySocket) -> Bool = { _ in false }) {
        let end = Self.now + seconds
        var buffer = [UInt8](repeating: 0, count: 4096)
        while Self.now < end, !isDone(self) {
            var item = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&item, 1, 20) > 0 else { continue }
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count > 0 else { continue }
            let text = String(decoding: buffer[..<count], as: UTF8.self)
            heard.append(Notification(text: text, seconds: Self.now))
        }
    }

    /// Forgets what was heard.
    func forget() { heard = [] }

    /// When the watchdog was fed.
    var feedings: [Double] { heard.filter { $0.text == "WATCHDOG=1" }.map(\.seconds) }

    /// The longest time without a feeding, from `start` to `end`.
    func longestSilence(from start: Double, to end: Double) -> Double {
        let times = [start] + feedings.filter { $0 > start && $0 < end } + [end]
        return zip(times, times.dropFirst()).map { $1 - $0 }.max() ?? .infinity
    }
}
