// A daemon that may open few descriptors, and more connections than it has left.

import Glibc
import MillraceProtocol
import Testing

@Suite struct ScarceDescriptorsTests {
    private func connect(_ path: String) -> Int32 {
        let descriptor = socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0
        )
        var place = sockaddr_un()
        place.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &place.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        _ = withUnsafePointer(to: &place) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return descriptor
    }

    /// Descriptors of a process.
    private func descriptors(_ identifier: pid_t) -> Int {
        guard let directory = opendir("/proc/\(identifier)/fd") else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        return count - 2
    }

    /// libzmq 4.3.4 ends the process when a local listener finds the table of descriptors full.
    @Test func moreLocalConnectionsThanDescriptorsEndNothing() throws {
        // More places than descriptors, so that the guard makes no room.
        let daemon = RealDaemon(configuration: RealDaemon.morse + "\nmax-connections = 250\n")
        let limit = 64
        try #require(daemon.start(descriptors: limit))
        let process = try #require(daemon.process)
        let idle = descriptors(process.identifier)
        try #require(idle > 8 && idle < limit - 8, "\(idle) descriptors at idle")
        var most = 0
        var rounds = 0
        // Five times, and again where the daemon had no time to take them in.
        while rounds < 5 || (most < limit && rounds < 60) {
            rounds += 1
            let peers = (0..<100).map { _ in connect("\(daemon.state)/ingest.sock") }
            for _ in 0..<20 {
                most = max(most, descriptors(process.identifier))
                usleep(10_000)
            }
            for peer in peers { close(peer) }
        }
        // Read while they change: one more may be seen.
        #expect(most >= limit, "\(most) at most: the table was never full")
        #expect(process.wait(seconds: 0) == nil, "\(daemon.place.read("log"))")
        let query = try RawQuery(daemon.endpoint("query"))
        #expect(query.ask(ControlRequest(command: .status), seconds: 10) != nil)
        #expect(daemon.stop() == 0)
    }
}
