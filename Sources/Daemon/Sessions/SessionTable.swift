// Connections that said HELLO. A fixed table: a peer is found by its routing id, producer and
// peer have at most one session each, and when the table is full the one that was silent longest
// makes room.

import Messaging
import MillraceProtocol

/// A connection of a producer.
struct Session {
    enum State: Equatable {
        case free
        /// Waiting for the epoch to be durable.
        case greeting
        /// WELCOME was sent.
        case streaming
    }

    var state = State.free
    var peer = Peer()
    var producer = 0
    var epoch: UInt32 = 0
    /// The key that it belongs to; nil without one.
    var key: CurvePublicKey?
    /// Highest position acknowledged on this connection.
    var acknowledged: UInt64 = 0
    var lastHeardNanoseconds: UInt64 = 0
    /// Whether WELCOME and ACK carry the cost on the emulated device.
    var wantsCost = false
    /// The expected sequence that a gap was last reported for, and when: one NACK per gap, not
    /// one per frame behind it.
    var gapExpected: UInt64 = 0
    var gapNanoseconds: UInt64 = 0
}

/// All sessions.
struct SessionTable {
    private(set) var sessions: [Session]
    private var lastFound = 0

    init(capacity: Int) {
        sessions = Array(repeating: Session(), count: capacity)
    }

    var indices: Range<Int> { sessions.indices }

    subscript(index: Int) -> Session {
        get { sessions[index] }
        set { sessions[index] = newValue }
    }

    /// The session of `peer`. Frames come in runs, so the last one found is tried first.
    mutating func find(_ peer: Peer) -> Int? {
        if sessions[lastFound].state != .free, sessions[lastFound].peer == peer {
            return lastFound
        }
        for index in sessions.indices
        where sessions[index].state != .free && sessions[index].peer == peer {
            lastFound = index
            return index
        }
        return nil
    }

    /// A place for a session of `producer` at `peer`: a free one, or the one that was silent
    /// longest. Whatever either of them had before ends: a producer has one connection, and a
    /// connection speaks for one producer.
    mutating func place(for producer: Int, _ peer: Peer) -> Int {
        var best = 0
        var bestRank = UInt64.max
        for index in sessions.indices {
            let session = sessions[index]
            if session.state != .free, session.producer == producer || session.peer == peer {
                free(index)
            }
            let rank = sessions[index].state == .free ? 0 : max(1, session.lastHeardNanoseconds)
            if rank < bestRank {
                best = index
                bestRank = rank
            }
        }
        return best
    }

    /// The session that speaks for `producer` in `epoch`, welcomed or not.
    func session(of producer: Int, epoch: UInt32) -> Int? {
        sessions.firstIndex {
            $0.state != .free && $0.producer == producer && $0.epoch == epoch
        }
    }

    mutating func free(_ index: Int) { sessions[index] = Session() }
}
