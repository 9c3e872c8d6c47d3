// Goal: every flipped byte and every length of a ring file is noticed or harmless, never a trap.
// Method: a ring with five generations, one of them held; for each byte of the file several flips
// (every bit where headers and superblocks have their fields), for each length one cut; then
// recovery (and inspection) must give generations whose bytes are exactly what was committed, and
// the newest one unless it was hit, which is then reported.

import Platform
import Simulation
import Testing
import WeightStore

private func fullRing() throws -> (disk: SimulatedDisk, bytes: [UInt8]) {
    let disk = makeDisk()
    let fixture = RingFixture(disk)
    _ = try fixture.ring.recover()
    for _ in 1...6 { try fixture.commitNext() }
    _ = fixture.ring.hold(generation: 5)
    try fixture.commitNext()
    fixture.ring.close()
    return (disk, disk.contents(RingFixture.path) ?? [])
}

/// Whether everything the recovery calls usable has the right bytes.
private func isTruthful(_ fixture: RingFixture, _ recovery: Recovery) -> Bool {
    for content in recovery.slots {
        if case .intact(let header) = content, !fixture.has(header.generation) { return false }
    }
    return true
}

@Suite struct RingDamageTests {
    @Test func everyByteFlipped() throws {
        let (disk, bytes) = try fullRing()
        #expect(bytes.count == RingFixture.geometry.fileBytes)
        var generator = SeededGenerator(seed: 5)
        var noticed = 0
        var harmless = 0
        let geometry = RingFixture.geometry
        let pages =
            [0, geometry.lastSuperblockOffset]
            + (0..<geometry.totalSlots).map { geometry.fileOffset(slot: $0) }
        let fields = Set(pages.flatMap { $0..<($0 + 160) })
        let flips = bytes.indices.flatMap { index in
            let bits: [UInt8] = (0..<8).map { 1 << $0 }
            let one: UInt8 = 1 << UInt8.random(in: 0..<8, using: &generator)
            return (fields.contains(index) ? bits + [0xFF] : [one, 0xFF]).map { (index, $0) }
        }
        for (index, pattern) in flips {
            var flipped = bytes
            flipped[index] ^= pattern
            disk.setContents(RingFixture.path, flipped)
            if pattern == 0xFF {
                // Whoever only looks gets an error or generations, and goes on.
                _ = try? RingInspection(storage: disk, directory: RingFixture.directory)
            }
            let fixture = RingFixture(disk)
            let recovery = try fixture.ring.recover()
            #expect(isTruthful(fixture, recovery), "byte \(index)")
            let newest = recovery.newest?.header.generation
            let damagedCount = recovery.slots.filter { content in
                if case .damaged = content { true } else { false }
            }.count
            let isReported = damagedCount == 1 || recovery.superblocks != [.intact, .intact]
            if isReported { noticed += 1 } else { harmless += 1 }
            #expect(newest == 7 || (newest == 6 && damagedCount == 1), "byte \(index)")
            #expect(fixture.ring.nextGeneration >= 8, "byte \(index)")
            #expect(fixture.ring.nextGeneration < 1 << 33, "byte \(index)")
        }
        // Harmless: the zeros that round a slot up to whole pages.
        let padding =
            geometry.totalSlots
            * (geometry.slotBytes - RingGeometry.pageBytes - geometry.payloadBytes)
        #expect(harmless == 2 * padding)
        print("ring, flipped bytes: \(noticed) noticed, \(harmless) harmless")
    }

    @Test func everyLength() throws {
        let (disk, bytes) = try fullRing()
        var states = 0
        for count in bytes.indices {
            disk.setContents(RingFixture.path, Array(bytes[..<count]))
            let fixture = RingFixture(disk)
            states += 1
            guard let recovery = try? fixture.ring.recover() else {
                #expect(count < RingGeometry.pageBytes, "length \(count)")
                continue
            }
            #expect(recovery.unexpectedFileBytes == count)
            #expect(isTruthful(fixture, recovery), "length \(count)")
            #expect(disk.contents(RingFixture.path)?.count == bytes.count)
            try fixture.commitNext()
        }
        print("ring, lengths: \(states) states")
    }

    @Test func foreignFilesAreRefused() throws {
        let disk = makeDisk()
        var generator = SeededGenerator(seed: 8)
        for count in [0, 1, 4096, 8192, 49152, 100_000] {
            let noise = (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            disk.setContents(RingFixture.path, noise)
            let fixture = RingFixture(disk)
            #expect(throws: RingError.self) { try fixture.ring.recover() }
            #expect(throws: RingError.self) {
                try RingInspection(storage: disk, directory: "state")
            }
        }
    }

    @Test func slotsOfAnotherRingAreNotTaken() throws {
        let (disk, bytes) = try fullRing()
        let last = RingFixture.geometry.lastSuperblockOffset
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: RingFixture.geometry.memoryBytes, alignment: 64)
        defer { memory.deallocate() }
        let third = makeDisk()
        let ring = Ring(
            storage: third, directory: "state", geometry: RingFixture.geometry, memory: memory,
            identity: RingIdentity(low: 1, high: 2))
        _ = try ring.recover()
        ring.close()
        var mixed = third.contents(RingFixture.path) ?? []
        mixed.replaceSubrange(4096..<last, with: bytes[4096..<last])
        disk.setContents(RingFixture.path, mixed)
        let victim = RingFixture(disk)
        let recovery = try victim.ring.recover()
        #expect(recovery.newest == nil)
        #expect(recovery.lostEverything)
        for content in recovery.slots {
            guard case .damaged(.foreignRing, _) = content else {
                Issue.record("\(content)")
                continue
            }
        }
    }
}
