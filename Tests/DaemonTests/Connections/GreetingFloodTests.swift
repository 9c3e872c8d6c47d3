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

    /// Epochs of the WELCOMEs that wait for a peer.
    private func welcomes(_ rig: DaemonRig, peer: Int) -> [UInt32] {
        var epochs: [UInt32] = []
        while let frame = rig.transport.take(peer: peer) {
            frame.withUnsafeBytes { bytes in
                guard let (header, body) = try? Frame.decode(bytes),
                    let welcome = try? Welcome.decode(header, body)
                else { return }
                epochs.append(welcome.epoch)
            }
        }
        return epochs
    }

    /// The other flood: each greeting over a connection of its own opens an epoch, until all
    /// together have had what a restart of every producer needs.
    @Test func oneNameOverManyConnectionsOpensFewEpochs() throws {
        let directory = ScratchDirectory()
        let rig = try rig(directory)
        let greeting = try hello("same")
        for number in 0..<500 {
            rig.transport.put(.ingest, peer: 100 + number, greeting)
            rig.run(turns: 1) { false }
        }
        rig.run(turns: 200) { false }
        let status = try #require(rig.status())
        let epoch = try #require(status.producers.first?.epoch)
        // Three producers: seventy at once, and twenty a second.
        #expect(epoch > 1 && epoch <= 70 + 20 * 20, "epoch \(epoch)")
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
        // The same connection, which has sent nothing since, is told the epoch that it has: sixteen
        // times at once and twice a second. No other is opened, so none is fenced.
        let status = try #require(rig.status())
        let epoch = try #require(status.producers.first?.epoch)
        #expect(epoch == 1)
        #expect(welcomes(rig, peer: 7).count <= 16 + 2 * 2 + 2)
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
