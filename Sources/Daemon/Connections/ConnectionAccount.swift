// The account of one connection: what libzmq has read of it, less what came out as messages. The
// difference lies in this process's memory. Both are counted exactly (SocketGate), over TCP and over
// local sockets alike.
//
// A message of the protocol is one frame. So when a door was found empty, whatever was read of a
// connection *before* that and has not come out can only be the beginning of one frame; more than
// a whole frame is a message without end. That holds however few bytes libzmq's frames have, and it
// is judged only on bytes that the previous look saw, so that nothing that just arrived counts.
// While a door never gets empty (the loop is saturated) complete messages may wait, as many as the
// high-water mark lets; then the exact sum decides: wire bytes read less wire bytes of messages
// taken. With CURVE a heartbeat looks like a message that never comes out, so the sum is put right
// whenever a message came out and the door was found empty.
//
// Reads count, too: libzmq keeps the whole 8 KiB buffer of one read for a single frame of 34 bytes,
// so frames that come one per segment cost 500 times what they weigh.
//
// Without keys the gate sees the frames themselves and ends a message without end at once; what is
// judged here are encrypted ones, newcomers who send too much, and what adds up.

import Platform

/// What one connection may owe.
package struct AccountLimits: Equatable, Sendable {
    /// Most bytes on the wire of one message, with what a read-ahead of libzmq may add.
    package var frameBytes: Int64
    /// Most bytes of whole messages that may wait.
    package var backlogBytes: Int64
    /// Most reads that one message may come in.
    package var reads: Int64
    /// Heartbeats while nothing else comes: bytes per second (PONG, and the peer's own PING, both
    /// encrypted, every two seconds: 43).
    package static let idleBytesPerSecond: Int64 = 64
    /// The same in reads.
    package static let idleReadsPerSecond: Int64 = 2

    /// The same for a connection that has not brought anything of use: nobody who waits for an
    /// answer to the first frame has many on the way.
    var ofNewcomer: AccountLimits {
        var limits = self
        limits.backlogBytes = min(backlogBytes, 4 * frameBytes)
        return limits
    }

    /// - maximumMessageBytes: of one frame. - highWater: whole messages that libzmq keeps.
    package init(maximumMessageBytes: Int, highWater: Int) {
        let frame = maximumMessageBytes + 9 + 33
        // Two reads of 8 KiB under way.
        frameBytes = Int64(frame + 2 * 8192)
        // One is being taken, one is being read.
        backlogBytes = Int64((highWater + 2) * max(frame, 8192)) + frameBytes
        // The smallest segment that IPv4 promises carries 536 bytes; twice, for repeats.
        reads = Int64(64 + 2 * frame / 536)
    }
}

/// The account of one connection.
package struct ConnectionAccount: Equatable, Sendable {
    /// What a look found.
    package enum Verdict: Equatable, Sendable {
        /// Within the limits.
        case fair
        /// More than a frame is outstanding, but nobody has looked at the door since.
        case doorMustBeSeen
        /// See `CutReason`.
        case guilty(CutReason)
    }

    /// Everything that one look sees, in the order in which it is read.
    package struct Look: Sendable {
        /// Wire bytes of messages taken, read before `traffic`.
        package var deliveredBefore: UInt64
        /// From the gate.
        package var traffic: SocketTraffic
        /// How often the door was found empty, read after `traffic`.
        package var emptied: UInt64
        /// Wire bytes of messages taken, read last.
        package var deliveredAfter: UInt64
        /// Now.
        package var nanoseconds: UInt64

        /// See the properties.
        package init(
            deliveredBefore: UInt64, traffic: SocketTraffic, emptied: UInt64,
            deliveredAfter: UInt64, nanoseconds: UInt64
        ) {
            self.deliveredBefore = deliveredBefore
            self.traffic = traffic
            self.emptied = emptied
            self.deliveredAfter = deliveredAfter
            self.nanoseconds = nanoseconds
        }
    }

    /// Bytes read that never come out as messages: read − delivered when all was settled.
    package private(set) var base: Int64
    /// Where the connection stood when it last brought a message.
    private var settledRead: Int64 = 0
    private var settledReads: UInt64 = 0
    private var settledNanoseconds: UInt64
    /// What the look before saw.
    private var lastRead: Int64 = 0
    private var lastReads: UInt64 = 0
    private var lastEmptied: UInt64 = 0
    private var lastDelivered: UInt64
    /// Bytes read that have not come out as messages, as the last look found.
    package private(set) var pendingBytes: Int64 = 0
    /// Bytes read since the last message came out.
    package private(set) var unfinishedBytes: Int64 = 0

    /// A connection that was just accepted. - delivered: the ledger's count so far.
    package init(delivered: UInt64, nanoseconds: UInt64) {
        base = -Int64(truncatingIfNeeded: delivered)
        lastDelivered = delivered
        settledNanoseconds = nanoseconds
    }

    /// Takes a look and judges.
    package mutating func look(_ look: Look, _ limits: AccountLimits) -> Verdict {
        let read = Int64(truncatingIfNeeded: look.traffic.read)
        let hasDelivered = look.deliveredAfter != lastDelivered
        // Twice: the first time may have begun before the look that saw `lastRead`.
        let wasEmpty = look.emptied &- lastEmptied >= 2
        let outside = read &- Int64(truncatingIfNeeded: look.deliveredBefore)
        if hasDelivered {
            settledRead = read
            settledReads = look.traffic.reads
            settledNanoseconds = look.nanoseconds
            if wasEmpty { base = outside }
        }
        base = min(base, outside)
        pendingBytes = outside &- base
        unfinishedBytes = read &- settledRead
        let seconds = Int64((look.nanoseconds &- settledNanoseconds) / 1_000_000_000)
        let idleBytes = seconds &* AccountLimits.idleBytesPerSecond
        let frame = limits.frameBytes &+ idleBytes
        let reads = limits.reads &+ seconds &* AccountLimits.idleReadsPerSecond
        let old = lastRead &- settledRead
        let oldReads = Int64(truncatingIfNeeded: lastReads &- settledReads)
        lastRead = read
        lastReads = look.traffic.reads
        lastEmptied = look.emptied
        lastDelivered = look.deliveredAfter
        if pendingBytes > limits.backlogBytes &+ idleBytes { return .guilty(.backlog) }
        if hasDelivered { return .fair }
        let isOver = old > frame || oldReads > reads
        if isOver, wasEmpty { return .guilty(.endless) }
        let newReads = Int64(truncatingIfNeeded: look.traffic.reads &- settledReads)
        return isOver || unfinishedBytes > frame || newReads > reads
            ? .doorMustBeSeen : .fair
    }
}
