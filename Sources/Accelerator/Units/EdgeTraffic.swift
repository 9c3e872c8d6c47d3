// Which requests of edge processors their memories cannot answer at once.
//
// Left neuron q lies in memory q mod z of every left collection (activations, derivatives,
// errors). Right neuron r lies in memory r mod z' of every collection that is the next junction's
// left one; where the next junction is not on edge processors, or there is none, in as many
// memories as there are bias memories. Its bias lies in bias memory r mod B. Weights, and their
// velocities, are read in natural order and never clash.
//
// When: edge e in clock e div z. A right neuron's bias and error are asked for (and its error
// zeroed, its bias written) in the clock of its first edge; its activation, derivative or output
// error is written in the clock of its last. A neuron without edges takes the clock of the edge
// that would be its first, or of the last edge.
//
// A clash is a request beyond a memory's ports (of its direction) in the clock in which it is
// made. A clock is repeated until the memory that is asked most has answered:
// max ⌈requests / ports⌉ − 1 stalls.

import Junctions

/// What requests cost beyond the clock in which they are made.
struct EdgeWaits: Equatable {
    var stallClocks = 0
    var clashes = 0
}

/// The requests of one sample and junction.
package struct EdgeTraffic {
    /// Edges of the largest junction whose requests are counted one by one, which takes up to 40
    /// bytes for each.
    package static let mostEdges = 1 << 25

    private let memory: DeviceMemory
    private let place: JunctionPlace
    private let keepsDerivatives: Bool
    private let isFixed: Bool
    private let isStochastic: Bool
    /// Of an operation, without stalls.
    let clocks: Int
    /// Of the edges, among the z memories of a left collection; nil: nobody waits.
    private let left: RequestTally?
    /// Of first edges among bias memories, and among right memories.
    private let biases, starts: RequestTally?
    /// Of last edges among right memories.
    private let ends: RequestTally?

    /// Counts what does not follow from the family alone.
    package init(_ junction: DeviceJunction, _ place: JunctionPlace, _ memory: DeviceMemory) {
        let z = place.parallelism
        precondition(junction.inputs % z == 0, "z divides the left neurons")
        self.memory = memory
        self.place = place
        isFixed = junction.specification.arithmetic != .float32
        keepsDerivatives = isFixed && !place.isLast
        isStochastic = junction.specification.increment != .exact
        let order = EdgeOrder(junction)
        clocks = order.clocks(z)
        let biasMemories = Self.biasMemories(junction, z)
        let rightMemories = place.nextParallelism ?? biasMemories
        let readsApart = order.readsApart(z)
        let atOnce = order.neuronsAtOnce(z) ?? .max
        guard !readsApart || atOnce > min(biasMemories, rightMemories) else {
            (left, biases, starts, ends) = (nil, nil, nil, nil)
            return
        }
        let drawn = order.drawn(withLeft: !readsApart)
        let clocks = clocks
        func tally(_ memories: Int, _ edge: (EdgeOrder.Span) -> Int) -> RequestTally? {
            if atOnce <= memories { return nil }
            return drawn.tallyRight(z, clocks: clocks, memories: memories, edge)
        }
        left = readsApart ? nil : drawn.tallyLeft(z, clocks: clocks)
        biases = tally(biasMemories) { $0.first }
        starts = tally(rightMemories) { $0.first }
        ends = tally(rightMemories) { $0.last }
    }

    /// B, memories for biases: as many as right neurons begin in one clock at most. ⌈z / fi⌉ where
    /// they come one after the other; lane-aligned, groups of sixteen begin together.
    package static func biasMemories(_ junction: DeviceJunction, _ z: Int) -> Int {
        let inDegree = max(1, junction.junction.form.fanIn)
        if case .laneAligned = junction.specification.structure {
            return min(z, 16 * ((z + 16 * inDegree - 1) / (16 * inDegree)))
        }
        return (z + inDegree - 1) / inDegree
    }

    /// What an operation waits.
    func waits(_ operation: Operation) -> EdgeWaits {
        switch operation {
        case .feedforward:
            let writes = keepsDerivatives ? [ends, ends] : [ends]
            return waits(
                reads: [left, biases].compactMap(\.self), writes: writes.compactMap(\.self))
        case .backprop:
            // Errors, and what f′ follows from unless UP reads that.
            var reads = [left]
            if isFixed || isStochastic { reads.append(left) }
            if isStochastic { reads.append(starts) }
            return waits(reads: reads.compactMap(\.self), writes: [left].compactMap(\.self))
        case .update:
            var reads = [left, starts]
            var writes = [biases]
            if place.schedule == .sequential { reads.append(biases) }
            if place.hasMomentum {
                reads.append(biases)
                writes.append(biases)
            }
            if !place.isLast { writes.append(starts) }
            return waits(reads: reads.compactMap(\.self), writes: writes.compactMap(\.self))
        }
    }

    private func waits(reads: [RequestTally], writes: [RequestTally]) -> EdgeWaits {
        var waits = EdgeWaits()
        waits.clashes =
            reads.reduce(0) { $0 + $1.requests(beyond: memory.readPorts) }
            + writes.reduce(0) { $0 + $1.requests(beyond: memory.writePorts) }
        guard waits.clashes > 0 else { return waits }
        for clock in 0..<clocks {
            var turns = 1
            for tally in reads {
                turns = max(turns, (tally.worst[clock] + memory.readPorts - 1) / memory.readPorts)
            }
            for tally in writes {
                turns = max(turns, (tally.worst[clock] + memory.writePorts - 1) / memory.writePorts)
            }
            waits.stallClocks += turns - 1
        }
        return waits
    }
}

/// How often the memories of one collection are asked, clock by clock.
struct RequestTally {
    /// Per clock, the requests of the memory that is asked most.
    private(set) var worst: [Int]
    /// How many times (clock, memory) had so many requests.
    private var occurrences: [Int] = []
    private var now: [Int]
    private var clock = 0
    private var asked: [Int] = []

    init(clocks: Int, memories: Int) {
        worst = [Int](repeating: 0, count: clocks)
        now = [Int](repeating: 0, count: memories)
    }

    /// One request; clocks must not fall.
    mutating func ask(_ memory: Int, clock: Int) {
        if clock != self.clock { finish(clock) }
        if now[memory] == 0 { asked.append(memory) }
        now[memory] += 1
    }

    /// Closes a clock; once more after the last.
    mutating func finish(_ next: Int) {
        for memory in asked {
            let count = now[memory]
            now[memory] = 0
            worst[clock] = max(worst[clock], count)
            while occurrences.count <= count { occurrences.append(0) }
            occurrences[count] += 1
        }
        asked.removeAll(keepingCapacity: true)
        clock = next
    }

    /// Requests beyond `ports` of a memory and clock.
    func requests(beyond ports: Int) -> Int {
        var sum = 0
        for (count, times) in occurrences.enumerated() where count > ports {
            sum += (count - ports) * times
        }
        return sum
    }
}
