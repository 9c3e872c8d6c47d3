// Per address: how many connections are open, and how many came in the last second.
//
// Invariants: a fixed number of rows; an address with an open connection keeps its row. When all
// rows are taken, newcomers share one row, so a flood from many addresses is held back as one.

import Platform

/// Addresses that are connected, or were a moment ago.
struct AddressBook {
    private struct Row {
        var peer: SocketPeer
        var open = 0
        /// When the bucket of connections would be full again (generic cell rate algorithm).
        var debtNanoseconds: UInt64 = 0
    }

    private var rows: [Row] = []
    private var shared = Row(peer: SocketPeer(kind: .network))
    private let capacity: Int
    private let perSecond: UInt64

    /// - capacity: rows. - perSecond: new connections per second and address; twice that at once.
    init(capacity: Int, perSecond: Int) {
        self.capacity = capacity
        self.perSecond = UInt64(max(1, perSecond))
        rows.reserveCapacity(capacity)
    }

    /// Bytes that the rows take.
    static func bytes(capacity: Int) -> Int { capacity * MemoryLayout<Row>.stride }

    /// Notes a newcomer; whether it comes within the rate.
    mutating func arrive(_ peer: SocketPeer, _ now: UInt64) -> Bool {
        guard let index = place(peer.network, now) else {
            return Self.take(&shared, now, perSecond)
        }
        return Self.take(&rows[index], now, perSecond)
    }

    /// Connections that are open from `peer`'s address.
    func open(_ peer: SocketPeer) -> Int {
        let network = peer.network
        return rows.first { $0.peer == network }?.open ?? 0
    }

    /// A connection was admitted (+1) or is gone (−1).
    mutating func change(_ peer: SocketPeer, by amount: Int) {
        let network = peer.network
        guard let index = rows.firstIndex(where: { $0.peer == network }) else { return }
        rows[index].open = max(0, rows[index].open + amount)
    }

    private static func take(_ row: inout Row, _ now: UInt64, _ perSecond: UInt64) -> Bool {
        let cost = 1_000_000_000 / perSecond
        let start = max(row.debtNanoseconds, now)
        guard start &- now <= 2_000_000_000 else { return false }
        row.debtNanoseconds = start &+ cost
        return true
    }

    private mutating func place(_ network: SocketPeer, _ now: UInt64) -> Int? {
        if let index = rows.firstIndex(where: { $0.peer == network }) { return index }
        if rows.count < capacity {
            rows.append(Row(peer: network))
            return rows.count - 1
        }
        guard let index = rows.firstIndex(where: { $0.open == 0 && $0.debtNanoseconds <= now })
        else { return nil }
        rows[index] = Row(peer: network)
        return index
    }
}
