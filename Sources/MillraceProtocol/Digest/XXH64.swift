// XXH64, the 64-bit digest behind `stateDigest`, layout digests and configuration digests. It
// notices accidents, not forgers: nothing secret depends on it.
//
// Invariants: the digest depends on the bytes alone, never on how they were cut into `update`
// calls; nothing allocates.
//
// Source: the xxHash specification, "XXH64 algorithm description", version 0.1.1.

/// The 64-bit xxHash of a run of bytes, at once or in pieces.
public struct XXH64: Sendable {
    private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
    private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
    private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
    private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

    private let seed: UInt64
    private var lanes: (UInt64, UInt64, UInt64, UInt64)
    /// The bytes that do not fill a stripe of 32 yet, in order.
    private var rest: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    private var restCount = 0
    private var totalCount: UInt64 = 0

    /// An empty digest; `seed` makes a different function of the same bytes.
    public init(seed: UInt64 = 0) {
        self.seed = seed
        lanes = (
            seed &+ Self.prime1 &+ Self.prime2, seed &+ Self.prime2, seed, seed &- Self.prime1
        )
    }

    /// The digest of `bytes`. The empty run with seed 0 gives 0xEF46DB3751D8E999.
    public static func digest(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
        var state = XXH64(seed: seed)
        state.update(bytes)
        return state.digest
    }

    /// Appends `bytes`.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        totalCount &+= UInt64(bytes.count)
        var offset = 0
        if restCount > 0 {
            offset = min(32 - restCount, bytes.count)
            fillRest(base, offset)
            guard restCount == 32 else { return }
            absorb(rest)
            restCount = 0
        }
        while bytes.count - offset >= 32 {
            absorb(
                (
                    Self.word(base, offset), Self.word(base, offset + 8),
                    Self.word(base, offset + 16), Self.word(base, offset + 24)
                ))
            offset += 32
        }
        fillRest(base + offset, bytes.count - offset)
    }

    /// Appends the eight bytes of `value`, least significant first.
    public mutating func update(_ value: UInt64) {
        var bytes = value.littleEndian
        withUnsafeBytes(of: &bytes) { update($0) }
    }

    /// The digest of everything appended so far; more may follow.
    public var digest: UInt64 {
        var hash = totalCount >= 32 ? mergedLanes : seed &+ Self.prime5
        hash &+= totalCount
        return withUnsafeBytes(of: rest) { bytes in
            Self.avalanche(Self.finish(hash, UnsafeRawBufferPointer(rebasing: bytes[..<restCount])))
        }
    }

    private mutating func fillRest(_ source: UnsafeRawPointer, _ count: Int) {
        withUnsafeMutableBytes(of: &rest) { bytes in
            UnsafeMutableRawBufferPointer(rebasing: bytes[restCount..<(restCount + count)])
                .copyMemory(from: UnsafeRawBufferPointer(start: source, count: count))
        }
        restCount += count
    }

    private mutating func absorb(_ stripe: (UInt64, UInt64, UInt64, UInt64)) {
        lanes.0 = Self.round(lanes.0, UInt64(littleEndian: stripe.0))
        lanes.1 = Self.round(lanes.1, UInt64(littleEndian: stripe.1))
        lanes.2 = Self.round(lanes.2, UInt64(littleEndian: stripe.2))
        lanes.3 = Self.round(lanes.3, UInt64(littleEndian: stripe.3))
    }

    private var mergedLanes: UInt64 {
        var hash = Self.rotated(lanes.0, 1) &+ Self.rotated(lanes.1, 7)
        hash = hash &+ Self.rotated(lanes.2, 12) &+ Self.rotated(lanes.3, 18)
        hash = Self.merged(hash, lanes.0)
        hash = Self.merged(hash, lanes.1)
        hash = Self.merged(hash, lanes.2)
        return Self.merged(hash, lanes.3)
    }

    /// Mixes in the last 0…31 bytes: by eights, one four, then single bytes.
    private static func finish(_ start: UInt64, _ tail: UnsafeRawBufferPointer) -> UInt64 {
        guard let base = tail.baseAddress else { return start }
        var hash = start
        var offset = 0
        while tail.count - offset >= 8 {
            let lane = round(0, UInt64(littleEndian: word(base, offset)))
            hash = rotated(hash ^ lane, 27) &* prime1 &+ prime4
            offset += 8
        }
        if tail.count - offset >= 4 {
            let lane = UInt32(
                littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            hash = rotated(hash ^ (UInt64(lane) &* prime1), 23) &* prime2 &+ prime3
            offset += 4
        }
        while offset < tail.count {
            let lane = UInt64(base.load(fromByteOffset: offset, as: UInt8.self))
            hash = rotated(hash ^ (lane &* prime5), 11) &* prime1
            offset += 1
        }
        return hash
    }

    private static func avalanche(_ start: UInt64) -> UInt64 {
        var hash = start
        hash = (hash ^ (hash >> 33)) &* prime2
        hash = (hash ^ (hash >> 29)) &* prime3
        return hash ^ (hash >> 32)
    }

    @inline(__always)
    private static func word(_ base: UnsafeRawPointer, _ offset: Int) -> UInt64 {
        base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }

    @inline(__always)
    private static func round(_ lane: UInt64, _ input: UInt64) -> UInt64 {
        rotated(lane &+ input &* prime2, 31) &* prime1
    }

    @inline(__always)
    private static func merged(_ hash: UInt64, _ lane: UInt64) -> UInt64 {
        (hash ^ round(0, lane)) &* prime1 &+ prime4
    }

    @inline(__always)
    private static func rotated(_ value: UInt64, _ bits: UInt64) -> UInt64 {
        (value &<< bits) | (value &>> (64 &- bits))
    }
}
