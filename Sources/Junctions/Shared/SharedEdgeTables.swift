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

    /// Fills cleared tables; the form's own are prepared.
    func prepare(
        _ tables: UnsafeMutableRawPointer, _ junction: Junction, _ own: UnsafeMutableRawPointer,
        learns: Bool
    ) {
        var all: [JunctionEdge] = []
        all.reserveCapacity(edges)
        switch junction {
        case .float(.edge(let form)): form.forEachEdge(own) { all.append($0) }
        case .float(.laneAligned(let form)): form.forEachEdge(own) { all.append($0) }
        default: return
        }
        all.sort { ($0.right, $0.weight) < ($1.right, $1.weight) }
        fill(tables, rows: outputs, all.map { ($0.right, $0.left, $0.weight) })
        guard learns else { return }
        all.sort { ($0.left, $0.right) < ($1.left, $1.right) }
        fill(tables + rightBytes, rows: inputs, all.map { ($0.left, $0.right, $0.weight) })
    }

    private func fill(
        _ start: UnsafeMutableRawPointer, rows: Int, _ edges: [(row: Int, other: Int, weight: Int)]
    ) {
        let (starts, others, weights) = words(start, rows: rows)
        for (index, edge) in edges.enumerated() {
            starts[edge.row + 1] += 1
            others[index] = UInt32(edge.other)
            weights[index] = UInt32(edge.weight)
        }
        for row in 0..<rows { starts[row + 1] += starts[row] }
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
