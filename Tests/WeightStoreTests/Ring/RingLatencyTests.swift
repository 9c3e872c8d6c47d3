// What a commit costs on this machine's disk: one digest, one CRC, one write, one fdatasync.
// Printed, not judged: a disk is what it is.

import Platform
import Testing
import WeightStore

@Suite struct RingLatencyTests {
    @Test func oneMebibyte() throws {
        let directory = try makeTemporaryDirectory()
        defer { removeTemporaryDirectory(directory) }
        let geometry = RingGeometry(
            slotCount: 4, heldCount: 1, learnerBytes: 1 << 20, streamBytes: 4096, layoutDigest: 1)
        let fixture = RingFixture(LinuxStorage(), geometry: geometry, directory: directory)
        _ = try fixture.ring.recover()
        let clock = ContinuousClock()
        var times: [Duration] = []
        for generation in UInt64(1)...41 {
            let slot = try #require(fixture.ring.acquire())
            fixture.ring.learnerMemory(slot).storeBytes(of: generation, as: UInt64.self)
            times.append(
                try clock.measure { try fixture.ring.commit(slot, generation: generation) })
        }
        times.sort()
        print("ring, commit of 1 MiB: median \(times[20]), slowest \(times[40])")
        fixture.ring.close()
        let again = RingFixture(LinuxStorage(), geometry: geometry, directory: directory)
        let start = clock.now
        #expect(try again.ring.recover().newest?.header.generation == 41)
        print("ring, recovery of five slots of 1 MiB: \(clock.now - start)")
        #expect(try LinuxStorage().list(directory) == ["ring"])
    }
}
