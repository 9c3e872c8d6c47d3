// The guard's counters as part of status.

import MillraceProtocol

extension NetworkLoop {
    /// Nothing over a transport without connections.
    var connectionStatus: ConnectionStatus? {
        guard !transport.monitors.isEmpty else { return nil }
        let counts = ledger.counts
        func named<Key>(
            _ keys: [Key], _ name: (Key) -> String, _ value: (Key) -> UInt64, zeros: Bool = false
        ) -> [String: UInt64] {
            let pairs = keys.map { (name($0), value($0)) }
            return Dictionary(
                pairs.filter { zeros || $0.1 > 0 }, uniquingKeysWith: { first, _ in first })
        }
        return ConnectionStatus(
            open: named(Door.allCases, { "\($0)" }, counts.open, zeros: true),
            limit: settings.connectionCount, accepted: counts.accepted,
            cutBy: named(CutReason.allCases, \.name, counts.cut),
            refusedBy: named(ConnectionRefusal.allCases, \.name, counts.refused),
            brokenHandshakes: counts.brokenHandshakes, refusedKeys: counts.refusedKeys)
    }
}
