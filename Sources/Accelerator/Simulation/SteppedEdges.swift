// The edges of a junction as the stepped processors take them, from the drawn pattern.

import Arithmetic
import Junctions

/// Edges in order, and where right neurons begin and end among them.
package struct SteppedEdges {
    /// Left and right neuron of every edge, in order.
    package let edges: [SimulatedClash.Edge]
    /// Right neurons that begin with an edge, and that end with it.
    let begins, ends: [[Int]]

    /// The edges of a junction; all of them where no pattern says which.
    package init(_ junction: DeviceJunction) {
        let (inputs, outputs) = (junction.inputs, junction.outputs)
        // Where a right neuron stands that has no edge: how many edges come before it.
        var positions: [Int] = []
        var edges: [SimulatedClash.Edge] = []
        switch junction.junction.form.edges {
        case nil:
            for right in 0..<outputs {
                positions.append(edges.count)
                for left in 0..<inputs { edges.append(Self.edge(edges.count, left, right)) }
            }
        case .sparse(let pattern):
            var table = [UInt32](repeating: 0, count: pattern.edgeCount)
            var starts = [UInt32](repeating: 0, count: outputs + 1)
            pattern.fill(&table, starts: &starts)
            for right in 0..<outputs {
                positions.append(edges.count)
                for index in starts[right]..<starts[right + 1] {
                    edges.append(Self.edge(edges.count, Int(table[Int(index)]), right))
                }
            }
        case .laneAligned(let pattern):
            var table = [UInt32](repeating: 0, count: outputs * pattern.inDegree)
            pattern.fill(&table)
            for group in stride(from: 0, to: outputs, by: 16) {
                let members = group..<min(group + 16, outputs)
                positions += members.map { _ in edges.count }
                for slot in 0..<pattern.inDegree {
                    for right in members {
                        let left = Int(table[right * pattern.inDegree + slot])
                        // A padding neuron has no edges.
                        guard left < inputs else { continue }
                        edges.append(Self.edge(edges.count, left, right))
                    }
                }
            }
        }
        self.init(edges, outputs: outputs, positions: positions)
    }

    /// Any list of edges, whoever made it.
    /// - positions: per right neuron, how many edges come before it
    package init(_ edges: [SimulatedClash.Edge], outputs: Int, positions: [Int]) {
        var begins: [[Int]] = Array(repeating: [], count: max(1, edges.count))
        var ends = begins
        var spans: [(first: Int, last: Int)?] = Array(repeating: nil, count: outputs)
        for edge in edges {
            spans[edge.right] = (spans[edge.right]?.first ?? edge.index, edge.index)
        }
        for right in 0..<outputs {
            let alone = min(positions[right], begins.count - 1)
            let (first, last) = spans[right] ?? (alone, alone)
            begins[first].append(right)
            ends[last].append(right)
        }
        (self.edges, self.begins, self.ends) = (edges, begins, ends)
    }

    private static func edge(_ index: Int, _ left: Int, _ right: Int) -> SimulatedClash.Edge {
        SimulatedClash.Edge(index: index, left: left, right: right)
    }
}

/// The numbers of one junction and sample, whole so that a sum has one value in any order.
package struct SteppedValues: Equatable {
    /// Left activations that FF reads, and those of the sample that BP and UP work.
    package var x, learned: [Int]
    /// Derivatives of left neurons, for BP in fixed point.
    package var slopes: [Int]
    /// Errors of left neurons, added to by BP, and of right neurons, read by BP and UP.
    package var leftErrors, rightErrors: [Int]
    /// In edge order, and per right neuron.
    package var weights, biases: [Int]
    /// Of weights, and of biases.
    package var velocities, biasVelocities: [Int]
    /// What FF writes: sums, derivatives (a sum + 1, so that each can be told) or output errors.
    package var outputs, outputSlopes, outputErrors: [Int]

    /// Numbers from −7 to 7, and room for what is computed.
    package init(inputs: Int, outputs: Int, edges: Int, seed: UInt64) {
        var generator = Xoshiro256StarStar(seed: seed)
        func draw(_ count: Int) -> [Int] {
            (0..<count).map { _ in Int(generator.index(below: 15)) - 7 }
        }
        x = draw(inputs)
        learned = draw(inputs)
        slopes = draw(inputs)
        rightErrors = draw(outputs)
        weights = draw(edges)
        biases = draw(outputs)
        velocities = draw(edges)
        biasVelocities = draw(outputs)
        leftErrors = Array(repeating: 0, count: inputs)
        self.outputs = Array(repeating: 0, count: outputs)
        (outputSlopes, outputErrors) = (self.outputs, self.outputs)
    }
}
