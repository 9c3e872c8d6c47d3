// Answers that a peer does not take stay in this process: libzmq bounds them by number, not by
// bytes. So the network loop looks, before it answers, how much libzmq has not written yet of what
// it was given for that connection, and answers nobody who takes nothing.
//
// Invariants: used by the network loop alone; a fixed table; what is owed is never more than
// `poolFrames` of the longest frames and one for each connection's last answer.

import Platform

/// What libzmq was given to send, by connection.
package struct AnswerBook {
    private struct Row {
        var serial: UInt64 = 0
        /// Bytes given to libzmq so far.
        var given: UInt64 = 0
        /// What it had written when the connection was last found full, and since when.
        var stuckAt: UInt64 = 0
        var stuckSince: UInt64 = 0
    }

    /// What becomes of a question.
    package enum Verdict: Hashable, Sendable {
        /// It can be answered.
        case answer
        /// Not now: too many answers wait for this connection, or for all.
        case drop
        /// The connection has taken nothing for a while of what is its own share.
        case condemn(serial: UInt64)
    }

    private var rows: [Row]
    private let frameBytes: UInt64
    private let traffic: (Int32) -> SocketTraffic
    private var top = 0
    private var waiting: UInt64 = 0
    private var sinceSum: UInt64 = 0

    /// Longest answers that may wait in all; half of them for one connection.
    package static let poolFrames = 16
    /// Who takes nothing for so long while its share waits for it is cut. The kernel takes more for
    /// a full socket only when a third of it is free again, of at most 256 KiB (128 are asked for, it
    /// doubles them): a line of 4.6 Mbit/s needs this long for that. A slower one is cut only if it
    /// asks for more than it takes until its share is full. Longer would not cut within half a second.
    package static let patienceNanoseconds: UInt64 = 150_000_000
    /// The same where others have filled what all may leave, too: who takes nothing then is one of those
    /// who filled it, and together they must not stay below their halves for ever.
    package static let crowdedPatienceNanoseconds: UInt64 = 300_000_000
    static let rowBytes = MemoryLayout<Row>.stride

    /// - capacity: one more than the highest descriptor. - frameBytes: of the longest answer.
    /// - traffic: what went over a connection
    package init(
        capacity: Int, frameBytes: Int,
        traffic: @escaping (Int32) -> SocketTraffic = { SocketGate.traffic($0) }
    ) {
        self.traffic = traffic
        rows = Array(repeating: Row(), count: capacity)
        self.frameBytes = UInt64(frameBytes)
    }

    /// Whether a question that came over `descriptor` shall be answered.
    package mutating func judge(_ descriptor: Int32, _ now: UInt64) -> Verdict {
        let traffic = traffic(descriptor)
        let index = Int(descriptor)
        guard rows.indices.contains(index), traffic.serial == rows[index].serial,
            rows[index].serial != 0
        else { return .answer }
        let unsent = Self.unsent(&rows[index], traffic)
        if waiting > UInt64(Self.poolFrames) * frameBytes { addUp() }
        let hasFilledItsHalf = unsent > UInt64(Self.poolFrames / 2) * frameBytes
        let isCrowded = waiting > UInt64(Self.poolFrames) * frameBytes
        guard hasFilledItsHalf || (isCrowded && unsent > frameBytes) else {
            rows[index].stuckSince = 0
            return .answer
        }
        guard rows[index].stuckSince != 0, rows[index].stuckAt == traffic.sent else {
            rows[index].stuckAt = traffic.sent
            rows[index].stuckSince = max(1, now)
            return .drop
        }
        let patience =
            hasFilledItsHalf ? Self.patienceNanoseconds : Self.crowdedPatienceNanoseconds
        return now &- rows[index].stuckSince > patience
            ? .condemn(serial: traffic.serial) : .drop
    }

    /// libzmq was given an answer of `bytes` for `descriptor`.
    package mutating func note(_ descriptor: Int32, _ bytes: Int) {
        let traffic = traffic(descriptor)
        let index = Int(descriptor)
        guard rows.indices.contains(index), traffic.serial != 0 else { return }
        if rows[index].serial != traffic.serial {
            rows[index] = Row(serial: traffic.serial, given: traffic.sent)
        }
        top = max(top, index)
        _ = Self.unsent(&rows[index], traffic)
        // Header and encryption make it more on the wire; what is sent is never more than given.
        rows[index].given &+= UInt64(bytes)
        sinceSum &+= UInt64(bytes)
        if sinceSum > frameBytes { addUp() }
    }

    /// What libzmq has not written. Handshake, heartbeats and headers are written without having
    /// been given: they are no credit.
    private static func unsent(_ row: inout Row, _ traffic: SocketTraffic) -> UInt64 {
        row.given = max(row.given, traffic.sent)
        return row.given - traffic.sent
    }

    private mutating func addUp() {
        sinceSum = 0
        waiting = 0
        for index in 0...top where rows[index].serial != 0 {
            let traffic = traffic(Int32(index))
            guard traffic.serial == rows[index].serial else {
                rows[index] = Row()
                continue
            }
            waiting &+= Self.unsent(&rows[index], traffic)
        }
    }
}
