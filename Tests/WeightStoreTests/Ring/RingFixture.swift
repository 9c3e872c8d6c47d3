// A small ring on a simulated disk, whose generations have contents that their number determines.

import Platform
import Simulation
import Testing
import WeightStore

/// Owns memory and ring.
final class RingFixture {
    static let directory = "state"
    static let path = "state/ring"
    let memory: UnsafeMutableRawBufferPointer
    let ring: Ring

    static let geometry = RingGeometry(
        slotCount: 4, heldCount: 1, learnerBytes: 1344, streamBytes: 192, layoutDigest: 7,
        description: "small 3-2")

    init(
        _ storage: any Storage, geometry: RingGeometry = RingFixture.geometry,
        directory: String = RingFixture.directory
    ) {
        memory = .allocate(byteCount: geometry.memoryBytes, alignment: 4096)
        memory.initializeMemory(as: UInt8.self, repeating: 0xEE)
        ring = Ring(
            storage: storage, directory: directory, geometry: geometry, memory: memory,
            identity: RingIdentity(low: 11, high: 13))
    }

    deinit {
        ring.close()
        memory.deallocate()
    }

    /// The bytes of both sections of a generation.
    static func contents(_ generation: UInt64, _ geometry: RingGeometry) -> [UInt8] {
        var generator = SeededGenerator(seed: generation)
        return (0..<geometry.payloadBytes).map { _ in
            UInt8(truncatingIfNeeded: generator.next())
        }
    }

    static let known: [[UInt8]] = (0..<256).map { contents(UInt64($0), geometry) }

    func expected(_ generation: UInt64) -> [UInt8] {
        ring.geometry == Self.geometry && generation < 256
            ? Self.known[Int(generation)] : Self.contents(generation, ring.geometry)
    }

    func fill(_ slot: Int, _ generation: UInt64) {
        let bytes = expected(generation)
        UnsafeMutableRawBufferPointer(start: ring.learnerMemory(slot), count: bytes.count)
            .copyBytes(from: bytes)
    }

    func bytes(_ slot: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: ring.learnerMemory(slot), count: ring.geometry.payloadBytes)
    }

    /// Whether the ring has that generation, byte for byte.
    func has(_ generation: UInt64) -> Bool {
        guard let pin = ring.pin(generation: generation) else { return false }
        defer { ring.unpin(pin) }
        return bytes(pin.slot).elementsEqual(expected(generation))
            && ring.header(pin).generation == generation
    }

    /// Acquires, fills and commits the next generation; returns its number.
    @discardableResult
    func commitNext() throws(RingError) -> UInt64 {
        guard let slot = ring.acquire() else {
            Issue.record("no free slot")
            return 0
        }
        let generation = ring.nextGeneration
        fill(slot, generation)
        try ring.commit(slot, generation: generation)
        return generation
    }
}

/// A disk with the state directory.
func makeDisk(seed: UInt64 = 1, fault: DiskFault? = nil) -> SimulatedDisk {
    SimulatedDisk(seed: seed, directories: [RingFixture.directory], fault: fault)
}
