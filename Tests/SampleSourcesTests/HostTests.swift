// The host's telemetry: arithmetic on a made-up /proc, absence of parts, and the real one.

import Glibc
import Platform
import SampleSources
import Simulation
import Testing

/// A clock that the test sets.
final class TestClock: MonotonicClock, @unchecked Sendable {
    var nowNanoseconds: UInt64 = 5_000_000_000
}

@Suite struct HostTests {
    let directory = TemporaryFolder()

    func writeProc(_ scale: Int) {
        directory.makeDirectory("net")
        directory.write(
            "stat",
            "cpu  \(20 * scale) \(10 * scale) \(20 * scale) \(40 * scale) \(10 * scale) 0 0 0 0 0\n"
                + "cpu0 1 1 1 1\nintr \(300 * scale) 1 2 3\nctxt \(500 * scale)\n")
        directory.write("loadavg", "0.50 1.25 0.70 1/200 999\n")
        directory.write("meminfo", "MemTotal:  1000 kB\nMemFree: 100 kB\nMemAvailable:  250 kB\n")
        directory.write("vmstat", "pgfault_x 3\npgfault \(70 * scale)\n")
        directory.write(
            "net/dev",
            "Inter-| Receive\n face |bytes\n    lo: 999999999\(scale) 0 0 0 0 0 0 0 9 0 0 0 0 0 0 0\n"
                + "  eth0: \(1000 * scale) 0 0 0 0 0 0 0 \(2000 * scale) 0 0 0 0 0 0 0\n")
        directory.write(
            "diskstats",
            "8 0 sda \(10 * scale) 0 0 0 \(20 * scale) 0 0 0 0 0 0\n"
                + "8 1 sda1 999 0 0 0 999\(scale) 0 0 0\n7 0 loop0 \(scale)000 0 0 0 5 0 0\n"
                + "259 0 nvme0n1 \(scale) 0 0 0 \(scale) 0 0\n259 1 nvme0n1p1 77\(scale) 0 0 0 7 0 0\n"
        )
    }

    @Test func computesSharesAndRates() throws {
        writeProc(1)
        let clock = TestClock()
        let source = try HostSource(
            options: "rate=0.5", source: SourceOptions(), root: directory.path, clock: clock)
        #expect(source.notes.isEmpty && source.isLive && source.identity == nil)
        var batch = SampleBatch(schema: source.schema)
        #expect(
            try source.read(from: 0, count: 5, into: &batch, timeoutMilliseconds: 0) == .notYet)
        writeProc(3)
        clock.nowNanoseconds += 2_000_000_000
        #expect(try source.read(from: 0, count: 5, into: &batch) == .samples(1))
        let values = (0..<13).map { batch.value(sample: 0, feature: $0) }
        #expect(
            values == [0.3, 0.2, 0.1, 0.5, 1.25, 0.75, 70, 500, 300, 1000, 2000, 11, 21])
        #expect(throws: SourceError.self) { try source.read(from: 0, count: 1, into: &batch) }
    }

    @Test func livesWithoutParts() throws {
        writeProc(1)
        for name in ["diskstats", "meminfo"] { unlink(directory.path + "/" + name) }
        directory.write("stat", "cpu  1 2\nctxt x\n")
        let clock = TestClock()
        let source = try HostSource(
            options: "", source: SourceOptions(), root: directory.path, clock: clock)
        #expect(source.notes.count == 3)
        clock.nowNanoseconds += 1_000_000_000
        var batch = SampleBatch(schema: source.schema)
        #expect(try source.read(from: 0, count: 1, into: &batch) == .samples(1))
        #expect((0..<13).allSatisfy { batch.value(sample: 0, feature: $0).isFinite })
        let empty = try HostSource(
            options: "", source: SourceOptions(), root: "/nonexistent", clock: clock)
        #expect(empty.notes.count == 6)
    }

    @Test func measuresThisMachineTwice() throws {
        let source = try HostSource(options: "rate=20,limit=2")
        let rows = try readAll(source).rows
        #expect(rows.count == 2)
        for row in rows {
            #expect(row.count == 13 && row.allSatisfy { $0.isFinite && $0 >= 0 })
            #expect(row[0] + row[1] + row[2] <= 1.001)
            #expect(row[5] > 0 && row[5] < 1)
        }
        #expect(rows[0][7] + rows[1][7] > 0)
    }

    @Test(arguments: ["rate=0", "rate=1e9", "rat=5", "limit=-1"])
    func refusesOptions(options: String) {
        #expect(throws: SourceError.self) { try HostSource(options: options) }
    }
}
