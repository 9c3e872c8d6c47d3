// The variants whose rows are 3.5 and 3.6 of docs/papers.md.

import Accelerator
import Junctions

/// SAT as far as it is known: 32 × 32 elements, 200 MHz and 32 lanes of SORE are recalled. Not
/// known, and assumed here: P = 4 clocks per addition, 32 lanes of WUVE.
let sat = TensorArray(
    rows: 32, columns: 32, addClocks: 4, reductionLanes: 32, updateLanes: 32)
/// 16 bits with a master of 32, as in mixed precision.
let satArithmetic = DeviceArithmetic(fixedBits: 0, floatBits: 16, masterBits: 32)

/// One array, one batch, one pattern.
struct TensorRecipe {
    /// `full`, or what is taken away.
    var variant = "full"
    var array = sat
    /// Samples between two updates.
    var batch = 512
    /// nil: dense.
    var pruning: PruningSettings? = PruningSettings(kept: 2, group: 8)

    var pattern: String { pruning.map { "\($0.kept):\($0.group)" } ?? "dense" }

    static let all: [TensorRecipe] = patterns + batches + ablations + additions

    /// 2:4, 2:8 and 2:16, in batches of 512 and sample by sample.
    private static let patterns: [TensorRecipe] = [512, 1].flatMap { batch in
        [4, 8, 16].map {
            TensorRecipe(batch: batch, pruning: PruningSettings(kept: 2, group: $0))
        }
    }

    /// 2:8 for every batch between.
    private static let batches: [TensorRecipe] = (1...8).map { TensorRecipe(batch: 1 << $0) }

    /// 2:8 with one thing missing.
    private static let ablations: [TensorRecipe] = [512, 1].flatMap { batch in
        changes.map { name, change in
            var array = sat
            change(&array)
            return TensorRecipe(variant: name, array: array, batch: batch)
        }
    }

    private static let changes: [(String, @Sendable (inout TensorArray) -> Void)] = [
        ("no pre-generation", { $0.generatesAhead = false }),
        ("no interleaving", { $0.interleaves = false }),
        ("fixed WS", { $0.dataflow = .weightStationary }),
        ("fixed OS", { $0.dataflow = .outputStationary }),
        ("no double buffering", { $0.doubleBuffers = false }),
    ]

    /// What is assumed: other P, other lanes.
    private static let additions: [TensorRecipe] = [1, 8].map { clocks in
        var array = sat
        array.addClocks = clocks
        return TensorRecipe(variant: "P = \(clocks)", array: array)
    }
}
