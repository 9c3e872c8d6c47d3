// What the guard has done, for status: written by the guard, read by the network loop.

import Synchronization

/// Why an open connection was cut.
package enum CutReason: Int, CaseIterable, Sendable {
    /// More than one whole frame was read of it, and no message came of that: frames without end.
    case endless
    /// More waits of it than its high-water mark of whole frames.
    case backlog
    /// It never sent a frame that could be used.
    case silent
    /// It was the oldest that had not sent one, when a newcomer needed its place.
    case displaced
    /// It asked and did not take the answers.
    case unread
    /// It sent frames that are refused, faster than anybody makes mistakes.
    case abuse

    /// The word in status and log.
    package var name: String { "\(self)" }
}

/// Why a connection was refused: accepted by the kernel, and ended at once.
package enum ConnectionRefusal: Int, CaseIterable, Sendable {
    /// All places are taken by connections that are in use.
    case full
    /// Too many from this address.
    case address
    /// Too many in a second from this address.
    case rate

    /// The word in status and log.
    package var name: String { "\(self)" }
}

/// Counters since the start, and how many are open now.
final class ConnectionCounts: @unchecked Sendable {
    private let cells: UnsafeMutablePointer<Atomic<UInt64>>

    private static let openStart = 0
    private static let cutStart = openStart + Door.allCases.count
    private static let refusedStart = cutStart + CutReason.allCases.count
    private static let handshakeStart = refusedStart + ConnectionRefusal.allCases.count
    private static let acceptedCell = handshakeStart + 2
    private static let count = acceptedCell + 1

    init() {
        cells = .allocate(capacity: Self.count)
        for cell in 0..<Self.count { (cells + cell).initialize(to: Atomic(0)) }
    }

    deinit {
        cells.deinitialize(count: Self.count)
        cells.deallocate()
    }

    private func add(_ cell: Int, _ amount: UInt64 = 1) {
        cells[cell].wrappingAdd(amount, ordering: .relaxed)
    }

    private func value(_ cell: Int) -> UInt64 { cells[cell].load(ordering: .relaxed) }

    func countOpen(_ door: Door, isOpen: Bool) {
        add(Self.openStart + door.rawValue, isOpen ? 1 : UInt64.max)
    }
    func count(_ reason: CutReason) { add(Self.cutStart + reason.rawValue) }
    func count(_ refusal: ConnectionRefusal) { add(Self.refusedStart + refusal.rawValue) }
    func countAccepted() { add(Self.acceptedCell) }
    /// - isRefusedKey: refused for its key, rather than broken off or not the protocol.
    func countFailedHandshake(isRefusedKey: Bool) {
        add(Self.handshakeStart + (isRefusedKey ? 1 : 0))
    }

    func open(_ door: Door) -> UInt64 { value(Self.openStart + door.rawValue) }
    func cut(_ reason: CutReason) -> UInt64 { value(Self.cutStart + reason.rawValue) }
    func refused(_ refusal: ConnectionRefusal) -> UInt64 {
        value(Self.refusedStart + refusal.rawValue)
    }
    var accepted: UInt64 { value(Self.acceptedCell) }
    var brokenHandshakes: UInt64 { value(Self.handshakeStart) }
    var refusedKeys: UInt64 { value(Self.handshakeStart + 1) }
}
