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

/// The time of day, for people who read a record later; nothing is decided by it.
public enum WallClock {
    /// Seconds since 1970 in UTC.
    public static var seconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec)
    }

    /// `2026-01-31T12:34:56Z` (H. Hinnant's days-to-civil, proleptic Gregorian calendar).
    public static func text(_ seconds: Int64) -> String {
        let seconds = min(max(seconds, 0), 253_402_300_799)
        let (days, rest) = seconds.quotientAndRemainder(dividingBy: 86_400)
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * month + 2) / 5 + 1
        let civilMonth = month < 10 ? month + 3 : month - 9
        let year = yearOfEra + era * 400 + (civilMonth <= 2 ? 1 : 0)
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(year)-\(two(civilMonth))-\(two(day))T\(two(rest / 3600)):"
            + "\(two(rest / 60 % 60)):\(two(rest % 60))Z"
    }
}
