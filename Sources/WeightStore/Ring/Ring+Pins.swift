// Pins keep a generation readable; holds keep it across crashes until a newer one is held.

import Synchronization

/// A generation that is kept for reading until `Ring.unpin`.
public struct Pin: Equatable, Sendable {
    /// The slot whose memory may be read.
    public let slot: Int
    /// The generation in it.
    public let generation: UInt64
}

extension Ring {
    /// Pins the newest durable generation; nil when there is none. Any thread, never waits.
    public func pinNewest() -> Pin? {
        while true {
            let slot = newestSlot.load(ordering: .acquiring)
            guard slot >= 0 else { return nil }
            if let generation = slots[slot].pin() { return Pin(slot: slot, generation: generation) }
            // Either a commit has just moved on, or the pins of the slot are used up.
            if slots[slot].word.pins == SlotWord.pinsMax { return nil }
        }
    }

    /// Pins that generation; nil when it is not in the ring.
    public func pin(generation: UInt64) -> Pin? {
        guard generation != 0 else { return nil }
        for slot in slots.indices where slots[slot].pin(generation: generation) != nil {
            return Pin(slot: slot, generation: generation)
        }
        return nil
    }

    /// Gives a pin back; its memory must not be read after that.
    public func unpin(_ pin: Pin) {
        slots[pin.slot].unpin()
    }

    /// What the pinned generation says about itself.
    public func header(_ pin: Pin) -> GenerationHeader {
        image(pin.slot).header
    }

    /// Keeps `generation` as proved good. The mark is durable with the next commit; until then the
    /// generation held before keeps its slot too. A mark that no commit has taken yet is replaced.
    ///
    /// False when the generation is not in the ring, or is older than the newest held one. Takes
    /// a lock that is never held during disk operations.
    public func hold(generation: UInt64) -> Bool {
        guard generation != 0 else { return false }
        let accepted = marks.withLock { marks in
            if marks.protects(generation) { return true }
            guard generation > max(marks.durable[0], marks.inFlight, marks.pending) else {
                return false
            }
            guard let pin = pin(generation: generation) else { return false }
            _ = slots[pin.slot].update { $0.isHeld = true }
            unpin(pin)
            marks.pending = generation
            return true
        }
        refreshHeldBits()
        return accepted
    }

    /// The newest held generation, marked durably or not yet; 0 = none.
    public var heldGeneration: UInt64 {
        marks.withLock { max($0.durable[0], $0.inFlight, $0.pending) }
    }

    /// Clears the held bit of every slot whose generation is not protected any more.
    func refreshHeldBits() {
        marks.withLock { marks in
            for cell in slots where cell.word.isHeld {
                let generation = cell.generation.load(ordering: .relaxed)
                if !marks.protects(generation) { _ = cell.update { $0.isHeld = false } }
            }
        }
    }
}
