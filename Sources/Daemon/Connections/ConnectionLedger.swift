// What the network loop tells the gate and the connection guard: how many bytes of each connection
// it has taken, and how often it found a door empty. One addition per frame, one per empty door;
// nothing here locks, allocates or waits.
//
// Invariants: `delivered` and `emptied` only grow. A delivery is published before the emptiness
// that was found after it, so whoever sees the emptiness sees the delivery.

import Messaging
import Platform
import Synchronization

/// A table by file descriptor, written by the network loop and read by the guard.
package final class ConnectionLedger: @unchecked Sendable {
    /// Descriptors below this have a row.
    package let capacity: Int
    private let emptiedDoors: UnsafeMutablePointer<Atomic<UInt64>>
    /// What the guard counts, for status.
    let counts = ConnectionCounts()

    /// - capacity: one more than the highest descriptor that has a row.
    package init(capacity: Int) {
        self.capacity = capacity
        emptiedDoors = .allocate(capacity: Door.allCases.count)
        for door in 0..<Door.allCases.count { (emptiedDoors + door).initialize(to: Atomic(0)) }
    }

    deinit {
        emptiedDoors.deinitialize(count: Door.allCases.count)
        emptiedDoors.deallocate()
    }

    /// Bytes of the table for a number of connections.
    package static func bytes(capacity: Int) -> Int {
        capacity * (SocketGate.rowBytes + AnswerBook.rowBytes) + 64
    }

    // MARK: the network loop's side

    /// A message was taken.
    @inline(__always)
    package func deliver(_ origin: FrameOrigin) {
        SocketGate.deliver(origin.descriptor, UInt64(clamping: origin.wireBytes))
    }

    /// A door had nothing.
    @inline(__always)
    package func foundEmpty(_ door: Door) {
        emptiedDoors[door.rawValue].wrappingAdd(1, ordering: .releasing)
    }

    /// A connection has asked something, or is in session.
    @inline(__always)
    package func noteUseful(_ descriptor: Int32) {
        SocketGate.noteUseful(descriptor)
    }

    /// Ends a connection: libzmq reads nothing of it any more, and closes it when more comes or when
    /// the guard shuts it down. Nothing if `serial` is not that of the descriptor any more.
    package func condemn(_ descriptor: Int32, serial: UInt64, _ reason: Sentence) {
        SocketGate.condemn(descriptor, serial: serial, isUnread: reason == .unread)
    }

    /// Why the network loop wants a connection cut.
    package enum Sentence: Sendable {
        /// It sends frames that are refused, faster than anybody makes mistakes.
        case abuse
        /// It asks and does not take the answers.
        case unread
    }

    // MARK: the guard's side

    func delivered(_ descriptor: Int32) -> UInt64 {
        SocketGate.delivered(descriptor)
    }

    func emptied(_ door: Door) -> UInt64 { emptiedDoors[door.rawValue].load(ordering: .acquiring) }

    func isUseful(_ descriptor: Int32) -> Bool { SocketGate.isUseful(descriptor) }
}
