// The edges of a pattern as the kernels of many positions take them: neuron by neuron of either
// side, with the places of their weights, whatever the layout of those is.

import Kernels

/// Where the tables lie, behind those of the form.
struct SharedEdgeTables: Equatable, Sendable {
    private let inputs, outputs, edges: Int

    /// nil for forms without a pattern of edges.
    init?(_ junction: Junction) {
        switch junction {
        case .float(.edge(let form)): edges = form.pattern.edgeCount
        case .float(.laneAligned(let form)): edges = form.pattern.edgeCount
        default: return nil
        }
        (inputs, outputs) = (junction.form.inputs, junction.form.outputs)
    }

    private static func lines(_ words: Int) -> Int { (4 * words + 63) & ~63 }

    private var rightBytes: Int { Self.lines(outputs + 1) + 2 * Self.lines(edges) }
    private var leftBytes: Int { Self.lines(inputs + 1) + 2 * Self.lines(edges) }

    /// Bytes, a multiple of 64.
    func byteCount(learns: Bool) -> Int { rightBytes + (learns ? leftBytes : 0) }

    /// The edges right neuron by right neuron, in ascending order of their weights.
    func byRight(_ tables: UnsafeMutableRawPointer) -> SharedEdges {
        list(tables, rows: outputs)
    }

    /// The edges left neuron by left neuron, right neurons ascending; for learners.
    func byLeft(_ tables: UnsafeMutableRawPointer) -> SharedEdges {
        list(tables + rightBytes, rows: inputs)
    }

    private func list(_ start: UnsafeMutableRawPointer, rows: Int) -> SharedEdges {
        let (starts, others, weights) = words(start, rows: rows)
        return SharedEdges(rows: rows, starts: starts, others: others, weights: weights)
    }

    private func words(
        _ start: UnsafeMutableRawPointer, rows: Int
    ) -> (
        starts: UnsafeMutablePointer<UInt32>, others: UnsafeMutablePointer<UInt32>,
        weights: UnsafeMutablePointer<UInt32>
    ) {
        let others = start + Self.lines(rows + 1)
        return (
            start.assumingMemoryBound(to: UInt32.self), others.assumingMemoryBound(to: UInt32.self),
            (others + Self.lines(edges)).assumingMemoryBound(to: UInt32.self)
        )
    }

    /// Fills cleared tables, in them alone: a list of the edges beside them would be three times as
    /// large, and in no plan. The form's own tables are prepared.
    func prepare(
        _ tables: UnsafeMutableRawPointer, _ junction: Junction, _ own: UnsafeMutableRawPointer,
        learns: Bool
    ) {
        fill(tables, rows: outputs) { take in
            Self.forEachEdge(junction, own) { take($0.right, $0.left, $0.weight) }
        }
        // Layouts differ in which weight of a neuron comes first.
        let right = words(tables, rows: outputs)
        for row in 0..<outputs {
            Self.sort(
                right.others, right.weights, Int(right.starts[row])..<Int(right.starts[row + 1]))
        }
        guard learns else { return }
        fill(tables + rightBytes, rows: inputs) { take in
            for row in 0..<outputs {
                for edge in Int(right.starts[row])..<Int(right.starts[row + 1]) {
                    take(Int(right.others[edge]), row, Int(right.weights[edge]))
                }
            }
        }
    }

    private static func forEachEdge(
        _ junction: Junction, _ own: UnsafeMutableRawPointer, _ body: (JunctionEdge) -> Void
    ) {
        switch junction {
        case .float(.edge(let form)): form.forEachEdge(own, body)
        case .float(.laneAligned(let form)): form.forEachEdge(own, body)
        default: break
        }
    }

    /// A counting sort by row; within a row the order in which `each` gives them.
    /// - each: calls its argument with row, other neuron and weight of every edge; called twice.
    private func fill(
        _ start: UnsafeMutableRawPointer, rows: Int,
        _ each: (_ take: (_ row: Int, _ other: Int, _ weight: Int) -> Void) -> Void
    ) {
        let (starts, others, weights) = words(start, rows: rows)
        each { row, _, _ in starts[row + 1] += 1 }
        // starts[row + 1] becomes the row's first place, and with each edge moves to the next row's.
        var sum: UInt32 = 0
        for row in 0..<rows {
            let count = starts[row + 1]
            starts[row + 1] = sum
            sum += count
        }
        each { row, other, weight in
            let place = Int(starts[row + 1])
            others[place] = UInt32(other)
            weights[place] = UInt32(weight)
            starts[row + 1] += 1
        }
    }

    /// By weight, ascending; by insertion, since the rows of most layouts are in order.
    private static func sort(
        _ others: UnsafeMutablePointer<UInt32>, _ weights: UnsafeMutablePointer<UInt32>,
        _ row: Range<Int>
    ) {
        for edge in row.dropFirst() {
            let (other, weight) = (others[edge], weights[edge])
            var place = edge
            while place > row.lowerBound, weights[place - 1] > weight {
                others[place] = others[place - 1]
                weights[place] = weights[place - 1]
                place -= 1
            }
            (others[place], weights[place]) = (other, weight)
        }
    }
}

extension LaneAlignedJunction {
    /// Calls `body` with every edge between neurons that exist.
    func forEachEdge(_ workspace: UnsafeMutableRawPointer, _ body: (JunctionEdge) -> Void) {
        forEachWeight(workspace) { index, left, right in
            if left < inputs, right < outputs {
                body(JunctionEdge(left: left, right: right, weight: index))
            }
        }
    }
}
