// How often a connection may ask for what costs much, or be wrong.
//
// Each new epoch is a commit of its own, so a flood of HELLO would write generations at the speed
// of the line: a connection gets a few, then two a second, and all together get what a restart of
// every producer needs, then twenty a second. Each refused frame takes time and an answer: a
// connection gets as many as mistakes may be, then it is cut.
//
// Invariant: a fixed table; connections are told apart by the routing id that libzmq counts up, so
// a new connection takes the place of one that is 256 older.

import Messaging

/// Buckets of greetings, on the network loop.
package struct GreetingBudget {
    private struct Bucket {
        var peer = Peer()
        var debtNanoseconds: UInt64 = 0
        var refusedNanoseconds: UInt64 = 0
        /// Of the connection, when its first frame was refused.
        var serial: UInt64 = 0
    }

    private var buckets = [Bucket](repeating: Bucket(), count: 256)
    private var allDebtNanoseconds: UInt64 = 0
    private let burst: UInt64

    static let burstPerConnection: UInt64 = 16
    static let intervalPerConnection: UInt64 = 500_000_000
    static let interval: UInt64 = 50_000_000
    /// Refused frames at once, and the time that pays for one.
    package static let refusedBurst: UInt64 = 256
    static let refusedInterval: UInt64 = 20_000_000

    /// - producers: rows of the producer table; so many may come back at once, and again.
    package init(producers: Int) { burst = UInt64(2 * producers + 64) }

    /// Whether `peer` may open an epoch now; if so, it is counted.
    mutating func take(_ peer: Peer, _ now: UInt64) -> Bool {
        let index = bucket(of: peer)
        let own = max(buckets[index].debtNanoseconds, now)
        let all = max(allDebtNanoseconds, now)
        guard own &- now < Self.burstPerConnection * Self.intervalPerConnection,
            all &- now < burst * Self.interval
        else { return false }
        buckets[index].debtNanoseconds = own &+ Self.intervalPerConnection
        allDebtNanoseconds = all &+ Self.interval
        return true
    }

    /// Whether `peer` may ask again for the epoch that it has, which costs an answer and no commit.
    mutating func repeats(_ peer: Peer, _ now: UInt64) -> Bool {
        let index = bucket(of: peer)
        let own = max(buckets[index].debtNanoseconds, now)
        guard own &- now < Self.burstPerConnection * Self.intervalPerConnection else {
            return false
        }
        buckets[index].debtNanoseconds = own &+ Self.intervalPerConnection
        return true
    }

    /// Notes a frame that was refused. Nothing while `peer` is within what mistakes are; else the
    /// connection to end: the one that its first refused frame came over, because by the last its
    /// descriptor may be another's.
    ///
    /// - serial: of the connection that has the descriptor now; 0 if there is none
    package mutating func refuse(_ peer: Peer, serial: UInt64, _ now: UInt64) -> UInt64? {
        let index = bucket(of: peer)
        if buckets[index].serial == 0 { buckets[index].serial = serial }
        let own = max(buckets[index].refusedNanoseconds, now)
        guard own &- now < Self.refusedBurst * Self.refusedInterval else {
            return buckets[index].serial
        }
        buckets[index].refusedNanoseconds = own &+ Self.refusedInterval
        return nil
    }

    private mutating func bucket(of peer: Peer) -> Int {
        // libzmq writes the number big-endian after a zero: its lowest byte is the fifth.
        let index = Int(truncatingIfNeeded: (peer.low >> 32) ^ peer.low) & 255
        if buckets[index].peer != peer { buckets[index] = Bucket(peer: peer) }
        return index
    }
}
