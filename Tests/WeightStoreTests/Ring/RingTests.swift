// Goal: the ring does what protocol/RING.md says when the disk is well.

import Platform
import Simulation
import Testing
import WeightStore

@Suite struct RingTests {
    @Test func startsEmptyAndContinues() throws {
        let disk = makeDisk()
        let first = RingFixture(disk)
        let created = try first.ring.recover()
        #expect(created.created)
        #expect(created.newest == nil)
        #expect(!created.lostEverything)
        #expect(created.slots == Array(repeating: .empty, count: 5))
        #expect(first.ring.pinNewest() == nil)
        #expect(first.ring.newestGeneration == 0)
        for expected in UInt64(1)...9 { #expect(try first.commitNext() == expected) }
        #expect(first.ring.newestGeneration == 9)
        first.ring.close()

        let second = RingFixture(disk)
        let recovery = try second.ring.recover()
        #expect(!recovery.created)
        #expect(recovery.newest?.header.generation == 9)
        #expect(recovery.newest?.header.previousGeneration == 8)
        #expect(recovery.superblocks == [.intact, .intact])
        #expect(second.ring.list().map(\.generation).sorted() == [5, 6, 7, 8, 9])
        for generation in UInt64(5)...9 { #expect(second.has(generation)) }
        #expect(second.ring.nextGeneration == 10)
        let inspection = try RingInspection(storage: disk, directory: "state")
        #expect(inspection.slots == recovery.slots)
        #expect(inspection.newest == recovery.newest)
        #expect(inspection.geometry.description == "small 3-2")
    }

    @Test func headerKeepsWhatWasCommitted() throws {
        let disk = makeDisk()
        let fixture = RingFixture(disk)
        _ = try fixture.ring.recover()
        try fixture.commitNext()
        let slot = try #require(fixture.ring.acquire())
        fixture.fill(slot, 8)
        let header = try fixture.ring.commit(
            slot, generation: 8, restoredFrom: 1, configurationDigest: 0xC0FFEE)
        #expect(header.restoredFrom == 1)
        #expect(header.configurationDigest == 0xC0FFEE)
        #expect(header.previousGeneration == 1)
        let pin = try #require(fixture.ring.pinNewest())
        #expect(fixture.ring.header(pin) == header)
        #expect(fixture.ring.listing(slot).restoredFrom == 1)
        #expect(fixture.ring.listing(slot).stateDigest == header.stateDigest)
        fixture.ring.unpin(pin)
        let again = RingFixture(disk)
        #expect(try again.ring.recover().newest?.header == header)
    }

    @Test func acquireNeverTakesNewestPinnedHeldOrWriting() throws {
        let fixture = RingFixture(makeDisk())
        let ring = fixture.ring
        _ = try ring.recover()
        for _ in 1...5 { try fixture.commitNext() }
        let pin = try #require(ring.pin(generation: 2))
        #expect(ring.hold(generation: 3))
        let first = try #require(ring.acquire())
        let second = try #require(ring.acquire())
        #expect(ring.acquire() == nil)
        #expect(Set([first, second]).isDisjoint(with: [pin.slot]))
        #expect(
            ring.list().filter { $0.state == .durable }.map(\.generation).sorted() == [2, 3, 5])
        ring.release(first)
        #expect(ring.listing(first).state == .empty)
        #expect(ring.acquire() == first)
        ring.unpin(pin)
        #expect(ring.acquire() == pin.slot)
        #expect(ring.acquire() == nil)
        #expect(fixture.has(3))
        #expect(fixture.has(5))
    }

    @Test func olderHeldGenerationStaysUntilTheNewMarkIsDurable() throws {
        let disk = makeDisk()
        let fixture = RingFixture(disk)
        let ring = fixture.ring
        _ = try ring.recover()
        for _ in 1...2 { try fixture.commitNext() }
        #expect(ring.hold(generation: 2))
        try fixture.commitNext()
        #expect(ring.hold(generation: 3))
        #expect(!ring.hold(generation: 2) || ring.heldGeneration == 3)
        #expect(!ring.hold(generation: 1))
        #expect(!ring.hold(generation: 77))
        #expect(ring.list().filter(\.isHeld).map(\.generation).sorted() == [2, 3])
        let header = try {
            let generation = try fixture.commitNext()
            let pin = try #require(ring.pin(generation: generation))
            defer { ring.unpin(pin) }
            return ring.header(pin)
        }()
        #expect(header.heldGeneration == 3)
        #expect(ring.list().filter(\.isHeld).map(\.generation) == [3])
        for _ in 1...20 { try fixture.commitNext() }
        #expect(fixture.has(3))
        let again = RingFixture(disk)
        _ = try again.ring.recover()
        #expect(again.ring.heldGeneration == 3)
        for _ in 1...20 { try again.commitNext() }
        #expect(again.has(3))
    }

    @Test func severalHeldGenerations() throws {
        let geometry = RingGeometry(
            slotCount: 4, heldCount: 3, learnerBytes: 64, streamBytes: 0, layoutDigest: 1)
        let fixture = RingFixture(makeDisk(), geometry: geometry)
        _ = try fixture.ring.recover()
        for generation in UInt64(1)...12 {
            try fixture.commitNext()
            if generation % 2 == 0 { #expect(fixture.ring.hold(generation: generation)) }
        }
        try fixture.commitNext()
        #expect(fixture.ring.list().filter(\.isHeld).map(\.generation).sorted() == [8, 10, 12])
    }

    @Test func failedSyncMovesToAnotherPlace() throws {
        let disk = makeDisk()
        let fixture = RingFixture(disk)
        _ = try fixture.ring.recover()
        try fixture.commitNext()
        // The operations of a commit are one write and one sync.
        disk.arm(DiskFault(.inputOutputOnce, at: disk.operationCount + 1))
        #expect(try fixture.commitNext() == 2)
        #expect(!fixture.ring.isReadOnly)
        #expect(fixture.ring.list().filter(\.isSuspect).count == 1)
        #expect(fixture.has(2))
        // The failed place is not used while others are free.
        for _ in 1...8 { try fixture.commitNext() }
        #expect(fixture.ring.list().filter(\.isSuspect).map(\.state) == [.empty])
    }

    @Test func threeFailuresMakeItReadOnlyUntilAFullWriteSucceeds() throws {
        let disk = makeDisk()
        let fixture = RingFixture(disk)
        let ring = fixture.ring
        _ = try ring.recover()
        for _ in 1...5 { try fixture.commitNext() }
        disk.arm(DiskFault(.inputOutputPersistent, at: disk.operationCount))
        let slot = try #require(ring.acquire())
        fixture.fill(slot, 6)
        for attempt in UInt64(6)...9 {
            #expect {
                try ring.commit(slot, generation: attempt)
            } throws: { error in
                guard case RingError.readOnly(slot, let attempts, _) = error else { return false }
                return attempts == 3
            }
            #expect(ring.isReadOnly)
            #expect(ring.listing(slot).state == .writing)
            #expect(ring.newestGeneration == 5)
            #expect(fixture.has(5))
        }
        disk.arm(nil)
        fixture.fill(slot, 10)
        try ring.commit(slot, generation: 10)
        #expect(!ring.isReadOnly)
        #expect(ring.newestGeneration == 10)
        for _ in 1...6 { try fixture.commitNext() }
        #expect(fixture.has(16))
        disk.restart(.dropUnsynchronized)
        let again = RingFixture(disk)
        #expect(try again.ring.recover().newest?.header.generation == 16)
    }

    @Test func anotherShapeIsRefusedAndSetAside() throws {
        let disk = makeDisk()
        let old = RingFixture(disk)
        _ = try old.ring.recover()
        try old.commitNext()
        old.ring.close()
        let wanted = RingGeometry(
            slotCount: 4, heldCount: 1, learnerBytes: 1408, streamBytes: 192, layoutDigest: 8,
            description: "small 4-2")
        let new = RingFixture(disk, geometry: wanted)
        let error = #expect(throws: RingError.self) { try new.ring.recover() }
        guard case .geometryDiffers(let found, let asked) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(found.description == "small 3-2")
        #expect(asked.description == "small 4-2")
        #expect(try Ring.setAside(storage: disk, directory: "state") == "ring.aside-1")
        #expect(try Ring.setAside(storage: disk, directory: "state") == nil)
        #expect(try new.ring.recover().created)
        #expect(try disk.list("state") == ["ring", "ring.aside-1"])
        new.ring.close()
        #expect(try Ring.setAside(storage: disk, directory: "state") == "ring.aside-2")
    }

    @Test func numbersOfDamagedGenerationsAreNotUsedAgain() throws {
        let disk = makeDisk()
        let fixture = RingFixture(disk)
        _ = try fixture.ring.recover()
        for _ in 1...7 { try fixture.commitNext() }
        fixture.ring.close()
        let slot = try #require(
            try RingInspection(storage: disk, directory: "state").newest?.slot)
        var bytes = try #require(disk.contents(RingFixture.path))
        bytes[RingFixture.geometry.fileOffset(slot: slot) + 5000] ^= 1
        disk.setContents(RingFixture.path, bytes)
        let again = RingFixture(disk)
        let recovery = try again.ring.recover()
        #expect(recovery.newest?.header.generation == 6)
        #expect(again.ring.nextGeneration == 8)
        guard case .damaged(.payloadChecksum, claimedGeneration: 7) = recovery.slots[slot] else {
            Issue.record("\(recovery.slots[slot])")
            return
        }
    }
}
