// What is charged for one sample, as numbers in a row, so that charging is an addition of two
// short arrays. The sums are a field of the learner section and so part of every generation.
//
// Order: total clocks; then for every junction and operation (FF, BP, UP): clocks, accesses,
// clashes, energy. Energy is in femtojoules where the table is in picojoules, else in thousandths
// of the table's unit.

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
