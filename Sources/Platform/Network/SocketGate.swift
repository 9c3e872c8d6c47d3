// Every byte that libzmq reads from an accepted connection is counted and judged before libzmq has
// it: the C functions of the gate have the names that libzmq calls (see gate.h). This is their face.
//
// Invariant: one gate per process, shared by all daemons in it (a test may have several). It follows
// connections of listeners that were asked for, and judges them while an `OpenGate` exists.

import CMachine

/// What all connections of a process may have waiting in it.
public struct GateLimits: Equatable, Sendable {
    /// Longest message on the wire, with the headers of its frames.
    public var messageBytes: Int
    /// Most bytes read of one connection and not taken.
    public var connectionBytes: Int
    /// Of all together; beyond it, who brought nothing of use is cut, and who owes most.
    public var poolBytes: Int
    /// Never more: whoever reads more is cut.
    public var mostPoolBytes: Int

    /// - messageBytes, connectionBytes, poolBytes, mostPoolBytes: see the properties.
    public init(messageBytes: Int, connectionBytes: Int, poolBytes: Int, mostPoolBytes: Int) {
        self.messageBytes = messageBytes
        self.connectionBytes = connectionBytes
        self.poolBytes = poolBytes
        self.mostPoolBytes = mostPoolBytes
    }

    var machine: machine_gate_limits {
        machine_gate_limits(
            message_bytes: UInt64(clamping: messageBytes),
            connection_bytes: UInt64(clamping: connectionBytes),
            pool_bytes: UInt64(clamping: poolBytes),
            most_pool_bytes: UInt64(clamping: mostPoolBytes))
    }
}

/// What went over a connection.
public struct SocketTraffic: Equatable, Sendable {
    /// Tells this connection from any other that had or gets its descriptor; 0 if it was never
    /// accepted here.
    public var serial: UInt64
    /// Bytes of messages that libzmq has read. Greeting and commands are no messages; with CURVE a
    /// heartbeat looks like one.
    public var read: UInt64
    /// In how many calls.
    public var reads: UInt64
    /// Bytes that libzmq has written.
    public var sent: UInt64

    /// - serial, read, reads, sent: see the properties.
    public init(serial: UInt64 = 1, read: UInt64, reads: UInt64, sent: UInt64 = 0) {
        self.serial = serial
        self.read = read
        self.reads = reads
        self.sent = sent
    }
}

/// A connection that the gate ended by itself.
public struct GateEnd: Equatable, Sendable {
    /// Why.
    public enum Reason: Equatable, Sendable {
        /// More frames or bytes than any message has.
        case endless
        /// More waits of it than may wait.
        case backlog
        /// It does not speak ZMTP 3.
        case foreign
        /// Heartbeats, or frames that are refused, faster than anybody needs or makes them; commands
        /// that no peer has a use for.
        case abuse
        /// It does not take the answers that it asks for.
        case unread
        /// Somebody else has decided, see `SocketGate.refuse`.
        case refused

        init?(_ number: Int32) {
            switch Int(number) {
            case machine_gate_endless: self = .endless
            case machine_gate_backlog: self = .backlog
            case machine_gate_foreign: self = .foreign
            case machine_gate_abuse: self = .abuse
            case machine_gate_unread: self = .unread
            case machine_gate_refused: self = .refused
            default: return nil
            }
        }
    }

    /// See `Reason`.
    public var reason: Reason
    /// Its descriptor; another connection may have it by now, so see `serial`.
    public var descriptor: Int32
    /// See `SocketTraffic`.
    public var serial: UInt64
    /// What it owed.
    public var owedBytes: Int64
    /// How long after it was accepted.
    public var ageNanoseconds: UInt64
    /// Who it was; nil if nobody was there any more.
    public var peer: SocketPeer?
}

/// A daemon's limits, in force while this exists.
public final class OpenGate: Sendable {
    private let limits: GateLimits

    /// Puts the limits in force.
    public init(_ limits: GateLimits) {
        self.limits = limits
        machine_gate_open(limits.machine)
    }

    deinit { machine_gate_close(limits.machine) }
}

/// The gate.
public enum SocketGate {
    /// Descriptors below this can be connections.
    public static let capacity = machine_gate_capacity
    /// Frames that one message may have before its connection is ended.
    public static let mostFrames = machine_gate_most_parts
    /// What a connection may have when all together have too much, and how many bytes may come
    /// before that is noticed.
    public static let sparedBytes = machine_gate_spared
    /// See `sparedBytes`.
    public static let noticeBytes = machine_gate_sum_interval
    /// Memory of the gate for one descriptor.
    public static var rowBytes: Int { machine_gate_row_bytes() }

    /// What `body` makes listen, on this thread, is watched: its connections pass the gate.
    public static func watching<Failure: Error, Result>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        machine_gate_watch(true)
        defer { machine_gate_watch(false) }
        return try body()
    }

    /// The same for a descriptor that listens already.
    public static func watch(listener: Int32) { machine_gate_watch_listener(listener) }

    /// What went over a connection so far; serial 0 for any other descriptor.
    @inline(__always)
    public static func traffic(_ descriptor: Int32) -> SocketTraffic {
        let traffic = machine_gate_traffic(descriptor)
        return SocketTraffic(
            serial: traffic.serial, read: traffic.read_bytes, reads: traffic.reads,
            sent: traffic.sent_bytes)
    }

    /// A message of so many bytes on the wire was taken out of libzmq.
    @inline(__always)
    public static func deliver(_ descriptor: Int32, _ bytes: UInt64) {
        machine_gate_deliver(descriptor, bytes)
    }

    /// All bytes taken so far of the connections that had this descriptor.
    public static func delivered(_ descriptor: Int32) -> UInt64 {
        machine_gate_delivered(descriptor)
    }

    /// So much of what was read never comes out as messages.
    public static func forgive(_ descriptor: Int32, serial: UInt64, _ bytes: Int64) {
        machine_gate_forgive(descriptor, serial, bytes)
    }

    /// A connection has brought something of use.
    @inline(__always)
    public static func noteUseful(_ descriptor: Int32) { machine_gate_note_useful(descriptor) }

    /// Whether it has.
    public static func isUseful(_ descriptor: Int32) -> Bool {
        machine_gate_is_useful(descriptor)
    }

    /// libzmq gets no byte of this connection any more.
    public static func refuse(_ descriptor: Int32, serial: UInt64) {
        machine_gate_refuse(descriptor, serial)
    }

    /// The number of the connection that has a descriptor; 0 if it is none.
    @inline(__always)
    public static func serial(_ descriptor: Int32) -> UInt64 { machine_gate_serial(descriptor) }

    /// Ends a connection as the gate would: it is counted with those. Nothing if the descriptor is
    /// another's by now.
    public static func condemn(_ descriptor: Int32, serial: UInt64, isUnread: Bool) {
        machine_gate_condemn(
            descriptor, serial, Int32(isUnread ? machine_gate_unread : machine_gate_abuse))
    }

    /// Why the connection with this descriptor was ended; nil if it was not.
    public static func ended(_ descriptor: Int32) -> GateEnd.Reason? {
        GateEnd.Reason(machine_gate_ended(descriptor))
    }

    /// The next connection that the gate ended, oldest first.
    public static func nextEnd() -> GateEnd? {
        var end = machine_gate_end()
        guard machine_gate_next_end(&end) else { return nil }
        let peer = withUnsafeBytes(of: end.address) {
            SocketPeer(family: end.family, address: $0, number: end.number)
        }
        return GateEnd(
            reason: GateEnd.Reason(end.reason) ?? .refused, descriptor: end.descriptor,
            serial: end.serial,
            owedBytes: Int64(clamping: end.owed_bytes), ageNanoseconds: end.age_nanoseconds,
            peer: peer)
    }
}
