// Junctions in lockstep: which sample each of them works in a junction cycle, how many clocks that
// takes, and whose activations and errors are held meanwhile.

/// A schedule on its way.
struct LockstepSimulation {
    private let costs: [JunctionCost]
    private var clock = 0
    /// Samples that are held, per layer.
    private var activations: [Set<Int>]
    private var errors: [Set<Int>]
    private(set) var activationPeaks: [Int]
    private(set) var errorPeaks: [Int]
    private(set) var predicted: [Int] = []
    private(set) var learned: [Int] = []

    /// Junctions of which one sample's costs are known.
    init(_ costs: [JunctionCost]) {
        self.costs = costs
        activations = Array(repeating: [], count: costs.count)
        errors = activations
        activationPeaks = Array(repeating: 0, count: costs.count)
        errorPeaks = activationPeaks
    }

    /// The hardware's counter: clocks until all of the given operations have run out, then until
    /// the unit that adds most has added its own. A shared unit does one operation per clock.
    private func countClocks(_ works: [(cost: JunctionCost, operations: [Operation])]) -> Int {
        var left = works.map { work in
            Operation.allCases.map {
                work.operations.contains($0) ? work.cost[$0]?.clocks ?? 0 : 0
            }
        }
        var overhead = works.map(\.cost.overheadClocks)
        var clocks = 0
        while true {
            var isBusy = false
            var taken: Set<DeviceUnit> = []
            for index in works.indices {
                let cost = works[index].cost
                let waits = !cost.updatesDuringBackprop && left[index][1] > 0
                var hasWork = false
                for operation in 0..<3 where left[index][operation] > 0 {
                    hasWork = true
                    if operation == 2, waits { continue }
                    let unit = operation == 2 ? cost.updateUnit : cost.unit
                    if unit.isShared, !taken.insert(unit).inserted { continue }
                    left[index][operation] -= 1
                }
                if !hasWork, overhead[index] > 0 {
                    overhead[index] -= 1
                    hasWork = true
                }
                isBusy = isBusy || hasWork
            }
            if !isBusy { return clocks }
            clocks += 1
        }
    }

    private mutating func notePeaks() {
        for layer in costs.indices {
            activationPeaks[layer] = max(activationPeaks[layer], activations[layer].count)
            errorPeaks[layer] = max(errorPeaks[layer], errors[layer].count)
        }
    }

    /// In cycle t, FF of junction i for sample t − i + 1, and BP and UP of junction i for sample
    /// t − 2J + i; both from 1. The counter runs as long in every cycle, whoever has a sample.
    mutating func runPipeline(_ samples: Int) {
        let cycle = countClocks(costs.map { ($0, Operation.allCases) })
        let count = costs.count
        // Cycle 0 only brings the first sample's inputs.
        for t in 0..<samples + 2 * count {
            if t < samples { activations[0].insert(t + 1) }
            for i in 1...count {
                let (forward, back) = (t - i + 1, t - 2 * count + i)
                if (1...samples).contains(forward), t > 0 {
                    if i < count {
                        activations[i].insert(forward)
                    } else {
                        errors[count - 1].insert(forward)
                    }
                }
                if (1...samples).contains(back), i > 1 { errors[i - 2].insert(back) }
            }
            notePeaks()
            if t > 0 { clock += cycle }
            for i in 1...count {
                if i == count, (1...samples).contains(t - i + 1) { predicted.append(clock) }
                let back = t - 2 * count + i
                guard (1...samples).contains(back) else { continue }
                activations[i - 1].remove(back)
                errors[i - 1].remove(back)
                if i == 1 { learned.append(clock) }
            }
        }
    }

    /// FF of every junction, then BP and UP of every junction from the last to the first.
    mutating func runSequentially(_ samples: Int) {
        for sample in 1...samples {
            activations[0].insert(sample)
            for (i, cost) in costs.enumerated() {
                if i + 1 < costs.count {
                    activations[i + 1].insert(sample)
                } else {
                    errors[i].insert(sample)
                }
                notePeaks()
                clock += countClocks([(cost, [.feedforward])])
            }
            predicted.append(clock)
            for (i, cost) in costs.enumerated().reversed() {
                if i > 0 { errors[i - 1].insert(sample) }
                notePeaks()
                clock += countClocks([(cost, [.backprop, .update])])
                activations[i].remove(sample)
                errors[i].remove(sample)
            }
            learned.append(clock)
        }
    }
}
