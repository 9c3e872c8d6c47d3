// One producer's conversation with the daemon: the state machine of protocol/MILLRACE.md §10.
// It never waits and owns no thread: `step` does what can be done now, and the caller waits on
// the transport in between. Time comes from the clock that is passed in.
//
//     connecting → greeting → streaming ⇄ flushing → done
//                     ↑___________|          (RESET, silence, a reason to retry)
//
// Invariants: acknowledged < position <= limit + 1 (after a WELCOME); numbers are sent in order
// from `position`; a number above `acknowledged` can be sent again at any time (go-back-N).

import MillraceProtocol
import Platform

/// Times and limits of a session.
public struct SessionOptions: Equatable, Sendable {
    /// Silence after which HELLO is sent again, in milliseconds.
    public var silenceMilliseconds = 3000
    /// The same while there is no credit.
    public var blockedSilenceMilliseconds = 500
    /// How long to wait for the first WELCOME before giving up, in milliseconds.
    public var firstPatienceMilliseconds = 10_000
    /// How long to wait for a daemon that was there and went away.
    public var laterPatienceMilliseconds = 120_000
    /// Most numbers in one frame; the daemon's own limit applies too.
    public var maxBatch = 256
    /// Longest frame to send.
    public var maxFrameBytes = 64 * 1024
    /// Numbers per second; nil sends as fast as credit allows.
    public var ratePerSecond: Double?
    /// Whether the daemon shall say what its emulated device spends.
    public var wantsCost = false

    /// The usual times and limits.
    public init() {}
}

/// A producer's session.
public final class ProducerSession {
    /// Where the producer stands.
    public enum State: Equatable, Sendable {
        case connecting
        case greeting
        case streaming
        case flushing
        case done
    }

    /// Where the producer stands.
    public internal(set) var state = State.connecting
    /// What it has seen.
    public internal(set) var report = SessionReport()
    /// The epoch in force; 0 before the first WELCOME of a new one.
    public internal(set) var epoch: UInt32
    /// The number that is sent next.
    public internal(set) var position: UInt64 = 1
    /// The highest number that is durably decided.
    public internal(set) var acknowledged: UInt64 = 0
    /// The highest number that may be sent.
    public internal(set) var limit: UInt64 = 0
    /// What was durable at the first WELCOME of the epoch; nil before it.
    public internal(set) var resumedAt: UInt64?
    /// The last number of the work, once the feed has ended.
    public internal(set) var end: UInt64?

    let name: ProducerName
    let schemaDigest: UInt64
    let feed: any SampleFeed
    let transport: any FrameTransport
    let clock: any MonotonicClock
    let options: SessionOptions
    let memory: UnsafeMutableRawBufferPointer
    var schema: WireSchema?
    /// The newest cost that the daemon told.
    var newestCost: DeviceCost?
    var maxBatch = 1
    /// The highest number ever sent, so that numbers sent again are known as such.
    var highestSent: UInt64 = 0
    /// Refused numbers that were counted.
    var refusedNumbers: Set<UInt64> = []
    /// How often a new epoch was asked for; more than once, and two may have been assigned.
    var newEpochGreetings = 0
    var lastRewind: (target: UInt64, at: UInt64) = (0, 0)
    var lastHeard: UInt64
    var lastGreeting: UInt64 = 0
    var lastWelcome: UInt64
    var wasWelcome = false
    var notBefore: UInt64 = 0
    var lastFlush: UInt64 = 0
    var flushRequest: UInt64 = 0
    /// FLUSH frames since the durable position last moved.
    var flushesInVain = 0
    var rateStart: UInt64 = 0
    var rateSent: UInt64 = 0

    /// A session that has not sent anything yet.
    ///
    /// - epoch: the epoch to continue, 0 for a new one.
    /// - schemaDigest: the digest to put into HELLO; 0 leaves the check to the feed.
    public init(
        name: ProducerName, epoch: UInt32, schemaDigest: UInt64 = 0, feed: any SampleFeed,
        transport: any FrameTransport, clock: any MonotonicClock,
        options: SessionOptions = SessionOptions()
    ) {
        self.name = name
        self.epoch = epoch
        self.schemaDigest = schemaDigest
        self.feed = feed
        self.transport = transport
        self.clock = clock
        self.options = options
        lastHeard = clock.nowNanoseconds
        lastWelcome = lastHeard
        memory = .allocate(byteCount: max(options.maxFrameBytes, 4096), alignment: 64)
        // The checksum never reads what was not written, but a frame never carries old memory.
        memory.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit { memory.deallocate() }

    /// Does everything that can be done without waiting; returns whether that was anything.
    ///
    /// Errors: the daemon refused for a reason that sending again cannot change; the feed
    /// failed; or nobody answered for longer than the options allow.
    public func step() throws(ClientError) -> Bool {
        var worked = false
        for _ in 0..<256 {
            guard let bytes = try transport.receive(into: memory) else { break }
            worked = true
            try take(UnsafeRawBufferPointer(start: memory.baseAddress, count: bytes))
        }
        try checkPatience()
        switch state {
        case .connecting: return try greet() || worked
        case .greeting: return try greetAgainIfSilent() || worked
        case .streaming, .flushing: return try stream() || worked
        case .done: return worked
        }
    }

    var now: UInt64 { clock.nowNanoseconds }

    func milliseconds(since moment: UInt64) -> UInt64 {
        now < moment ? 0 : (now - moment) / 1_000_000
    }

    private func checkPatience() throws(ClientError) {
        guard state == .connecting || state == .greeting else { return }
        let patience =
            wasWelcome ? options.laterPatienceMilliseconds : options.firstPatienceMilliseconds
        guard milliseconds(since: lastWelcome) > UInt64(patience) else { return }
        if wasWelcome || !report.lastRefusal.isEmpty {
            throw ClientError(
                .tryAgain, "the daemon does not take samples now",
                why: report.lastRefusal.isEmpty
                    ? "it went away and did not come back" : report.lastRefusal,
                advice: "the same command later; it continues where this one stopped")
        }
        throw ClientError(
            unanswered: transport.endpoint, waited: "no WELCOME within \(patience / 1000) s",
            transport.silence)
    }
}
