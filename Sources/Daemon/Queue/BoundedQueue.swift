// A bounded queue between exactly two threads: one puts in, one takes out. All memory is taken
// when it is made; a full queue says so and never waits.
//
// Invariants: `tail` is written by the producing thread only, `head` by the consuming one; an
// entry belongs to the consumer from the store of `tail` that covers it to the store of `head`
// that passes it.

import Synchronization

/// A bounded single-producer single-consumer queue of plain values.
public final class BoundedQueue<Element: BitwiseCopyable>: @unchecked Sendable {
    private let entries: UnsafeMutablePointer<Element>
    private let mask: Int
    private let head = Atomic<Int>(0)
    // Keeps the two indices on different cache lines.
    private let padding: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) =
        (0, 0, 0, 0, 0, 0, 0, 0)
    private let tail = Atomic<Int>(0)

    /// - minimumCapacity: rounded up to a power of two.
    public init(minimumCapacity: Int) {
        precondition(minimumCapacity > 0)
        var capacity = 1
        while capacity < minimumCapacity { capacity *= 2 }
        entries = .allocate(capacity: capacity)
        mask = capacity - 1
    }

    deinit { entries.deallocate() }

    /// Puts `element` in; false when the queue is full. Producing thread only.
    public func push(_ element: Element) -> Bool {
        let tail = tail.load(ordering: .relaxed)
        guard tail - head.load(ordering: .acquiring) <= mask else { return false }
        entries[tail & mask] = element
        self.tail.store(tail + 1, ordering: .releasing)
        return true
    }

    /// Takes the oldest element; nil when the queue is empty. Consuming thread only.
    public func pop() -> Element? {
        let head = head.load(ordering: .relaxed)
        guard head != tail.load(ordering: .acquiring) else { return nil }
        let element = entries[head & mask]
        self.head.store(head + 1, ordering: .releasing)
        return element
    }

    /// Whether nothing waits, as seen now.
    public var isEmpty: Bool {
        head.load(ordering: .acquiring) == tail.load(ordering: .acquiring)
    }
}
