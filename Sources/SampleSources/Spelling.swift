// "Did you mean": the known word that takes the fewest edits.

/// Distances between words.
public enum Spelling {
    /// Insertions, deletions, substitutions and swaps of neighbours that turn one word into the
    /// other (optimal string alignment). Words are cut to 64 characters.
    public static func distance(_ first: String, _ second: String) -> Int {
        let a = Array(first.unicodeScalars.prefix(64))
        let b = Array(second.unicodeScalars.prefix(64))
        var previous = [Int](repeating: 0, count: b.count + 1)
        var before = previous
        var current = Array(0...b.count)
        for i in a.indices {
            (before, previous) = (previous, current)
            current[0] = i + 1
            for j in b.indices {
                let change = previous[j] + (a[i] == b[j] ? 0 : 1)
                var best = min(change, previous[j + 1] + 1, current[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    best = min(best, before[j - 1] + 1)
                }
                current[j + 1] = best
            }
        }
        return current[b.count]
    }

    /// The word of `known` nearest to `word`, if it is near enough to be a misspelling: at most
    /// one edit for every three characters (and at least two allowed), or two thirds of it begin a
    /// known word.
    public static func nearest(to word: String, among known: [String]) -> String? {
        let lowered = word.lowercased()
        var best: (word: String, distance: Int)?
        for candidate in known {
            let other = candidate.lowercased()
            var edits = distance(lowered, other)
            let shared = zip(lowered, other).prefix { $0 == $1 }.count
            let isBeginning =
                shared >= 3 && shared * 3 >= 2 * lowered.count
            if isBeginning { edits = min(edits, 2) }
            let allowed = max(2, max(lowered.count, other.count) / 3)
            guard edits <= allowed, edits < max(1, other.count) else { continue }
            if best.map({ edits < $0.distance }) ?? true { best = (candidate, edits) }
        }
        return best?.word
    }
}
