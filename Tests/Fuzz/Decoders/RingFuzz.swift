// A whole ring file on a disk in memory. Two forms of input, so that pages of zeros need not be
// guessed:
//
//     first byte bit 7 set    the rest is the file
//     else                    changes to a real ring of three generations: bit 0 = seal checksums
//                             again, bit 1 = cut the file; then changes of (offset u16, count u8,
//                             bytes); the offset counts in the bytes that mean something
//
// What holds for every file: no trap; what is recovered has the digest that its header states;
// an inspection agrees with recovery; the ring can commit, and after a restart has that commit.

import MillraceProtocol
import Platform
import Simulation
import WeightStore

enum RingFuzz {
    static let target = FuzzTarget(
        "ring", seeds: { [[0], [1], [3], [1, 32, 0, 1, 7], [1, 200, 0, 2, 9, 9]] }, run: run)

    private static let directory = "state"
    private static let geometry = RingGeometry(
        slotCount: 4, heldCount: 1, learnerBytes: 128, streamBytes: 64, layoutDigest: 7,
        description: "fuzz")
    private static let pageBytes = RingGeometry.pageBytes
    /// Of each page and slot only so many first bytes are changed, and the last eight of a page.
    private static let headBytes = 192

    /// A ring with generations 1 to 3, the second of them held.
    private static let original: [UInt8] = {
        let disk = SimulatedDisk(seed: 1, directories: [directory])
        let ring = RingOnDisk(disk, geometry)
        guard (try? ring.ring.recover()) != nil else { fatalError("an empty disk takes a ring") }
        for generation in 1...3 {
            promise(ring.commit(filler: UInt8(generation)) != nil, "an empty ring commits")
            if generation == 2 { promise(ring.ring.hold(generation: 2), "2 is there") }
        }
        guard let bytes = disk.contents("\(directory)/\(Ring.fileName)") else {
            fatalError("a ring is a file")
        }
        return bytes
    }()

    private static func run(_ bytes: UnsafeRawBufferPointer) {
        var input = InputReader(bytes)
        let form = input.byte()
        var file: [UInt8]
        if form & 128 != 0 {
            file = Array(input.remaining.prefix(1 << 17))
        } else {
            file = original
            change(&file, &input)
            if form & 1 != 0 { seal(&file) }
            if form & 2 != 0, !file.isEmpty { file.removeLast((Int(form) << 9) % file.count) }
        }
        check(file)
    }

    private static func check(_ file: [UInt8]) {
        let disk = SimulatedDisk(seed: 1, directories: [directory])
        disk.setContents("\(directory)/\(Ring.fileName)", file)
        let inspection = try? RingInspection(storage: disk, directory: directory)
        let ring = RingOnDisk(disk, geometry)
        guard let recovery = try? ring.ring.recover() else { return }
        if let newest = recovery.newest {
            promise(
                ring.digest(newest.slot) == newest.header.stateDigest,
                "what is recovered has the digest that its header states")
            promise(ring.ring.newestGeneration == newest.header.generation, "the newest is newest")
        }
        if let inspection, inspection.geometry == geometry {
            promise(
                inspection.newest?.header == recovery.newest?.header,
                "an inspection agrees with recovery")
        }
        guard let generation = ring.commit(filler: 9) else { return }
        ring.ring.close()
        let again = RingOnDisk(disk, geometry)
        let after = try? again.ring.recover()
        promise(
            after?.newest?.header.generation == generation, "a commit is there after a restart")
        if let slot = after?.newest?.slot {
            promise(again.firstByte(slot) == 9, "a commit has its bytes after a restart")
        }
    }

    private static func change(_ file: inout [UInt8], _ input: inout InputReader) {
        let starts =
            [0, geometry.lastSuperblockOffset]
            + (0..<geometry.totalSlots).flatMap { slot in
                let start = geometry.fileOffset(slot: slot)
                return [start, start + pageBytes]
            }
        while !input.isAtEnd {
            let place = input.word()
            let count = Int(input.byte())
            let start = starts[(place / headBytes) % starts.count] + place % headBytes
            for (index, byte) in input.run(count).enumerated() {
                file[(start + index) % file.count] = byte
            }
        }
    }

    /// Checksums as a ring writes them, over whatever there is now.
    private static func seal(_ file: inout [UInt8]) {
        file.withUnsafeMutableBytes { bytes in
            for slot in 0..<geometry.totalSlots {
                let start = geometry.fileOffset(slot: slot)
                let payload = UnsafeRawBufferPointer(
                    rebasing: bytes[(start + pageBytes)...].prefix(geometry.payloadBytes))
                let learner = UnsafeRawBufferPointer(
                    rebasing: payload.prefix(geometry.learnerBytes))
                if bytes[start] == 0 { continue }
                bytes.storeBytes(
                    of: CRC32C.checksum(payload), toByteOffset: start + 12, as: UInt32.self)
                bytes.storeBytes(
                    of: XXH64.digest(learner), toByteOffset: start + 56, as: UInt64.self)
                sealPage(bytes, start)
            }
            for start in [0, geometry.lastSuperblockOffset] { sealPage(bytes, start) }
        }
    }

    private static func sealPage(_ bytes: UnsafeMutableRawBufferPointer, _ start: Int) {
        let page = UnsafeRawBufferPointer(rebasing: bytes[start..<(start + pageBytes - 4)])
        bytes.storeBytes(
            of: CRC32C.checksum(page), toByteOffset: start + pageBytes - 4, as: UInt32.self)
    }
}

/// A ring with its memory.
private final class RingOnDisk {
    let ring: Ring
    private let memory: UnsafeMutableRawBufferPointer

    init(_ disk: SimulatedDisk, _ geometry: RingGeometry) {
        memory = .allocate(byteCount: geometry.memoryBytes, alignment: 4096)
        ring = Ring(
            storage: disk, directory: "state", geometry: geometry, memory: memory,
            identity: RingIdentity(low: 11, high: 13))
    }

    deinit {
        ring.close()
        memory.deallocate()
    }

    func digest(_ slot: Int) -> UInt64 {
        XXH64.digest(
            UnsafeRawBufferPointer(
                start: ring.learnerMemory(slot), count: ring.geometry.learnerBytes))
    }

    func firstByte(_ slot: Int) -> UInt8 { ring.learnerMemory(slot).load(as: UInt8.self) }

    /// Commits a generation of equal bytes; its number.
    func commit(filler: UInt8) -> UInt64? {
        guard let slot = ring.acquire() else { return nil }
        ring.learnerMemory(slot).initializeMemory(
            as: UInt8.self, repeating: filler, count: ring.geometry.payloadBytes)
        let generation = ring.nextGeneration
        guard (try? ring.commit(slot, generation: generation)) != nil else { return nil }
        return generation
    }
}
