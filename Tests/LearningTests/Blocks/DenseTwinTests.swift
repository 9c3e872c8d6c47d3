// Goal: a block with any structure is the dense block with the same matrix, which PyTorch's is
// (TorchBlockTests). Method: the matrices of a network put into a dense twin; what every block gives,
// what the second says to its left, and the steps of every junction, those of the twin where the
// structure can follow: on its edges, or summed over the diagonals of a circulant.

import Junctions
import Kernels
import Learning
import Testing

@Suite struct DenseTwinTests {
    static let cases =
        BlockNetworks.structured + BlockNetworks.recurrentStructured
        + BlockNetworks.between("2:8", .pruned(PruningSettings(kept: 2, group: 8)))
        + BlockNetworks.recurrentCells.filter { $0.name == "2:8" }

    private func dense(_ block: BlockSpecification) -> BlockSpecification {
        switch block {
        case .convolution(var block):
            block.junction = JunctionSpecification()
            return .convolution(block)
        case .linear(var block):
            block.junction = JunctionSpecification()
            return .linear(block)
        case .lstm(var block):
            block.junction = JunctionSpecification()
            return .lstm(block)
        case .residual(var block):
            if case .convolution = block.projection {
                block.projection = .convolution(JunctionSpecification())
            }
            return .residual(block)
        default: return block
        }
    }

    @Test(arguments: cases) func aStructureIsItsMatrix(_ test: BlockCase) throws {
        let own = try NetworkProbe(test.configuration, kernels: .best)
        var configuration = test.configuration
        configuration.blocks = configuration.blocks.map(dense)
        let twin = try NetworkProbe(configuration, kernels: .best)
        let (layout, section) = (own.harness.layout, own.harness.section)
        let old = layout.junctionMatrices(section)
        for junction in old {
            try twin.harness.set("\(junction.name).weights", junction.weights)
            try twin.harness.set("\(junction.name).bias", junction.biases)
        }
        let (a, b) = (own.step(1), twin.step(1))
        #expect(a && b)
        for index in 0...configuration.blocks.count {
            let distance = relativeDistance(try own.values(index), try twin.values(index))
            #expect(distance <= 1e-5, "what block \(index) reads: \(distance)")
        }
        // BP of N:M has a matrix of its own.
        if old.contains(where: { $0.backpropWeights != nil }) { return }
        let count = try configuration.blockShapes()[1].paddedCount
        func errors(_ probe: NetworkProbe) throws -> [Float] {
            let errors = try #require(probe.network.graph.errors(1, probe.workspace))
            return (0..<count).map { errors[$0] }
        }
        let distance = relativeDistance(try errors(own), try errors(twin))
        #expect(distance <= 1e-5, "what block 1 says to its left: \(distance)")
        let new = layout.junctionMatrices(section)
        let twins = twin.harness.layout.junctionMatrices(twin.harness.section)
        for (index, junction) in old.enumerated() {
            let steps = zip(junction.weights, new[index].weights).map { $0 - $1 }
            let dense = zip(junction.weights, twins[index].weights).map { $0 - $1 }
            let distance = relativeDistance(steps, follow(junction, dense))
            #expect(distance <= 1e-4, "\(junction.name): \(distance)")
        }
    }

    /// What the structure makes of the steps of its matrix.
    private func follow(_ junction: JunctionMatrices, _ steps: [Float]) -> [Float] {
        guard junction.text.contains("circulant") else {
            let isDense = junction.text.contains("dense")
            return steps.indices.map { isDense || junction.weights[$0] != 0 ? steps[$0] : 0 }
        }
        let (inputs, size) = (junction.inputs, 8)
        var followed = steps
        for place in steps.indices {
            let (row, column) = (place / inputs, place % inputs)
            followed[place] = (0..<size).reduce(0) { sum, shift in
                let r = row / size * size + (row + shift) % size
                let c = column / size * size + (column + shift) % size
                return sum + steps[r * inputs + c]
            }
        }
        return followed
    }
}
