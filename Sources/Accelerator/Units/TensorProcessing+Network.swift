// Training steps of whole networks on the array: what experiments compare.

import Junctions

/// One line of a file of layer shapes that cannot be read.
package struct TensorNetworkError: Error, Equatable, Sendable {
    /// From 1.
    package let line: Int
    package let found: String

    package init(line: Int, found: String) {
        self.line = line
        self.found = found
    }
}

/// A published network as the array sees it.
package struct TensorNetwork: Equatable, Sendable {
    /// One junction, and whether its weights are pruned.
    package struct Junction: Equatable, Sendable {
        package let name: String
        package let layer: TensorLayer
        package let isPruned: Bool
    }

    package let name: String
    /// From the input.
    package let junctions: [Junction]

    /// Networks of a file: after lines that start with # a line of names, then
    /// `network,layer,kernel,inputs,outputs,positions,pruned` (yes or no).
    package static func read(_ text: String) throws(TensorNetworkError) -> [TensorNetwork] {
        var networks: [TensorNetwork] = []
        var isHead = true
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated() where !line.isEmpty && !line.hasPrefix("#")
        {
            if isHead {
                isHead = false
                continue
            }
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            let numbers = cells.dropFirst(2).prefix(4).compactMap { Int($0) }.filter { $0 > 0 }
            guard cells.count == 7, numbers.count == 4, cells[6] == "yes" || cells[6] == "no"
            else { throw TensorNetworkError(line: index + 1, found: String(line)) }
            let layer = TensorLayer(
                inputs: numbers[1], outputs: numbers[2], kernel: numbers[0],
                leftPositions: numbers[3], rightPositions: numbers[3])
            let junction = Junction(
                name: String(cells[1]), layer: layer, isPruned: cells[6] == "yes")
            if let last = networks.last, last.name == cells[0] {
                networks[networks.count - 1] = TensorNetwork(
                    name: last.name, junctions: last.junctions + [junction])
            } else {
                networks.append(TensorNetwork(name: String(cells[0]), junctions: [junction]))
            }
        }
        return networks
    }
}

/// A training step of a network: FF, BP and UP of every junction, one after the other.
package struct TensorTraining: Equatable, Sendable {
    /// From the input.
    package let junctions: [TensorLayerCost]

    /// Of the step.
    package var clocks: Int { junctions.reduce(0) { $0 + $1.clocks } }

    /// How many times faster every junction is than in `other`.
    package func speedUps(over other: TensorTraining) -> [Double] {
        zip(other.junctions, junctions).map { Double($0.clocks) / Double($1.clocks) }
    }

    /// The mean of these: every junction counts the same, those that stay dense, too.
    package func meanSpeedUp(over other: TensorTraining) -> Double {
        speedUps(over: other).reduce(0, +) / Double(junctions.count)
    }

    /// How many times faster the step is: junctions count by the time they take.
    package func speedUp(over other: TensorTraining) -> Double {
        Double(other.clocks) / Double(clocks)
    }
}

extension TensorProcessing {
    /// A training step over `vectors` samples.
    /// - pruning: of the junctions that are pruned; nil: all dense
    package func training(
        _ network: TensorNetwork, vectors: Int, pruning: PruningSettings?
    ) -> TensorTraining {
        TensorTraining(
            junctions: network.junctions.enumerated().map { index, junction in
                cost(
                    of: junction.layer, vectors: vectors,
                    pruning: junction.isPruned ? pruning : nil, isFirst: index == 0)
            })
    }
}
