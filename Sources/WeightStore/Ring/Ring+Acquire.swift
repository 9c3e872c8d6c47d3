// Taking a free slot, and giving it back.

extension Ring {
    /// Takes a free slot for writing, or nil when there is none; never waits.
    ///
    /// Free is what is not being written, not the newest durable generation, not pinned, not held.
    /// Empty and damaged slots come first, then the oldest generation; a slot whose place in the
    /// file has failed comes last. The memory of the slot holds old bytes.
    public func acquire() -> Int? {
        // A compare-exchange fails only when a reader pinned or unpinned that very slot.
        for _ in 0..<64 {
            guard let slot = bestFreeSlot(startingAt: 0) else { return nil }
            if take(slot) { return slot }
        }
        return nil
    }

    /// Gives an acquired slot back unwritten; it is empty now.
    public func release(_ slot: Int) {
        let cell = slots[slot]
        precondition(cell.word.state == .writing, "an acquired slot is given back")
        cell.forget()
        cell.set(cell.word.entering(.empty))
    }

    /// Marks the slot as being written, if it is still free.
    private func take(_ slot: Int) -> Bool {
        let old = slots[slot].word
        return old.isFree && slots[slot].exchange(old, for: old.entering(.writing, nextTurn: true))
    }

    private func bestFreeSlot(startingAt start: Int) -> Int? {
        var best: (slot: Int, isSuspect: Bool, generation: UInt64)?
        for step in slots.indices {
            let slot = (start + step) % slots.count
            let word = slots[slot].word
            guard word.isFree else { continue }
            let generation =
                word.state == .durable ? slots[slot].generation.load(ordering: .relaxed) : 0
            if let found = best,
                (found.isSuspect ? 1 : 0, found.generation)
                    <= (word.isSuspect ? 1 : 0, generation)
            {
                continue
            }
            best = (slot, word.isSuspect, generation)
        }
        return best?.slot
    }

    /// For the storage thread: a free slot whose place in the file may be used instead of one that
    /// failed. Failed places take turns.
    func claimSpare() -> Int? {
        for _ in 0..<64 {
            guard let slot = bestFreeSlot(startingAt: suspectCursor) else { return nil }
            if take(slot) {
                if slots[slot].word.isSuspect { suspectCursor = (slot + 1) % slots.count }
                slots[slot].forget()
                return slot
            }
        }
        return nil
    }
}
