// The queue of stream records from the network loop to the learner, in memory that the arena
// gave. Single producer, single consumer; the same invariants as `BoundedQueue`.

import Synchronization

/// A bounded queue of fixed-size records.
final class RecordQueue: @unchecked Sendable {
    /// Records it holds at most; a power of two.
    let capacity: Int
    /// The layout of its records.
    let shape: RecordShape
    private let base: UnsafeMutableRawPointer
    private let mask: Int
    private let head = Atomic<Int>(0)
    private let padding: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) =
        (0, 0, 0, 0, 0, 0, 0, 0)
    private let tail = Atomic<Int>(0)

    /// - memory: `capacity * shape.recordBytes` bytes, 16-byte aligned, that outlive the queue.
    init(capacity: Int, shape: RecordShape, memory: UnsafeMutableRawPointer) {
        precondition(capacity > 0 && capacity & (capacity - 1) == 0)
        self.capacity = capacity
        mask = capacity - 1
        self.shape = shape
        base = memory
    }

    /// Records that wait, as seen now.
    var count: Int { tail.load(ordering: .acquiring) - head.load(ordering: .acquiring) }

    /// The next free record, to be filled and then published; nil when full. Network loop only.
    func reserve() -> StreamRecord? {
        let tail = tail.load(ordering: .relaxed)
        guard tail - head.load(ordering: .acquiring) < capacity else { return nil }
        return record(tail)
    }

    /// Hands the reserved record to the learner. Network loop only.
    func publish() {
        tail.store(tail.load(ordering: .relaxed) + 1, ordering: .releasing)
    }

    /// The record `index` places behind the oldest; `index` < `count`. Learner only.
    func peek(_ index: Int) -> StreamRecord {
        record(head.load(ordering: .relaxed) + index)
    }

    /// Gives the `count` oldest records back. Learner only.
    func consume(_ count: Int) {
        head.store(head.load(ordering: .relaxed) + count, ordering: .releasing)
    }

    private func record(_ index: Int) -> StreamRecord {
        StreamRecord(base: base + (index & mask) * shape.recordBytes, shape: shape)
    }
}
