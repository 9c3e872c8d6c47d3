// z of every junction: how many edges it works per clock.
//
// Rule: z divides the left neurons p, which lie in z memories. Among all legal z within the edge
// processors and memories of the device, the longest junction cycle (⌈E / z⌉ clocks) is as short
// as can be; then the shortest is as long as can be, so that cycles are equal or as near as
// divisors allow; then as few processors as can be. A z that somebody or a pattern fixed stays.
//
// In the pipeline all junctions work at once, and the processors are shared out; sequentially one
// works at a time, and each may have them all. Memories belong to their junctions either way.
//
// The search: for a longest cycle T every junction takes its smallest legal z with ⌈E / z⌉ ≤ T.
// That is its longest cycle within T and takes least of everything, so if it does not fit, no
// choice with T does; the first T that fits, ascending, is the best.

import Junctions

/// What decides z of one junction.
public struct DeviceParallelismShape: Equatable, Sendable {
    /// p, left neurons.
    public let inputs: Int
    /// E
    public let edgeCount: Int
    /// z that somebody or a pattern fixed; nil: free.
    public let fixed: Int?
    /// Whether edge processors work it; else it has z = 1, takes no processor and is not compared.
    public let isOnEdgeProcessors: Bool
    /// Vectors per sample, one after the other.
    public let uses: Int

    /// See the properties.
    public init(
        inputs: Int, edgeCount: Int, fixed: Int? = nil, isOnEdgeProcessors: Bool = true,
        uses: Int = 1
    ) {
        precondition(inputs > 0 && edgeCount > 0 && uses > 0, "a junction has edges")
        self.uses = uses
        self.inputs = inputs
        self.edgeCount = edgeCount
        self.fixed = fixed
        self.isOnEdgeProcessors = isOnEdgeProcessors
    }

    /// ⌈E / z⌉ for each vector
    func cycle(_ parallelism: Int) -> Int {
        (edgeCount + parallelism - 1) / parallelism * uses
    }

    /// Every z that may be, ascending.
    var legal: [Int] {
        if !isOnEdgeProcessors { return [1] }
        if let fixed { return [fixed] }
        return (1...inputs).filter { inputs % $0 == 0 }
    }
}

/// z of every junction on edge processors.
public struct DeviceParallelismChoice: Equatable, Sendable {
    /// z of each junction, from the input; 1 where another unit works it.
    public let parallelism: [Int]
    /// ⌈E / z⌉ of each junction, from the input, times its vectors; 0 where another unit works it.
    /// Without overhead and stalls.
    public let cycles: [Int]

    /// For shapes alone: before patterns are drawn, which depend on z.
    /// - memories: how many memories a junction needs with a z; grows with z
    ///
    /// Throws `parallelismUnsuitable` where a fixed z is illegal, `tooFewProcessors` and
    /// `tooFewMemories` where not even the smallest z of every junction fit.
    public init(
        _ shapes: [DeviceParallelismShape], _ device: DeviceDescription,
        schedule: Schedule = .pipeline, memories: (Int, Int) -> Int = { _, _ in 0 }
    ) throws(DeviceError) {
        let fixed = try Self.fixing(shapes, device)
        let available = device.edgeProcessors?.count ?? Int.max
        let limit = device.memory.count ?? Int.max
        let legal = fixed.map(\.legal)
        var need = (processors: 0, memories: 0)
        for longest in Self.lengths(fixed, legal) {
            let choice: [Int] = zip(fixed, legal).map { shape, all in
                all.first { !shape.isOnEdgeProcessors || shape.cycle($0) <= longest } ?? 0
            }
            guard !choice.contains(0) else { continue }
            let own = zip(fixed, choice).map { $0.isOnEdgeProcessors ? $1 : 0 }
            need.processors =
                schedule == .pipeline ? own.reduce(0, +) : own.max() ?? 0
            if limit < Int.max {
                need.memories = choice.indices.reduce(0) { $0 + memories($1, choice[$1]) }
            }
            if need.processors <= available, need.memories <= limit {
                parallelism = choice
                cycles = zip(fixed, choice).map { $0.isOnEdgeProcessors ? $0.cycle($1) : 0 }
                return
            }
        }
        // The last try was the longest cycle, which takes least.
        var source = DeviceParallelismSource.nobody
        if case .edges = device.parallelism {
            source = .device
        } else if fixed.contains(where: { $0.isOnEdgeProcessors && $0.fixed ?? 1 > 1 }) {
            source = .junction
        }
        if need.processors > available {
            throw .tooFewProcessors(
                needed: need.processors, available: available, source: source, schedule: schedule)
        }
        throw .tooFewMemories(
            needed: need.memories, available: limit, source: source, schedule: schedule)
    }

    /// How far the junction cycles are from equal, in words; nil where they are equal.
    /// - name: what a junction is called
    public var imbalance: String? { imbalance(named: { "junction \($0)" }) }

    /// The same.
    /// - name: what a junction is called
    public func imbalance(named name: (Int) -> String) -> String? {
        let worked = cycles.enumerated().filter { $0.element > 0 }
        guard let longest = worked.max(by: { $0.element < $1.element }),
            let shortest = worked.min(by: { $0.element < $1.element }),
            longest.element > shortest.element
        else { return nil }
        let percent = 100 * (longest.element - shortest.element) / longest.element
        return "\(name(shortest.offset)) takes \(shortest.element) clocks and "
            + "\(name(longest.offset)) \(longest.element): \(max(1, percent)) % less, as near as the "
            + "divisors of their left neurons allow"
    }

    /// Every length that the longest junction cycle can have, ascending.
    private static func lengths(_ shapes: [DeviceParallelismShape], _ legal: [[Int]]) -> [Int] {
        var all: Set<Int> = []
        for (shape, choices) in zip(shapes, legal) where shape.isOnEdgeProcessors {
            for z in choices { all.insert(shape.cycle(z)) }
        }
        return all.isEmpty ? [0] : all.sorted()
    }

    /// The shapes with the z that the device's description fixes.
    private static func fixing(
        _ shapes: [DeviceParallelismShape], _ device: DeviceDescription
    ) throws(DeviceError) -> [DeviceParallelismShape] {
        var fixed: [DeviceParallelismShape] = []
        if case .edges(let all) = device.parallelism, all.count != shapes.count {
            throw .parallelismMiscounted(found: all.count, junctions: shapes.count)
        }
        for (index, shape) in shapes.enumerated() {
            var wanted = shape.fixed
            if case .edges(let all) = device.parallelism, shape.isOnEdgeProcessors {
                if let own = wanted, own != all[index] {
                    throw .parallelismUnsuitable(
                        junction: index, found: all[index],
                        expected: "\(own), for which its pattern is drawn")
                }
                wanted = all[index]
            }
            if let wanted, shape.isOnEdgeProcessors,
                wanted < 1 || wanted > shape.inputs || shape.inputs % wanted != 0
            {
                throw .parallelismUnsuitable(
                    junction: index, found: wanted,
                    expected: "a divisor of its \(shape.inputs) left neurons"
                        + nearest(shape.inputs, wanted))
            }
            fixed.append(
                DeviceParallelismShape(
                    inputs: shape.inputs, edgeCount: shape.edgeCount, fixed: wanted,
                    isOnEdgeProcessors: shape.isOnEdgeProcessors, uses: shape.uses))
        }
        return fixed
    }

    /// `: 64 or 128`
    private static func nearest(_ inputs: Int, _ wanted: Int) -> String {
        let all = (1...inputs).filter { inputs % $0 == 0 }
        let both = [all.last { $0 < wanted }, all.first { $0 > wanted }].compactMap(\.self)
        return both.isEmpty ? "" : ": " + both.map(String.init).joined(separator: " or ")
    }
}

extension DeviceParallelismChoice {
    /// For a network whose patterns are drawn: z of a clash-free pattern is that of its
    /// interleaver. Of the other structures none depends on z.
    ///
    /// What is wrong with the shapes alone is thrown first: where no z suits, patterns are drawn
    /// for one that nobody asked for, and it is not the reason.
    public init(_ network: DeviceNetwork, _ device: DeviceDescription) throws(DeviceError) {
        _ = try Self(undrawn: network, device)
        try self.init(network, device) { $0.pattern?.parallelism }
    }

    /// Before clash-free patterns are drawn: only a z that a specification states is fixed.
    public init(
        undrawn network: DeviceNetwork, _ device: DeviceDescription
    ) throws(DeviceError) {
        try self.init(network, device) { junction in
            guard case .clashFree(let settings, _, _) = junction.specification.structure else {
                return nil
            }
            return settings.parallelism
        }
    }

    private init(
        _ network: DeviceNetwork, _ device: DeviceDescription, fixed: (DeviceJunction) -> Int?
    ) throws(DeviceError) {
        let layout = DeviceMemoryLayout(network, device)
        try self.init(
            network.junctions.map {
                DeviceParallelismShape(
                    inputs: $0.inputs, edgeCount: $0.weightCount, fixed: fixed($0),
                    isOnEdgeProcessors: device.unit(of: $0) == .edgeProcessors,
                    uses: $0.uses)
            }, device, schedule: network.schedule,
            memories: { layout.memories(of: $0, parallelism: $1) })
    }
}

extension DeviceJunction {
    /// The clash-free pattern, whose z decides where its edges are.
    var pattern: SparsePattern? {
        guard case .clashFree = specification.structure,
            case .sparse(let pattern) = junction.form.edges
        else { return nil }
        return pattern
    }
}
