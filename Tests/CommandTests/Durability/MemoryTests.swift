// The memory that the plan names is the memory that the process has: no growth with samples,
// reconnections, queries or control messages.

import Glibc
import MillraceProtocol
import Testing

@Suite struct MemoryTests {
    /// Streams `samples` in `rounds` connections, one after the other.
    private func stream(_ daemon: RealDaemon, samples: UInt64, rounds: UInt64) throws {
        for _ in 0..<rounds {
            let producer = try RawProducer(daemon.endpoint("ingest"))
            try #require(producer.greet("round"))
            try #require(producer.stream(to: samples / rounds))
        }
    }

    /// Pages of the process that no file backs: not the executable and its libraries, which a
    /// development build loads as shared objects.
    private func privateBytes(_ daemon: RealDaemon) -> Int {
        let process = daemon.process?.identifier ?? 0
        let text = String(decoding: Workplace.bytes("/proc/\(process)/statm"), as: UTF8.self)
        let pages = text.split(separator: " ").compactMap { Int($0) }
        return pages.count > 2 ? (pages[1] - pages[2]) * Int(getpagesize()) : .max
    }

    @Test func residentBytesStayAtThePlan() throws {
        let daemon = RealDaemon()
        let user = CommandClient(state: daemon.state)
        try #require(daemon.start())
        func status() throws -> StatusReply {
            for _ in 0..<5 { _ = user.run(["generations"]) }
            return try #require(user.status())
        }
        try stream(daemon, samples: 100_000, rounds: 25)
        var early = try status()
        try stream(daemon, samples: 100_000, rounds: 25)
        var late = try status()
        #expect(late.samples == 200_000)
        // What grows with the work grows each time; what a burst needed once does not.
        for _ in 0..<3 where late.residentBytes - early.residentBytes > 512 << 10 {
            early = late
            try stream(daemon, samples: 100_000, rounds: 25)
            late = try status()
        }
        #expect(privateBytes(daemon) < late.plannedBytes + (4 << 20))
        #expect(late.residentBytes < late.plannedBytes + (32 << 20))
        let growth = late.residentBytes - early.residentBytes
        #expect(growth <= 512 << 10, "from \(early.residentBytes) to \(late.residentBytes)")
        #expect(daemon.stop() == 0)
    }
}
