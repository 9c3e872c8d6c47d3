// Which generations are held, and how that becomes durable. A hold is a mark in the header of
// every later generation; until a generation with the new mark is durable, a crash brings the
// old marks back, so both the old and the new generation keep their slots until then.

/// The held generations, newest first, 0 = no entry.
struct HoldMarks: Equatable {
    /// What the newest durable header says.
    var durable = SIMD8<UInt64>.zero
    /// Marked by `hold`, in no header yet.
    var pending: UInt64 = 0
    /// Taken into the header of a commit that is not durable yet.
    var inFlight: UInt64 = 0

    /// Whether the slot of that generation must be kept.
    func protects(_ generation: UInt64) -> Bool {
        guard generation != 0 else { return false }
        if generation == pending || generation == inFlight { return true }
        return holds(generation)
    }

    func holds(_ generation: UInt64) -> Bool {
        for index in 0..<8 where durable[index] == generation { return true }
        return false
    }

    /// The marks for the header of the next commit.
    mutating func take(heldCount: Int) -> SIMD8<UInt64> {
        if pending != 0 {
            inFlight = pending
            pending = 0
        }
        guard inFlight != 0 else { return durable }
        var list = SIMD8<UInt64>.zero
        list[0] = inFlight
        for index in 1..<max(1, heldCount) { list[index] = durable[index - 1] }
        return list
    }

    /// The commit that took `list` is durable.
    mutating func settle(_ list: SIMD8<UInt64>) {
        durable = list
        inFlight = 0
    }

    /// The commit failed: the mark waits for the next one, unless a newer one waits already.
    mutating func giveBack() {
        if pending == 0 { pending = inFlight }
        inFlight = 0
    }
}
