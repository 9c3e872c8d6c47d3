// What `millrace generations` shows.

/// One slot of the ring.
public struct SlotListing: Equatable, Sendable {
    /// Its index.
    public let slot: Int
    /// What it is.
    public let state: SlotState
    /// The generation in it; 0 = none.
    public let generation: UInt64
    /// The generation it continues after a rollback; 0 = none.
    public let restoredFrom: UInt64
    /// XXH64 of its learner section; 0 = none.
    public let stateDigest: UInt64
    /// Readers that keep it.
    public let pins: Int
    /// Whether it is the newest durable generation.
    public let isNewest: Bool
    /// Whether it is held.
    public let isHeld: Bool
    /// Whether its place in the file failed.
    public let isSuspect: Bool
}

extension Ring {
    /// A consistent picture of one slot; allocates nothing. Any thread.
    public func listing(_ slot: Int) -> SlotListing {
        precondition(slots.indices.contains(slot), "slot \(slot) of \(slots.count)")
        let cell = slots[slot]
        while true {
            let word = cell.word
            let isDurable = word.state == .durable
            let listing = SlotListing(
                slot: slot, state: word.state,
                generation: isDurable ? cell.generation.load(ordering: .acquiring) : 0,
                restoredFrom: isDurable ? cell.restoredFrom.load(ordering: .acquiring) : 0,
                stateDigest: isDurable ? cell.stateDigest.load(ordering: .acquiring) : 0,
                pins: Int(word.pins), isNewest: word.isNewest, isHeld: word.isHeld,
                isSuspect: word.isSuspect)
            if cell.word == word { return listing }
        }
    }

    /// Every slot, by index; allocates the array.
    public func list() -> [SlotListing] {
        slots.indices.map { listing($0) }
    }
}
