// Time as the house sees it: monotonic, in nanoseconds, passed in. Wall-clock time exists only
// in log lines and file names that people read.

#if canImport(Glibc)
    import Glibc
#endif

/// A monotonic clock.
public protocol MonotonicClock: AnyObject, Sendable {
    /// Nanoseconds since an arbitrary start; never goes back.
    var nowNanoseconds: UInt64 { get }
}

/// CLOCK_MONOTONIC of the machine.
public final class MachineClock: MonotonicClock {
    /// The machine's own clock.
    public init() {}

    /// Nanoseconds since boot, without suspended time.
    public var nowNanoseconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}
