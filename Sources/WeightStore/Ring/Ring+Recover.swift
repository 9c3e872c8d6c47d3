// Start-up: what the disk really has is read, every slot is checked, the newest intact
// generation wins, and the rest is reported slot by slot.

import Platform

extension Ring {
    /// Opens the ring file, making it if it is missing, and loads every intact generation.
    ///
    /// Call once, before other threads use the ring. The memory of slots that are not intact is
    /// zero. When `Recovery.newest` is nil the caller decides: fresh state, a checkpoint, or, if
    /// `Recovery.lostEverything`, rather an error.
    ///
    /// - acceptingUnreadable: whether to go on when the disk refuses to read a slot that may hold
    ///   the newest or a held generation. Without it that is an error, for what cannot be read
    ///   now may be readable later, unless it is overwritten meanwhile.
    public func recover(acceptingUnreadable: Bool = false) throws(RingError) -> Recovery {
        precondition(file == nil, "a ring is recovered once")
        let (opened, created) = try openOrCreate()
        do throws(RingError) {
            let recovery = try load(opened, created: created)
            if !acceptingUnreadable { try refuseUnreadable(recovery) }
            file = opened
            return recovery
        } catch {
            storage.close(opened)
            throw error
        }
    }

    private func openOrCreate() throws(RingError) -> (StorageFile, created: Bool) {
        do throws(StorageError) {
            do throws(StorageError) {
                return (try storage.open(path, .readWrite), false)
            } catch StorageError.notFound {
                return (try createFile(), true)
            }
        } catch {
            throw .storage(error)
        }
    }

    private func load(_ file: StorageFile, created: Bool) throws(RingError) -> Recovery {
        try settleFile(file)
        let pair = try SuperblockPair.read(
            storage, file, path: path, page: scratchPage, likely: geometry)
        guard pair.superblock.geometry == geometry else {
            throw .geometryDiffers(found: pair.superblock.geometry, wanted: geometry)
        }
        identity = pair.superblock.identity
        let unexpectedBytes = try restoreLength(file)
        var unfinished: Set<Int> = []
        let contents = slots.indices.map {
            readSlot($0, file, unexpectedBytes ?? .max, unfinished: &unfinished)
        }
        let (newest, marked) = adopt(contents)
        let heldLost = adoptHolds(newest?.header)
        return Recovery(
            created: created, newest: newest,
            description: pair.superblock.geometry.description, slots: marked,
            superblocks: [
                repair(pair.damage.first, file, at: 0),
                repair(pair.damage.last, file, at: geometry.lastSuperblockOffset),
            ],
            heldLost: heldLost, unfinishedFirst: unfinished, unexpectedFileBytes: unexpectedBytes)
    }

    /// The name may not be durable if the process that made the file died early. Bytes in memory
    /// may not be on the disk: dirty ones are written now, and ones whose sync failed in another
    /// process are forgotten, so that what is read next is what a power cut would leave.
    private func settleFile(_ file: StorageFile) throws(RingError) {
        do throws(StorageError) { try storage.synchronize(file) } catch {
            // Then the dirty bytes are lost, and are not read below; the next commit reports it.
        }
        storage.discardCache(file)
        do throws(StorageError) {
            try storage.synchronizeDirectory(directory)
        } catch {
            throw .storage(error)
        }
    }

    /// Gives a cut file its length back; returns the bytes found when they were unexpected.
    private func restoreLength(_ file: StorageFile) throws(RingError) -> Int? {
        do throws(StorageError) {
            let found = try storage.size(file)
            if found < geometry.fileBytes {
                try storage.preallocate(file, bytes: geometry.fileBytes)
            }
            return found == geometry.fileBytes ? nil : found
        } catch {
            throw .storage(error)
        }
    }

    /// Reads one slot into its memory and checks it; notes the ones that are unfinished.
    private func readSlot(
        _ slot: Int, _ file: StorageFile, _ foundBytes: Int, unfinished: inout Set<Int>
    ) -> SlotContent {
        let image = image(slot)
        let offset = geometry.fileOffset(slot: slot)
        var damage: SlotDamage
        if offset + image.bytes.count > foundBytes {
            damage = .truncated
        } else {
            do throws(StorageError) {
                try storage.readPatiently(file, into: image.bytes, at: offset)
                if image.page.isZero { return clear(image, .empty) }
                do throws(SlotDamage) {
                    return .intact(try image.checked(identity: identity))
                } catch {
                    damage = error
                    if image.isUnfinishedFirst { unfinished.insert(slot) }
                }
            } catch {
                let claimed = claimedGeneration(ofUnreadable: image, file, offset)
                return clear(image, .damaged(.unreadable(error), claimedGeneration: claimed))
            }
        }
        return clear(image, .damaged(damage, claimedGeneration: image.claimedGeneration))
    }

    /// What an intact header page says when the rest of the slot cannot be read; 0 = nothing.
    private func claimedGeneration(
        ofUnreadable image: SlotImage, _ file: StorageFile, _ offset: Int
    ) -> UInt64 {
        let header = UnsafeMutableRawBufferPointer(rebasing: image.bytes[..<RingGeometry.pageBytes])
        do throws(StorageError) {
            try storage.readPatiently(file, into: header, at: offset)
        } catch {
            return 0
        }
        do throws(SlotDamage) {
            return try image.checkedHeader(identity: identity).generation
        } catch {
            return 0
        }
    }

    /// An unreadable slot is harmless if its header says that it is neither newer than what was
    /// recovered nor held.
    private func refuseUnreadable(_ recovery: Recovery) throws(RingError) {
        for (slot, content) in recovery.slots.enumerated() {
            guard case .damaged(.unreadable(let cause), let claimed) = content else { continue }
            let newest = recovery.newest?.header.generation ?? 0
            if claimed == 0 || claimed > newest || recovery.heldLost.contains(claimed) {
                throw .slotUnreadable(slot: slot, cause: cause)
            }
        }
    }

    private func clear(_ image: SlotImage, _ content: SlotContent) -> SlotContent {
        image.bytes.initializeMemory(as: UInt8.self, repeating: 0)
        return content
    }

    /// Sets the cells, picks the newest, and turns second copies of a generation into `.copy`.
    private func adopt(_ contents: [SlotContent]) -> (NewestGeneration?, [SlotContent]) {
        var newest: NewestGeneration?
        var marked = contents
        for (slot, content) in contents.enumerated() {
            switch content {
            case .intact(let header) where pin(generation: header.generation).map(unpin) != nil:
                marked[slot] = clear(image(slot), .copy(header))
                slots[slot].set(SlotWord(state: .empty, turn: 0))
            case .intact(let header):
                slots[slot].describe(header)
                slots[slot].set(SlotWord(state: .durable, turn: 0))
                if header.generation > newest?.header.generation ?? 0 {
                    newest = NewestGeneration(slot: slot, header: header)
                }
            case .damaged:
                slots[slot].set(SlotWord(state: .damaged, turn: 0))
            case .copy, .empty:
                slots[slot].set(SlotWord(state: .empty, turn: 0))
            }
        }
        if let newest {
            _ = slots[newest.slot].update { $0.isNewest = true }
            newestSlot.store(newest.slot, ordering: .releasing)
        }
        highestGeneration.store(
            Self.highestNumber(contents, newest: newest?.header.generation ?? 0),
            ordering: .releasing)
        return (newest, marked)
    }

    /// The highest generation number that may have been used.
    ///
    /// A damaged slot with an intact header has spent the number in it. A header that is damaged
    /// itself may have had any number, whatever it claims now (7 with a flipped bit is 6, 5, 3 or
    /// 15): then 1,024 numbers after the newest are skipped, more than attempts fail in a row, and
    /// beyond what it claims, if that is plausible (2³² after the newest).
    static func highestNumber(_ contents: [SlotContent], newest: UInt64) -> UInt64 {
        var highest = newest
        var isAnyUnreadable = false
        for case .damaged(let damage, let claimed) in contents {
            let isPlausible = claimed > 0 && claimed <= newest + 1 << 32
            if isPlausible { highest = max(highest, claimed) }
            if !isPlausible || !damage.leavesNumber { isAnyUnreadable = true }
        }
        return isAnyUnreadable ? max(highest, newest + 1024) : highest
    }

    /// Marks again what the newest header calls held; returns what is not intact any more.
    private func adoptHolds(_ header: GenerationHeader?) -> [UInt64] {
        guard let header else { return [] }
        var kept: [UInt64] = []
        var lost: [UInt64] = []
        for index in 0..<8 where header.heldGenerations[index] != 0 {
            let generation = header.heldGenerations[index]
            if let pin = pin(generation: generation) {
                _ = slots[pin.slot].update { $0.isHeld = true }
                unpin(pin)
                kept.append(generation)
            } else {
                lost.append(generation)
            }
        }
        marks.withLock { marks in
            marks = HoldMarks()
            for (index, generation) in kept.prefix(geometry.heldCount).enumerated() {
                marks.durable[index] = generation
            }
        }
        refreshHeldBits()
        return lost
    }

    /// Writes a damaged superblock again; what cannot be written now stays reported as damaged.
    private func repair(
        _ damage: SuperblockDamage?, _ file: StorageFile, at offset: Int
    ) -> SuperblockState {
        guard let damage else { return .intact }
        do throws(StorageError) {
            try writeSuperblock(file, at: offset)
            try storage.synchronize(file)
            return .repaired(damage)
        } catch {
            return .damaged(damage)
        }
    }
}

extension SlotImage {
    /// Whether the bytes are what a failed commit leaves in a ring that had no generation: a first
    /// sector that never arrived, or that says that nothing came before. Disks write sectors of
    /// 512 bytes whole, so a slot that was overwritten later has another first sector.
    var isUnfinishedFirst: Bool {
        if page.value(0, as: UInt64.self) == Self.magic {
            return page.value(48, as: UInt64.self) == 0
        }
        return bytes[..<512].allSatisfy { $0 == 0 }
    }

    /// The number in a header that need not be intact; 0 when it is no number or no header.
    var claimedGeneration: UInt64 {
        guard page.value(0, as: UInt64.self) == Self.magic else { return 0 }
        let claimed = page.value(32, as: UInt64.self)
        return claimed <= GenerationHeader.recoveredMax ? claimed : 0
    }
}
