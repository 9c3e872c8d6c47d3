// What a session has seen, in numbers.

import MillraceProtocol

/// Numbers of one session; they only grow.
public struct SessionReport: Equatable, Sendable {
    /// Numbers sent for the first time in this run.
    public var sent: UInt64 = 0
    /// Numbers sent again.
    public var resent: UInt64 = 0
    /// Frames sent.
    public var frames: UInt64 = 0
    /// Numbers that were refused for good, each counted once, by the name of the reason.
    public var refused: [String: UInt64] = [:]
    /// Greetings sent; more than one means that the daemon or the connection went away.
    public var greetings: UInt64 = 0
    /// RESET frames received.
    public var resets: UInt64 = 0
    /// Times the daemon's durable position went back behind an ACK (its disk lost data).
    public var positionsLost: UInt64 = 0
    /// The newest generation the daemon spoke of.
    public var generation: UInt64 = 0
    /// What the emulated device spent since the first WELCOME, whoever sent the samples; nil where
    /// nothing was told. A rollback in between takes nothing away.
    public var cost: DeviceCost?
    /// The newest cost that was told: of everything that is in its generation.
    public var totalCost: DeviceCost?
    /// The last refusal's text, for people.
    public var lastRefusal: String = ""

    /// All refused numbers.
    public var refusedTotal: UInt64 { refused.values.reduce(0, &+) }
}
