// Time that moves only when the test says so.

import Platform
import Synchronization

/// A clock that stands still until `advance`.
public final class ManualClock: MonotonicClock {
    private let now: Atomic<UInt64>

    /// - nowNanoseconds: where it starts.
    public init(nowNanoseconds: UInt64 = 0) {
        now = Atomic(nowNanoseconds)
    }

    /// What it shows.
    public var nowNanoseconds: UInt64 { now.load(ordering: .acquiring) }

    /// Moves it forward.
    public func advance(nanoseconds: UInt64) {
        now.add(nanoseconds, ordering: .acquiringAndReleasing)
    }

    /// Moves it forward.
    public func advance(milliseconds: UInt64) {
        advance(nanoseconds: milliseconds * 1_000_000)
    }
}
