// SORE and WUVE, clock by clock: slow on purpose, to check `TensorProcessing` against.

/// What one lane of SORE holds: the N largest magnitudes of its group so far, largest first.
package struct TensorSelectionStack: Sendable {
    /// N
    package let kept: Int
    /// Held words with their positions in the group; of equal magnitudes the first ahead.
    package private(set) var entries: [(position: Int, value: Int)] = []
    /// Comparisons so far: each weight with everything that is held when it comes, at once.
    package private(set) var comparisons = 0

    /// An empty stack of N entries.
    package init(kept: Int) { self.kept = kept }

    /// One clock: a weight finds its place behind all that are not smaller; the last entry falls
    /// out where there are N.
    package mutating func take(_ value: Int, position: Int) {
        comparisons += entries.count
        let place = entries.firstIndex { $0.value.magnitude < value.magnitude } ?? entries.count
        guard place < kept else { return }
        entries.insert((position, value), at: place)
        if entries.count > kept { entries.removeLast() }
    }

    /// What is kept, in the order of the group: how it goes into a view.
    package var selection: [(position: Int, value: Int)] {
        entries.sorted { $0.position < $1.position }
    }
}

/// All groups through the lanes of SORE.
package struct TensorSelectionSimulation: Sendable {
    /// From the first weight to the last.
    package private(set) var clocks = 0
    /// Of all lanes.
    package private(set) var comparisons = 0
    /// Per group, in order.
    package private(set) var selections: [[(position: Int, value: Int)]]

    /// Lanes take a group each and begin the next ones together, M clocks later.
    /// - groups: at most `group` weights each
    package init(_ array: TensorArray, groups: [[Int]], kept: Int, group: Int) {
        selections = groups.map { _ in [] }
        var next = 0
        while next < groups.count {
            let batch = next..<min(groups.count, next + array.reductionLanes)
            var lanes = batch.map { _ in TensorSelectionStack(kept: kept) }
            for position in 0..<group {
                for (lane, index) in batch.enumerated() where position < groups[index].count {
                    lanes[lane].take(groups[index][position], position: position)
                }
                clocks += 1
            }
            for (lane, index) in batch.enumerated() {
                selections[index] = lanes[lane].selection
                comparisons += lanes[lane].comparisons
            }
            next = batch.upperBound
        }
    }
}

/// All weights through the lanes of WUVE.
package struct TensorUpdateSimulation: Sendable {
    package private(set) var clocks = 0
    /// w − η g
    package private(set) var weights: [Int]

    /// - rate: η, a whole number here
    package init(_ array: TensorArray, weights: [Int], increments: [Int], rate: Int) {
        precondition(weights.count == increments.count, "an increment per weight")
        self.weights = weights
        var next = 0
        while next < weights.count {
            for lane in 0..<array.updateLanes where next + lane < weights.count {
                self.weights[next + lane] -= rate * increments[next + lane]
            }
            next += array.updateLanes
            clocks += 1
        }
    }
}
