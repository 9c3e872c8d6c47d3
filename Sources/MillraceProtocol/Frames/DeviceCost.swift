// What the emulated device spent: 32 bytes behind the body of WELCOME, ACK and PREDICTION, there
// if and only if the frame has the flag `cost`. A peer asks for it with the same flag in HELLO or
// PREDICT; a daemon without a device answers without the flag, and so does one that is older.

/// Figures of the emulated device, as they travel.
public struct DeviceCost: Equatable, Sendable {
    /// Bytes on the wire.
    public static let byteCount = 32

    /// Of the emulated clock.
    public var clocks: UInt64
    /// What they last at the device's clock.
    public var nanoseconds: UInt64
    /// Words read from and written to on-chip memories.
    public var accesses: UInt64
    /// Picojoules, or the unit that `schema` and `status` state, whole ones.
    public var energy: UInt64

    /// A cost; what is not given is 0.
    public init(
        clocks: UInt64 = 0, nanoseconds: UInt64 = 0, accesses: UInt64 = 0, energy: UInt64 = 0
    ) {
        self.clocks = clocks
        self.nanoseconds = nanoseconds
        self.accesses = accesses
        self.energy = energy
    }

    /// Reads the cost behind a body where the header has the flag; shortBody when it is not there.
    static func read(
        _ header: FrameHeader, _ cursor: inout ByteCursor
    ) throws(FrameError) -> DeviceCost? {
        guard header.flags.contains(.cost) else { return nil }
        guard let clocks = cursor.u64(), let nanoseconds = cursor.u64(),
            let accesses = cursor.u64(), let energy = cursor.u64()
        else { throw FrameError(.shortBody) }
        return DeviceCost(
            clocks: clocks, nanoseconds: nanoseconds, accesses: accesses, energy: energy)
    }

    /// Appends the 32 bytes.
    func write(_ writer: inout ByteWriter) {
        writer.put(clocks)
        writer.put(nanoseconds)
        writer.put(accesses)
        writer.put(energy)
    }
}

extension FrameFlags {
    /// HELLO, PREDICT: the sender wants the cost. WELCOME, ACK, PREDICTION: it follows.
    public static let cost = FrameFlags(rawValue: 16)

    /// The flags of a frame that carries `cost`, if there is one.
    init(carrying cost: DeviceCost?) { self = cost == nil ? [] : .cost }
}
