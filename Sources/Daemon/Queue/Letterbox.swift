// The newest value for another loop. A loop looks between two turns; an empty box costs it one
// load, so there is no lock on its way.

import Synchronization

/// A place for one value on its way from one thread to another; a newer one replaces an older one.
final class Letterbox<Value: Sendable>: Sendable {
    private let isFull = Atomic<Bool>(false)
    private let value = Mutex<Value?>(nil)

    /// Leaves a value.
    func put(_ new: Value) {
        value.withLock { $0 = new }
        isFull.store(true, ordering: .releasing)
    }

    /// Takes the value, if there is one.
    func take() -> Value? {
        guard isFull.load(ordering: .acquiring) else { return nil }
        return value.withLock { value in
            isFull.store(false, ordering: .releasing)
            defer { value = nil }
            return value
        }
    }

    /// Whether the last value has been taken.
    var isEmpty: Bool { !isFull.load(ordering: .acquiring) }
}
