// A slot as three threads see it: one atomic word, and facts that change only while the word
// says `writing`.
//
//     bits 0–1    state: empty, writing, durable, damaged
//     bit  2      newest: the newest durable generation (two slots for an instant in a commit)
//     bit  3      held
//     bit  4      suspect: the last write or sync of its place in the file failed
//     bits 8–23   pins
//     bits 32–63  turn: counts how often the slot was taken; makes every compare-exchange exact
//
//              acquire (learner)              commit (storage)
//     empty ─────────────────────▶ writing ─────────────────────▶ durable
//     damaged ───────────────────▶    │  ▲                           │
//     durable, not newest, ──────▶    │  └───────────────────────────┘ acquire, when no longer
//       not held, no pins             │                                newest, held or pinned
//                                     └──▶ empty    release; or its place in the file failed
//
// Only the owner of a `writing` slot changes its word, its facts and its memory. Pins and the
// held bit are added to durable slots only. `acquire` takes a slot with an acquiring
// compare-exchange on the word that the last unpin released, so a reader's last read happens
// before the learner's first write.

import Synchronization

/// What a slot is.
public enum SlotState: UInt8, Equatable, Sendable {
    /// No generation in memory.
    case empty = 0
    /// Owned by the learner, or by the storage thread during a commit.
    case writing = 1
    /// Holds a durable generation; readers may pin it.
    case durable = 2
    /// Was found damaged in the file at start-up; nothing in memory.
    case damaged = 3
}

/// The packed word of a slot.
struct SlotWord: Equatable {
    static let pinsMax: UInt64 = 0xFFFF
    var raw: UInt64

    init(raw: UInt64) { self.raw = raw }

    init(state: SlotState, turn: UInt64) {
        raw = UInt64(state.rawValue) | turn << 32
    }

    var state: SlotState { SlotState(rawValue: UInt8(raw & 3)) ?? .empty }
    var pins: UInt64 { raw >> 8 & Self.pinsMax }
    var turn: UInt64 { raw >> 32 }
    var isFree: Bool { state != .writing && pins == 0 && !isNewest && !isHeld }

    var isNewest: Bool {
        get { raw & 4 != 0 }
        set { raw = newValue ? raw | 4 : raw & ~4 }
    }
    var isHeld: Bool {
        get { raw & 8 != 0 }
        set { raw = newValue ? raw | 8 : raw & ~8 }
    }
    var isSuspect: Bool {
        get { raw & 16 != 0 }
        set { raw = newValue ? raw | 16 : raw & ~16 }
    }

    /// The word in another state, with no pins, not newest, not held.
    func entering(_ state: SlotState, nextTurn: Bool = false) -> SlotWord {
        var word = SlotWord(
            state: state, turn: (nextTurn ? turn &+ 1 : turn) & 0xFFFF_FFFF)
        word.isSuspect = isSuspect
        return word
    }
}

/// The atomics of one slot.
final class SlotCell: Sendable {
    private let packed = Atomic<UInt64>(0)
    /// Facts of the generation in memory; written by the owner of a `writing` slot only.
    let generation = Atomic<UInt64>(0)
    let restoredFrom = Atomic<UInt64>(0)
    let stateDigest = Atomic<UInt64>(0)

    var word: SlotWord { SlotWord(raw: packed.load(ordering: .acquiring)) }

    /// For the owner of a `writing` slot, and before threads exist.
    func set(_ word: SlotWord) {
        packed.store(word.raw, ordering: .releasing)
    }

    /// Changes the word if it is still `old`.
    func exchange(_ old: SlotWord, for new: SlotWord) -> Bool {
        packed.compareExchange(
            expected: old.raw, desired: new.raw, successOrdering: .acquiringAndReleasing,
            failureOrdering: .acquiring
        ).exchanged
    }

    func describe(_ header: GenerationHeader) {
        generation.store(header.generation, ordering: .releasing)
        restoredFrom.store(header.restoredFrom, ordering: .releasing)
        stateDigest.store(header.stateDigest, ordering: .releasing)
    }

    func forget() {
        generation.store(0, ordering: .releasing)
        restoredFrom.store(0, ordering: .releasing)
        stateDigest.store(0, ordering: .releasing)
    }

    /// Adds a pin if the slot is durable (and holds `generation`, when given).
    func pin(generation wanted: UInt64? = nil) -> UInt64? {
        while true {
            let old = word
            guard old.state == .durable, old.pins < SlotWord.pinsMax else { return nil }
            let found = generation.load(ordering: .relaxed)
            if let wanted, wanted != found { return nil }
            if exchange(old, for: SlotWord(raw: old.raw &+ 1 << 8)) { return found }
        }
    }

    func unpin() {
        while true {
            let old = word
            precondition(old.state == .durable && old.pins > 0, "a pin is given back once")
            if exchange(old, for: SlotWord(raw: old.raw &- 1 << 8)) { return }
        }
    }

    /// Sets or clears a bit of a durable slot; false if it is not durable any more.
    func update(_ change: (inout SlotWord) -> Void) -> Bool {
        while true {
            let old = word
            guard old.state == .durable else { return false }
            var new = old
            change(&new)
            if old == new || exchange(old, for: new) { return true }
        }
    }
}
