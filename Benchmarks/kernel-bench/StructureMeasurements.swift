// Structures against our own dense junction, 1024 × 1024, batch 1.

import Junctions
import Kernels

private func interleaver(_ type: Int) -> InterleaverSettings { InterleaverSettings(type: type) }

/// The rows of `make bench`: what each structure gains in the time of a whole step.
func measureStructuresForTable() throws -> [Row] {
    var rows: [Row] = []
    for share in [16, 32] {
        rows += try measure(
            "structure.predefined.1-\(share)",
            .laneAligned(.fraction(1 / Double(share)), seed: 1))
        rows += try measure(
            "structure.predefined.1-\(share).type-2",
            .clashFree(interleaver(2), .fraction(1 / Double(share)), seed: 1))
    }
    for blockSize in [8, 16] {
        rows += try measure("structure.circulant.\(blockSize)", .circulant(blockSize: blockSize))
    }
    return rows
}

/// Every family of pre-defined sparsity, and every block size.
func measureStructures(_ kernels: KernelSet) throws -> [Row] {
    var rows: [Row] = []
    for share in [4, 8, 16, 32] {
        let density = EdgeDensity.fraction(1 / Double(share))
        let families: [(String, WeightStructure)] = [
            ("lane-aligned", .laneAligned(density, seed: 1)),
            ("type-1", .clashFree(interleaver(1), density, seed: 1)),
            ("type-2", .clashFree(interleaver(2), density, seed: 1)),
            ("type-3", .clashFree(interleaver(3), density, seed: 1)),
            ("structured", .structured(density, seed: 1)), ("random", .random(density, seed: 1)),
        ]
        for (name, structure) in families {
            rows += try measure(
                "structure.predefined.1-\(share).\(name).\(kernels.name)", structure,
                kernels: kernels)
        }
        rows += try measure(
            "structure.predefined.1-\(share).lane-aligned.relu.\(kernels.name)",
            .laneAligned(density, seed: 1), errors: .half, kernels: kernels)
    }
    for blockSize in [4, 8, 16, 32, 64, 128] {
        rows += try measure(
            "structure.circulant.\(blockSize).\(kernels.name)", .circulant(blockSize: blockSize),
            kernels: kernels)
    }
    return rows
}
