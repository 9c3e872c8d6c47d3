// Commit: the slot's header is sealed over its sections, header and sections go to the file in
// one write, one sync makes them durable, and only then do readers see the generation.

import Platform

extension Ring {
    /// Makes an acquired slot durable as `generation` and shows it to readers. Blocks for one
    /// write and one fdatasync; storage thread only.
    ///
    /// A failed write or sync is never tried again on its place in the file: the slot takes the
    /// place of a free slot and is written there in full, three attempts at most.
    ///
    /// - slot: from `acquire`, both sections complete. After success it belongs to the ring;
    ///   after an error still to the caller.
    /// - generation: `nextGeneration` or more, 2⁶² at most.
    /// - restoredFrom: the generation that a rollback took the learner section from; 0 = none.
    /// - configurationDigest: kept in the header.
    /// - Throws: only `.readOnly`.
    @discardableResult
    public func commit(
        _ slot: Int, generation: UInt64, restoredFrom: UInt64 = 0, configurationDigest: UInt64 = 0
    ) throws(RingError) -> GenerationHeader {
        precondition(slots[slot].word.state == .writing, "a slot is acquired before its commit")
        precondition(
            (nextGeneration...GenerationHeader.numberMax).contains(generation),
            "a generation number is used once")
        guard let file else { preconditionFailure("the ring is recovered before a commit") }
        highestGeneration.store(generation, ordering: .releasing)
        let header = seal(
            slot, generation: generation, restoredFrom: restoredFrom,
            configurationDigest: configurationDigest)
        do throws(CommitFailure) {
            try writeSomewhere(slot, file)
        } catch {
            marks.withLock { $0.giveBack() }
            refreshHeldBits()
            readOnly.store(true, ordering: .releasing)
            throw .readOnly(slot: slot, attempts: error.attempts, last: error.last)
        }
        publish(slot, header)
        return header
    }

    private func seal(
        _ slot: Int, generation: UInt64, restoredFrom: UInt64, configurationDigest: UInt64
    ) -> GenerationHeader {
        let image = image(slot)
        let newest = newestSlot.load(ordering: .acquiring)
        let header = GenerationHeader(
            generation: generation, restoredFrom: restoredFrom,
            heldGenerations: marks.withLock { $0.take(heldCount: geometry.heldCount) },
            stateDigest: image.stateDigest, configurationDigest: configurationDigest,
            previousGeneration: newest < 0 ? 0 : slots[newest].generation.load(ordering: .relaxed),
            previousDigest: newest < 0 ? 0 : slots[newest].stateDigest.load(ordering: .relaxed))
        image.seal(header, identity: identity)
        return header
    }

    private struct CommitFailure: Error {
        let attempts: Int
        let last: StorageError
    }

    /// Writes and syncs the slot in its place, then in up to two others. The slots that gave
    /// their place stay taken until the end, so that no failed place is tried twice here.
    private func writeSomewhere(_ slot: Int, _ file: StorageFile) throws(CommitFailure) {
        var spares: (Int?, Int?, Int?)
        defer {
            if let spare = spares.0 { release(spare) }
            if let spare = spares.1 { release(spare) }
            if let spare = spares.2 { release(spare) }
        }
        if slots[slot].word.isSuspect, let spare = claimSpare() {
            swapPlaces(slot, spare)
            spares.0 = spare
        }
        var attempts = 0
        while true {
            attempts += 1
            do throws(StorageError) {
                let offset = geometry.fileOffset(slot: places[slot])
                try storage.write(file, UnsafeRawBufferPointer(image(slot).bytes), at: offset)
                try storage.synchronize(file)
                setSuspect(slot, false)
                return
            } catch {
                setSuspect(slot, true)
                guard attempts < Self.attemptCountMax, let spare = claimSpare() else {
                    throw CommitFailure(attempts: attempts, last: error)
                }
                swapPlaces(slot, spare)
                if attempts == 1 { spares.1 = spare } else { spares.2 = spare }
            }
        }
    }

    /// Both slots are owned by the storage thread.
    private func swapPlaces(_ slot: Int, _ spare: Int) {
        places.swapAt(slot, spare)
        let wasSuspect = slots[slot].word.isSuspect
        setSuspect(slot, slots[spare].word.isSuspect)
        setSuspect(spare, wasSuspect)
    }

    private func setSuspect(_ slot: Int, _ isSuspect: Bool) {
        var word = slots[slot].word
        word.isSuspect = isSuspect
        slots[slot].set(word)
    }

    /// The generation is durable: readers may see it, and the one before may be overwritten.
    private func publish(_ slot: Int, _ header: GenerationHeader) {
        slots[slot].describe(header)
        var word = slots[slot].word.entering(.durable)
        word.isNewest = true
        slots[slot].set(word)
        let earlier = newestSlot.exchange(slot, ordering: .acquiringAndReleasing)
        marks.withLock { $0.settle(header.heldGenerations) }
        refreshHeldBits()
        if earlier >= 0, earlier != slot { _ = slots[earlier].update { $0.isNewest = false } }
        readOnly.store(false, ordering: .releasing)
    }
}
