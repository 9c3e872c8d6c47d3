// Telemetry of this machine: thirteen figures of /proc, some times a second, for ever. Shares and
// rates are over the time since the sample before.
//
// Invariants: every value is finite and not negative; a counter that went back (a disk or an
// interface was removed) counts as 0; what /proc does not show is 0 and named in `notes`.

import Glibc
import Platform

/// Live telemetry of the machine.
public final class HostSource: SampleSource {
    /// What a sample holds, in order. Shares are 0…1, rates per second.
    public static let featureNames = [
        "cpu-user", "cpu-system", "cpu-wait", "load-1", "load-5", "memory-used", "page-faults",
        "context-switches", "interrupts", "network-in", "network-out", "disk-reads",
        "disk-writes",
    ]
    /// Samples per second unless told otherwise.
    public static let defaultRate = 5.0

    /// `host`.
    public let name = "host"
    /// Thirteen features of f32 with names, no labels.
    public let schema: SourceSchema
    /// What has passed is gone.
    public var isSeekable: Bool { false }
    /// Samples arise in real time.
    public var isLive: Bool { true }
    /// The limit, or nil: endless.
    public let count: Int?
    /// There is no reading it again.
    public var identity: SourceIdentity? { nil }
    /// What this machine does not show.
    public let notes: [String]

    private let clock: any MonotonicClock
    private let root: String
    private let intervalNanoseconds: UInt64
    private var before: HostReading
    private var beforeNanoseconds: UInt64
    private var nextNanoseconds: UInt64
    private var position = 0

    /// Starts measuring this machine.
    ///
    /// - options: `rate` samples per second, 0.001…1000; `limit` samples.
    /// - source: `ratePerSecond`, `limit` and `expected` matter; `rate` in `options` wins.
    public convenience init(
        options: String = "", source: SourceOptions = SourceOptions()
    ) throws(SourceError) {
        try self.init(options: options, source: source, root: "/proc", clock: MachineClock())
    }

    /// The same with another `/proc` and clock.
    package init(
        options: String, source: SourceOptions, root: String, clock: any MonotonicClock
    ) throws(SourceError) {
        let given = try SourceParameters(source: "host", text: options, known: ["rate", "limit"])
        let rate = try given.real("rate", 0.001...1000, source.ratePerSecond ?? Self.defaultRate)
        guard rate >= 0.001, rate <= 1000 else {
            throw .badOption(
                source: "host", option: "rate", found: "\(rate)", expected: "0.001 to 1000")
        }
        let stated = try given.integer("limit", 0...UInt64(Int64.max), UInt64(Int64.max))
        let limit = min(Int(stated), max(0, source.limit ?? .max))
        count = limit == .max ? nil : limit
        if let expected = source.expected,
            expected.featureCount != Self.featureNames.count || expected.element != .f32
        {
            throw .schemaMismatch(
                source: "host", what: "samples", found: "13 features of f32",
                expected: "\(expected.featureCount) of \(expected.element.name)")
        }
        schema = SourceSchema(
            element: .f32, featureCount: Self.featureNames.count, featureNames: Self.featureNames)
        self.clock = clock
        self.root = root
        intervalNanoseconds = UInt64(1e9 / rate)
        before = HostReading(root: root)
        beforeNanoseconds = clock.nowNanoseconds
        nextNanoseconds = beforeNanoseconds &+ intervalNanoseconds
        notes = Self.missing(before)
    }

    private static func missing(_ reading: HostReading) -> [String] {
        let parts: [(Bool, String, String)] = [
            (reading.cpu == nil, "stat", "cpu-user, cpu-system and cpu-wait"),
            (reading.load == nil, "loadavg", "load-1 and load-5"),
            (reading.memoryUsed == nil, "meminfo", "memory-used"),
            (reading.pageFaults == nil, "vmstat", "page-faults"),
            (reading.network == nil, "net/dev", "network-in and network-out"),
            (reading.disk == nil, "diskstats", "disk-reads and disk-writes"),
        ]
        return parts.filter(\.0).map { "no /proc/\($0.1) here: \($0.2) stay 0" }
    }

    /// Waits for the next moment of measurement and delivers one sample. `index` may be anything
    /// from the current position on. See the protocol.
    public func read(
        from index: Int, count: Int, into batch: inout SampleBatch, timeoutMilliseconds: Int?
    ) throws(SourceError) -> ReadOutcome {
        precondition(count > 0)
        batch.clear(firstIndex: index)
        guard index >= position else {
            throw .notSeekable(source: name, index: index, position: position)
        }
        if let end = self.count, index >= end { return .end }
        guard wait(timeoutMilliseconds) else { return .notYet }
        let now = clock.nowNanoseconds
        let reading = HostReading(root: root)
        batch.append(values: Self.values(before, reading, nanoseconds: now &- beforeNanoseconds))
        before = reading
        beforeNanoseconds = now
        nextNanoseconds = max(nextNanoseconds &+ intervalNanoseconds, now)
        position = index + 1
        return .samples(1)
    }

    /// Sleeps until the next measurement is due; false if time or patience ran out first.
    private func wait(_ timeoutMilliseconds: Int?) -> Bool {
        let start = clock.nowNanoseconds
        guard start < nextNanoseconds else { return true }
        let dueMilliseconds = Int((nextNanoseconds &- start) / 1_000_000) + 1
        let sleep = min(dueMilliseconds, max(0, timeoutMilliseconds ?? .max))
        let interrupted = poll(nil, 0, Int32(clamping: sleep)) < 0
        return !interrupted && clock.nowNanoseconds >= nextNanoseconds
    }

    /// The sample between two readings, `nanoseconds` apart.
    static func values(
        _ a: HostReading, _ b: HostReading, nanoseconds: UInt64
    ) -> [Float] {
        let seconds = max(1e-6, Double(nanoseconds) / 1e9)
        func grown(_ from: UInt64, _ to: UInt64) -> Double { to > from ? Double(to - from) : 0 }
        func rate(_ from: UInt64?, _ to: UInt64?) -> Double {
            guard let from, let to else { return 0 }
            return grown(from, to) / seconds
        }
        var shares = [0.0, 0.0, 0.0]
        if let x = a.cpu, let y = b.cpu, y.total > x.total {
            let total = grown(x.total, y.total)
            shares = [
                grown(x.user, y.user), grown(x.system, y.system), grown(x.wait, y.wait),
            ].map { min(1, $0 / total) }
        }
        let values =
            shares + [
                b.load?.one ?? 0, b.load?.five ?? 0, b.memoryUsed ?? 0,
                rate(a.pageFaults, b.pageFaults),
                rate(a.contextSwitches, b.contextSwitches), rate(a.interrupts, b.interrupts),
                rate(a.network?.received, b.network?.received),
                rate(a.network?.sent, b.network?.sent),
                rate(a.disk?.reads, b.disk?.reads), rate(a.disk?.writes, b.disk?.writes),
            ]
        return values.map { Float(max(0, $0)) }
    }
}
