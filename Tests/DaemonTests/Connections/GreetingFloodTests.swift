// A flood of valid greetings: epochs are not opened at the speed of the line, the table does not
// grow, and a producer that greets beside it gets in.

import Daemon
import MillraceProtocol
import Platform
import Testing

@Suite struct GreetingFloodTests {
    private func hello(_ name: String) throws -> [UInt8] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256, alignment: 16)
        defer { buffer.deallocate() }
        let bytes = Hello(name: try #require(ProducerName(name)), epoch: 0).encode(into: buffer)
        return Array(buffer[..<bytes])
    }

    private func rig(_ directory: ScratchDirectory) throws -> DaemonRig {
        let rig = DaemonRig(storage: LinuxStorage(), directory: directory.path)
        try rig.boot()
        return rig
    }

    @Test func oneNameAgainAndAgainOpensFewEpochs() throws {
        let directory = ScratchDirectory()
        let rig = try rig(directory)
        let greeting = try hello("same")
        for _ in 0..<2000 {
            rig.transport.put(.ingest, peer: 7, greeting)
            rig.run(turns: 1) { false }
        }
        // 2 s: sixteen at once, and two a second after that.
        let status = try #require(rig.status())
        let epoch = try #require(status.producers.first?.epoch)
        #expect(epoch > 1 && epoch <= 16 + 2 * 2 + 2, "epoch \(epoch)")
        #expect((status.counters.refusedBy["notReady"] ?? 0) > 1000)
        // Another connection is not held up by it.
        rig.transport.put(.ingest, peer: 8, try hello("other"))
        rig.run(turns: 100) { false }
        #expect(rig.status()?.producers.contains { $0.name == "other" } == true)
    }

    @Test func newNamesFillTheTableAndNoMore() throws {
        let directory = ScratchDirectory()
        let rig = try rig(directory)
        for number in 0..<500 {
            rig.transport.put(.ingest, peer: 100 + number, try hello("flood-\(number)"))
            rig.run(turns: 1) { false }
        }
        let status = try #require(rig.status())
        #expect(status.producers.count == 3)
        #expect((status.counters.refusedBy["producerTableFull"] ?? 0) > 300)
    }
}
