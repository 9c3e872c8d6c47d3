// Which generation is proved good. A candidate is pinned; once the learner has scored enough
// samples after it without a fall (`ProofRule`), it is held, and the newest generation is the next
// candidate. A held generation outlives the ring's turns, so a slow poison cannot fill every
// slot before it is noticed.
//
// While the guard compares the learner with the held generation nothing is proved: a fall made the
// candidate worthless, and what would be held meanwhile could be the poison itself.

import Learning
import WeightStore

/// Proves generations.
struct HoldPolicy {
    private var rule: ProofRule
    private var candidate: Pin?
    private var turns: UInt64 = 0

    /// - margin: as `GuardSettings.margin`
    init(margin: Double) { rule = ProofRule(margin: margin) }

    /// Another margin, from the next look on.
    mutating func setMargin(_ margin: Double) { rule.margin = margin }

    /// Looks at a generation that has just become durable. Allocates nothing, and reads no weight.
    ///
    /// - isFinite: whether all its weights are, as the learner found before it copied them
    mutating func consider(
        _ newest: Pin, isFinite: Bool, ring: Ring, description: ServiceDescription,
        board: GuardBoard
    ) {
        let turns = board.turns.load(ordering: .acquiring)
        if turns != self.turns || board.isComparing {
            self.turns = turns
            forget(ring)
        }
        let section = UnsafeRawPointer(ring.learnerMemory(newest.slot))
        guard !board.isComparing,
            let figure = PrequentialFigures.headline(
                layout: description.layout, section: section)
        else { return }
        switch rule.look(figure) {
        case .nothing: return
        case .nominate, .replaced: break
        case .provedNext:
            // Once more: a fall that was found since is not to be overtaken by this.
            if let candidate, board.turns.load(ordering: .acquiring) == turns,
                ring.hold(generation: candidate.generation)
            {
                board.proved.store(candidate.generation, ordering: .releasing)
            }
        }
        nominate(newest, isFinite, ring)
    }

    private mutating func nominate(_ newest: Pin, _ isFinite: Bool, _ ring: Ring) {
        if let candidate { ring.unpin(candidate) }
        candidate = nil
        guard isFinite else { return rule.forget() }
        candidate = ring.pin(generation: newest.generation)
        if candidate == nil { rule.forget() }
    }

    /// Lets the candidate go. A rollback calls it: what follows is no proof, and the ring needs
    /// the slot, since the newest, the source, and an old and a new held generation are taken.
    mutating func forget(_ ring: Ring) {
        if let candidate { ring.unpin(candidate) }
        candidate = nil
        rule.forget()
    }
}
