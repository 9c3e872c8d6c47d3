// What is charged for one sample, as numbers in a row. Rows and counts of samples are fields of the
// learner section and so part of every generation.
//
// Order: total clocks; then for every junction and operation (FF, BP, UP): clocks, accesses,
// clashes, energy. Energy is in femtojoules where the table is in picojoules, else in thousandths
// of the table's unit. What is left of a row is 0.
//
// Invariants: a row is a whole number of 64-byte lines; sums wrap and never trap, clocks, accesses
// and clashes at 2⁶⁴, energies at 2¹²⁸.

/// Where a figure of a device's charges lies.
public enum DeviceChargeLayout {
    /// Figures of one operation.
    public static let figuresPerOperation = 4

    /// Numbers of a network with `junctionCount` junctions, a multiple of 8.
    public static func count(junctionCount: Int) -> Int {
        (1 + junctionCount * 3 * figuresPerOperation + 7) & ~7
    }

    /// The index of an operation's first figure (clocks).
    public static func index(junction: Int, _ operation: Operation) -> Int {
        let place: Int =
            switch operation {
            case .feedforward: 0
            case .backprop: 1
            case .update: 2
            }
        return 1 + (junction * 3 + place) * figuresPerOperation
    }
}

/// What one sample costs on a device: two rows in the order of `DeviceChargeLayout`.
public struct DeviceCharge: Equatable, Sendable {
    /// Junctions of the network.
    public let junctionCount: Int
    /// One learned sample: FF, BP and UP. Its total clocks are those from one sample to the next:
    /// in the pipeline the longest junction cycle, sequentially all operations with overheads.
    public let learned: [UInt64]
    /// One inference: FF of all junctions, one after the other.
    public let inferred: [UInt64]
    /// Actions that the energy table has no row for and that are not in the energies, by name,
    /// sorted; empty without a table.
    public let uncounted: [String]

    /// The constants of a network on its device.
    public init(_ plan: DevicePlan) {
        junctionCount = plan.junctions.count
        let count = DeviceChargeLayout.count(junctionCount: junctionCount)
        var learned = [UInt64](repeating: 0, count: count)
        var inferred = learned
        var uncounted: Set<String> = []
        learned[0] = UInt64(clamping: plan.clocksPerSample)
        inferred[0] = UInt64(clamping: plan.clocksPerInference)
        for (index, junction) in plan.junctions.enumerated() {
            for operation in Operation.allCases {
                guard let cost = junction[operation] else { continue }
                let energy = plan.device.energy?.energy(of: cost.actions)
                uncounted.formUnion(energy?.uncounted ?? [])
                let figures = [
                    UInt64(clamping: cost.clocks), UInt64(clamping: cost.actions.accesses),
                    UInt64(clamping: cost.clashes), Self.thousandths(energy?.amount ?? 0),
                ]
                let first = DeviceChargeLayout.index(junction: index, operation)
                learned.replaceSubrange(first..<first + figures.count, with: figures)
                guard operation == .feedforward else { continue }
                inferred.replaceSubrange(first..<first + figures.count, with: figures)
            }
        }
        self.learned = learned
        self.inferred = inferred
        self.uncounted = uncounted.sorted()
    }

    /// round(1000 · amount), at least 0.
    static func thousandths(_ amount: Double) -> UInt64 {
        UInt64(exactly: (amount * 1000).rounded().clamped(to: 0...9e18)) ?? 0
    }
}

extension Double {
    /// The nearest number of the range; its lower end for NaN.
    fileprivate func clamped(to range: ClosedRange<Double>) -> Double {
        self >= range.lowerBound ? Swift.min(self, range.upperBound) : range.lowerBound
    }
}
