// What the world was told, and may rely on: which generations exist, what they are and what they
// answer. A crash may take back nothing of it, and no number may ever name two different states.

/// Everything that was said about generations.
struct Ledger {
    /// A sample asked of a generation.
    private struct Question: Hashable {
        let generation: UInt64
        let sample: Int
    }

    /// The highest generation that any reply named.
    private(set) var highest: UInt64 = 0
    private(set) var digests: [UInt64: String] = [:]
    private var answers: [Question: [UInt32]] = [:]
    /// The first contradiction.
    private(set) var contradiction: String?
    /// Answers compared so far.
    private(set) var comparisons = 0

    /// A reply named `generation` as durable.
    mutating func named(_ generation: UInt64) { highest = max(highest, generation) }

    /// A reply said that `generation` has `digest`.
    mutating func named(_ generation: UInt64, digest: String) {
        named(generation)
        if let known = digests[generation], known != digest {
            contradiction = "generation \(generation) is \(known), and then \(digest)"
        }
        digests[generation] = digest
    }

    /// `generation` predicted `bits` for sample number `sample`.
    mutating func predicted(_ generation: UInt64, sample: Int, bits: [UInt32]) {
        named(generation)
        let question = Question(generation: generation, sample: sample)
        if let known = answers[question] {
            comparisons += 1
            if known != bits {
                contradiction = "generation \(generation) answers \(known), and then \(bits)"
            }
        }
        answers[question] = bits
    }

    /// The owner began anew: numbers begin again.
    mutating func beginAnew() {
        highest = 0
        digests = [:]
        answers = [:]
    }
}
