// Sixteen random bytes that tie the slots of a ring to its superblock, so that bytes of another
// ring (a restored disk image, a recycled block) are never taken for a generation of this one.

/// The identity of one ring file.
public struct RingIdentity: Equatable, Sendable {
    /// First eight bytes, little-endian.
    public let low: UInt64
    /// Last eight bytes, little-endian.
    public let high: UInt64

    /// The identity with these bytes.
    public init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    /// An identity from the operating system's generator.
    public static func random() -> RingIdentity {
        RingIdentity(low: .random(in: 1 ... .max), high: .random(in: 1 ... .max))
    }
}
