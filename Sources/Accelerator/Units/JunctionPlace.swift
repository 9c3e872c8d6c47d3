// Where a junction stands, as far as its cost depends on it, and the widths of its numbers.

import Arithmetic
import Junctions

/// Where a junction stands in a network on a device.
package struct JunctionPlace: Equatable, Sendable {
    /// From the input, 0-based.
    package var index: Int
    /// Whether nobody is to its left.
    package var isFirst: Bool
    /// Whether its right neurons are the outputs.
    package var isLast: Bool
    /// See `Schedule`.
    package var schedule: Schedule
    /// Bits of one input as it arrives.
    package var inputBits: Int
    /// Whether every weight and bias has a velocity.
    package var hasMomentum: Bool
    /// z on edge processors; 1 elsewhere.
    package var parallelism: Int
    /// z of the next junction; nil for the last one and where edge processors do not work the next.
    package var nextParallelism: Int?

    /// See the properties.
    package init(
        index: Int = 0, isFirst: Bool, isLast: Bool, schedule: Schedule, inputBits: Int,
        hasMomentum: Bool = false, parallelism: Int, nextParallelism: Int?
    ) {
        precondition(parallelism > 0 && (nextParallelism ?? 1) > 0, "z is at least 1")
        self.index = index
        self.isFirst = isFirst
        self.isLast = isLast
        self.schedule = schedule
        self.inputBits = inputBits
        self.hasMomentum = hasMomentum
        self.parallelism = parallelism
        self.nextParallelism = nextParallelism
    }

    /// The place of junction `index` of a network.
    /// - parallelism: z of every junction, 1 where edge processors do not work it
    package init(
        _ network: DeviceNetwork, _ index: Int, _ device: DeviceDescription, _ parallelism: [Int]
    ) {
        let isLast = index == network.junctions.count - 1
        var next: Int?
        // What blocks do between junctions has banks of its own.
        let isInBlock = network.junctions[index].place != nil
        if !isLast, !isInBlock, device.worksEdges(of: network.junctions[index + 1]) {
            next = parallelism[index + 1]
        }
        self.init(
            index: index, isFirst: network.readsInput(index), isLast: isLast,
            schedule: network.schedule, inputBits: network.inputBits,
            hasMomentum: network.hasMomentum,
            parallelism: parallelism[index], nextParallelism: next)
    }
}

extension DeviceDescription {
    /// Whether the edge processors of this device work FF and BP of a junction.
    package func worksEdges(of junction: DeviceJunction) -> Bool {
        unit(of: junction) == .edgeProcessors
    }
}

/// The widths of a junction's numbers on a device.
package struct NumberWidths: Equatable, Sendable {
    /// Of what units work with.
    package let bits: Int
    /// Of a learned weight, bias or velocity in memory.
    package let weightBits: Int
    /// Of a left activation in memory: inputs are as wide as they arrive, at most `bits`.
    package let leftBits: Int
    /// Whether units work in floating point. Accesses are words and never are.
    package let isFloat: Bool

    /// Widths of one junction.
    package init(
        _ junction: DeviceJunction, _ place: JunctionPlace, _ arithmetic: DeviceArithmetic
    ) {
        switch junction.specification.arithmetic {
        case .float32:
            (bits, weightBits, isFloat) = (arithmetic.floatBits, arithmetic.masterBits, true)
        case .fixed(let format): (bits, weightBits, isFloat) = (format.width, format.width, false)
        }
        leftBits = place.isFirst ? min(place.inputBits, bits) : bits
    }
}

extension ActionCounts {
    /// `count` times a unit's work on numbers of the working width.
    mutating func add(_ kind: ActionKind, _ widths: NumberWidths, _ count: Int) {
        add(Action(kind, bits: widths.bits, isFloat: widths.isFloat), count)
    }

    /// `count` words of `bits` out of a memory.
    mutating func read(_ owner: DeviceMemoryOwner, bits: Int, _ count: Int) {
        add(Action(.read(owner), bits: bits), count)
    }

    /// `count` words of `bits` into a memory.
    mutating func write(_ owner: DeviceMemoryOwner, bits: Int, _ count: Int) {
        add(Action(.write(owner), bits: bits), count)
    }
}
