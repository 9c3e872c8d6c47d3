// What was found in the ring file at start-up, for the log and for `millrace inspect`.

/// What one slot of the file held.
public enum SlotContent: Equatable, Sendable {
    /// The same generation as an earlier slot: left by a commit that was moved to another slot.
    case copy(GenerationHeader)
    /// Not usable, and why; `claimedGeneration` is what its header says (0 = unreadable or noise).
    case damaged(SlotDamage, claimedGeneration: UInt64)
    /// Never written.
    case empty
    /// Usable.
    case intact(GenerationHeader)
}

/// What happened to one of the two superblocks.
public enum SuperblockState: Equatable, Sendable {
    case damaged(SuperblockDamage)
    case intact
    /// Was damaged, and written again from the other one.
    case repaired(SuperblockDamage)
}

/// The result of `Ring.recover`.
public struct Recovery: Equatable, Sendable {
    /// Whether the file was made just now.
    public let created: Bool
    /// The newest intact generation and the slot whose memory holds it; nil: none.
    public let newest: NewestGeneration?
    /// What the file says of itself, as `RingGeometry.description` did when it was made.
    public let description: String
    /// Every slot of the file, by index.
    public let slots: [SlotContent]
    /// The first and the last superblock.
    public let superblocks: [SuperblockState]
    /// Generations that the newest header calls held but that are not intact.
    public let heldLost: [UInt64]
    /// Damaged slots that a failed commit to a ring without any generation left.
    public let unfinishedFirst: Set<Int>
    /// Bytes of the file as found, when they were not what the superblock says.
    public let unexpectedFileBytes: Int?

    /// Whether there were generations and none of them is intact. Commits that failed before there
    /// was any generation do not count, however often they were tried; nor does one damaged slot
    /// that claims generation 1 or nothing.
    public var lostEverything: Bool {
        guard newest == nil else { return false }
        var damagedCount = 0
        for (slot, content) in slots.enumerated() where !unfinishedFirst.contains(slot) {
            if case .damaged(_, let claimed) = content {
                damagedCount += 1
                if claimed > 1 { return true }
            }
        }
        return damagedCount > 1
    }
}

/// The generation that a recovery starts from.
public struct NewestGeneration: Equatable, Sendable {
    /// Its slot.
    public let slot: Int
    /// What it says about itself.
    public let header: GenerationHeader
}
