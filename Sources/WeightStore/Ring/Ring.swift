// The ring of generations. The learner fills a free slot, the storage thread makes it durable,
// readers pin the newest durable one.
//
// Invariants:
//   - the newest durable slot, held slots and pinned slots are never written, in memory or in
//     the file;
//   - readers see durable generations only;
//   - a generation number is used for one attempt to commit, never again, not even after damage;
//   - a place in the file whose write or sync failed is written again only when no other is free,
//     and then in full, with other contents;
//   - nothing is allocated after `recover` by acquire, commit, release, pin, unpin and hold.
//
// A slot of memory and a slot of the file are not tied together: `places` says where in the file
// a slot of memory goes. When a place fails, the slot swaps places with a free slot and is written
// there in full, without copying memory.
//
// Threads: `recover` and `close` before and after the others run. `acquire` and `release` belong
// to the learner, `commit` to the storage thread, everything else to any thread.

import Platform
import Synchronization

/// K + H slots of memory, and the file behind them.
public final class Ring: @unchecked Sendable {
    /// Name of the file in the state directory.
    public static let fileName = "ring"
    /// Attempts on different places in the file before `commit` gives up.
    public static let attemptCountMax = 3

    /// The shape.
    public let geometry: RingGeometry
    let storage: any Storage
    let directory: String
    let memory: UnsafeMutableRawBufferPointer
    let slots: [SlotCell]
    let newestSlot = Atomic<Int>(-1)
    /// Highest generation number that was ever tried, in this file or in this run.
    let highestGeneration = Atomic<UInt64>(0)
    let readOnly = Atomic<Bool>(false)
    let marks = Mutex(HoldMarks())

    // Storage thread only.
    var identity: RingIdentity
    var file: StorageFile?
    var places: [Int]
    var suspectCursor = 0

    /// A ring in `directory` over memory that the caller owns and keeps as long as the ring.
    ///
    /// - memory: exactly `geometry.memoryBytes`, aligned to 64 bytes.
    /// - identity: what a file that has to be made will be called inside.
    public init(
        storage: any Storage, directory: String, geometry: RingGeometry,
        memory: UnsafeMutableRawBufferPointer, identity: RingIdentity = .random()
    ) {
        precondition(memory.count == geometry.memoryBytes, "the ring's memory has its exact size")
        precondition(
            Int(bitPattern: memory.baseAddress) % SectionLayout.alignment == 0,
            "the ring's memory is aligned to 64 bytes")
        self.storage = storage
        self.directory = directory
        self.geometry = geometry
        self.memory = memory
        self.identity = identity
        slots = (0..<geometry.totalSlots).map { _ in SlotCell() }
        places = Array(0..<geometry.totalSlots)
    }

    /// Closes the file; the memory stays readable.
    public func close() {
        if let file { storage.close(file) }
        file = nil
    }

    var path: String { "\(directory)/\(Self.fileName)" }

    func image(_ slot: Int) -> SlotImage {
        precondition(slots.indices.contains(slot), "slot \(slot) of \(slots.count)")
        guard let base = memory.baseAddress else { preconditionFailure("the ring has memory") }
        return SlotImage(base: base + slot * geometry.slotBytes, geometry: geometry)
    }

    var scratchPage: Page {
        guard let base = memory.baseAddress else { preconditionFailure("the ring has memory") }
        return Page(base: base + geometry.totalSlots * geometry.slotBytes)
    }

    /// The learner section of a slot: `geometry.learnerBytes` bytes, aligned to 64. Written by the
    /// owner between `acquire` and `commit`, read by whoever holds a pin.
    public func learnerMemory(_ slot: Int) -> UnsafeMutableRawPointer {
        image(slot).learner
    }

    /// The stream section of a slot: `geometry.streamBytes` bytes, aligned to 64.
    public func streamMemory(_ slot: Int) -> UnsafeMutableRawPointer {
        image(slot).stream
    }

    /// The newest durable generation; 0 = none.
    public var newestGeneration: UInt64 {
        while true {
            let slot = newestSlot.load(ordering: .acquiring)
            guard slot >= 0 else { return 0 }
            let before = slots[slot].word
            let generation = slots[slot].generation.load(ordering: .acquiring)
            if before.isNewest, slots[slot].word.turn == before.turn { return generation }
        }
    }

    /// The number that the next commit must use or exceed.
    public var nextGeneration: UInt64 {
        highestGeneration.load(ordering: .acquiring) &+ 1
    }

    /// Whether the last commit failed for good; a later commit that succeeds ends it.
    public var isReadOnly: Bool { readOnly.load(ordering: .acquiring) }
}
