// Goal: every cell of the catalogue means what a junction means. Method: one test body per law,
// run over every cell that exists, in several settings, and in ragged shapes where they are legal:
//
//   FF = expand · x + b     BP = expandᵀ · δ     UP = −η δ xᵀ on the edges that exist
//   a state that is copied goes on as the original     every kernel set gives the same bytes

import Arithmetic
import Junctions
import Kernels
import Testing

@Suite struct CatalogueTests {
    /// One setting of one cell, between so many neurons.
    struct Cell: CustomTestStringConvertible, Sendable {
        let specification: JunctionSpecification
        let inputs, outputs: Int
        var momentum: Float = 0
        var decay: Float = 0

        var testDescription: String {
            "\(inputs)x\(outputs) \(specification.text)" + (momentum > 0 ? ", momentum" : "")
                + (decay > 0 ? ", decay" : "")
        }

        var rule: UpdateRule {
            UpdateRule(
                learningRate: 0.125, momentum: momentum, weightDecay: decay,
                increment: specification.increment)
        }

        func bench(seed: UInt64 = 1) throws -> CatalogueBench {
            let junction = try specification.junction(inputs: inputs, outputs: outputs)
            return CatalogueBench(junction, rule: rule, seed: seed)
        }

        /// LSB of fixed point, or 0.
        var resolution: Double {
            guard case .fixed(let format) = specification.arithmetic else { return 0 }
            return 1 / Double(1 << format.fractionBits)
        }

        var isStochastic: Bool {
            if case .stochastic = specification.increment { true } else { false }
        }
    }

    /// Settings of a structure that fit 64 left and 48 right neurons.
    static func structures(_ kind: StructureKind) -> [WeightStructure] {
        let quarter = EdgeDensity.fraction(0.25)
        switch kind {
        case .dense: return [.dense]
        case .random: return [.random(quarter, seed: 3)]
        case .structured: return [.structured(quarter, seed: 3)]
        case .clashFree:
            return [1, 2, 3].flatMap { type in
                [false, true].map {
                    .clashFree(
                        InterleaverSettings(type: type, parallelism: 16, dithers: $0), quarter,
                        seed: 3)
                }
            } + [.clashFree(InterleaverSettings(type: 2, startsAtZero: true), quarter, seed: 3)]
        case .laneAligned: return [.laneAligned(quarter, seed: 3)]
        case .circulant: return [2, 8, 16, 64].map { .circulant(blockSize: $0) }
        case .pruned:
            return [(2, 8), (1, 4), (2, 16)].flatMap { kept, group in
                PruningSettings.Passes.allCases.map {
                    .pruned(
                        PruningSettings(
                            kept: kept, group: group, passes: $0, droppedDecay: 0))
                } + [
                    .pruned(PruningSettings(kept: kept, group: group, passes: .forward))
                ]
            }
        }
    }

    static let formats = [(8, 2, 5), (10, 2, 7), (12, 3, 8), (16, 4, 11)].compactMap {
        FixedFormat($0.0, $0.1, $0.2)
    }

    /// Every cell that exists, in every setting.
    static let cells: [Cell] = StructureKind.allCases.flatMap { kind -> [Cell] in
        var cells: [Cell] = []
        for structure in structures(kind) {
            let increments: [Increment] =
                [.exact] + [1, 8, 24].map { .stochastic(StochasticRule(bitCount: $0)) }
            for increment in increments {
                let formats = formats.filter { kind != .circulant || $0.width == 16 }
                for arithmetic in [.float32] + formats.map({ NumberArithmetic.fixed($0) }) {
                    let specification = JunctionSpecification(
                        structure: structure, increment: increment, arithmetic: arithmetic)
                    if case .absent = specification.status { continue }
                    // Variants of N:M that fixed point and bits leave out.
                    if case .pruned(let settings) = structure {
                        if arithmetic != .float32, settings.passes != .both { continue }
                        if increment != .exact, settings.droppedDecay == nil { continue }
                    }
                    cells.append(Cell(specification: specification, inputs: 64, outputs: 48))
                    if kind == .dense || kind == .circulant || kind == .pruned || kind == .random {
                        cells.append(Cell(specification: specification, inputs: 37, outputs: 21))
                    }
                    guard increment == .exact, arithmetic == .float32 else { continue }
                    cells.append(
                        Cell(
                            specification: specification, inputs: 64, outputs: 48, momentum: 0.9,
                            decay: 0.01))
                }
            }
        }
        return cells
    }

    static func numbers(_ count: Int, _ generator: inout Xoshiro256StarStar) -> [Double] {
        (0..<count).map { _ in Double(generator.uniform(-1, 1)) }
    }

    /// Rounded down to what a fixed-point cell can hold.
    static func held(_ values: [Double], _ cell: Cell) -> [Double] {
        guard cell.resolution > 0 else { return values.map { Double(Float($0)) } }
        return values.map { ($0 / cell.resolution).rounded(.down) * cell.resolution }
    }

    @Test(arguments: cells) func feedforwardIsTheExpandedProduct(_ cell: Cell) throws {
        let bench = try cell.bench()
        var generator = Xoshiro256StarStar(seed: 2)
        let x = Self.held(Self.numbers(cell.inputs, &generator).map { $0 / 4 }, cell)
        let y = bench.feedforward(x)
        let matrix = bench.matrix(.feedforward)
        for row in 0..<cell.outputs {
            let expected = zip(matrix[row], x).reduce(bench.bias[row]) { $0 + $1.0 * $1.1 }
            #expect(abs(y[row] - expected) <= Self.tolerance(cell), "row \(row)")
        }
    }

    @Test(arguments: cells) func backpropIsTheTransposedProduct(_ cell: Cell) throws {
        let bench = try cell.bench()
        var generator = Xoshiro256StarStar(seed: 3)
        let x = Self.held(Self.numbers(cell.inputs, &generator), cell)
        let delta = Self.held(Self.numbers(cell.outputs, &generator).map { $0 / 8 }, cell)
        let matrix = bench.matrix(.backprop)
        let e = bench.backpropUpdate(x, delta)
        for column in 0..<cell.inputs {
            let expected = (0..<cell.outputs).reduce(0.0) { $0 + matrix[$1][column] * delta[$1] }
            #expect(abs(e[column] - expected) <= Self.tolerance(cell), "column \(column)")
        }
    }

    /// What FF says after an update is what the changed weights say, and the loss δ · y has fallen.
    @Test(arguments: cells) func updatesChangeTheProductAsTheWeightsChange(_ cell: Cell) throws {
        let bench = try cell.bench()
        var generator = Xoshiro256StarStar(seed: 4)
        let x = Self.held(Self.numbers(cell.inputs, &generator), cell)
        let delta = Self.held(Self.numbers(cell.outputs, &generator).map { $0 / 2 }, cell)
        let before = bench.feedforward(x)
        _ = bench.backpropUpdate(x, delta)
        let after = bench.feedforward(x)
        let slope = zip(delta, zip(before, after)).reduce(0) { $0 + $1.0 * ($1.1.1 - $1.1.0) }
        #expect(slope < 0, "the loss must fall along the error")
        #expect(bench.junction.form.findings(bench.memory.parameters, bench.memory.workspace) == [])
    }

    /// UP: W ← W − η δ xᵀ on the edges that exist, summed along diagonals of circulant blocks, and
    /// b ← b − η δ; with decay W ← (1 − η λ) W first. Exact increments; of N:M the master, which
    /// the fields hold, is looked at by its own tests.
    @Test(
        arguments: cells.filter { !$0.isStochastic && $0.specification.structure.kind != .pruned })
    func updatesAreTheirDefinition(_ cell: Cell) throws {
        let bench = try cell.bench()
        var generator = Xoshiro256StarStar(seed: 7)
        let x = Self.held(Self.numbers(cell.inputs, &generator).map { $0 / 2 }, cell)
        let delta = Self.held(Self.numbers(cell.outputs, &generator).map { $0 / 2 }, cell)
        let (before, bias) = (bench.matrix(.feedforward), bench.bias)
        _ = bench.backpropUpdate(x, delta)
        let after = bench.matrix(.feedforward)
        let rate = Double(cell.rule.learningRate)
        let decay = Double(cell.decay)
        let increment = Self.increment(cell, x, delta)
        // η is rounded onto δ first in fixed point, then the product is: half a step each.
        let tolerance = cell.resolution > 0 ? Self.updateTolerance(cell) : 1e-5
        for row in 0..<cell.outputs {
            #expect(abs(bench.bias[row] - (bias[row] - rate * delta[row])) <= tolerance)
            for column in 0..<cell.inputs where before[row][column] != 0 {
                let old = before[row][column]
                let expected = old - rate * (increment(row, column) + decay * old)
                #expect(abs(after[row][column] - expected) <= tolerance, "\(row), \(column)")
            }
        }
    }

    /// δ xᵀ, or its sum along the wrapped diagonal of a circulant block.
    private static func increment(
        _ cell: Cell, _ x: [Double], _ delta: [Double]
    ) -> (_ row: Int, _ column: Int) -> Double {
        guard case .circulant(let k) = cell.specification.structure else {
            return { delta[$0] * x[$1] }
        }
        return { row, column in
            let (top, left) = (row / k * k, column / k * k)
            return (0..<k).reduce(0.0) { sum, c in
                let r = (c + row - column % k + k * 2) % k
                guard top + r < cell.outputs, left + c < cell.inputs else { return sum }
                return sum + delta[top + r] * x[left + c]
            }
        }
    }

    private static func updateTolerance(_ cell: Cell) -> Double {
        if case .circulant(let k) = cell.specification.structure {
            // Every spectral component of a block is rounded by itself.
            return Double(k) * cell.resolution
        }
        return 1.01 * cell.resolution
    }

    @Test(arguments: cells) func aCopiedStateGoesOnAsTheOriginal(_ cell: Cell) throws {
        let original = try cell.bench()
        let copy = try cell.bench(seed: 99)
        var generator = Xoshiro256StarStar(seed: 5)
        func step(_ benches: [CatalogueBench]) {
            let x = Self.numbers(cell.inputs, &generator)
            let delta = Self.numbers(cell.outputs, &generator).map { $0 / 8 }
            for bench in benches {
                _ = bench.feedforward(x)
                _ = bench.backpropUpdate(x, delta)
            }
        }
        for _ in 0..<10 { step([original]) }
        copy.takeState(original)
        for _ in 0..<10 { step([original, copy]) }
        #expect(original.state == copy.state)
    }

    @Test(arguments: cells) func everyKernelSetGivesTheSameBytes(_ cell: Cell) throws {
        let benches = try KernelSet.all.map { ($0, try cell.bench()) }
        var generator = Xoshiro256StarStar(seed: 6)
        for _ in 0..<6 {
            // Half of activations and errors are zero, as after a ReLU.
            let x = Self.numbers(cell.inputs, &generator).map { max($0, 0) }
            let delta = Self.numbers(cell.outputs, &generator).map { $0 < 0 ? 0 : $0 / 8 }
            let results = benches.map { kernels, bench in
                (bench.feedforward(x, kernels), bench.backpropUpdate(x, delta, kernels))
            }
            for (index, result) in results.enumerated() {
                #expect(result.0 == results[0].0, "FF of \(benches[index].0.name)")
                #expect(result.1 == results[0].1, "BP of \(benches[index].0.name)")
                #expect(benches[index].1.state == benches[0].1.state, "\(benches[index].0.name)")
            }
        }
    }

    /// Rounding: of float32 sums, or of one product per edge in fixed point.
    private static func tolerance(_ cell: Cell) -> Double {
        guard cell.resolution > 0 else { return 2e-5 }
        if case .circulant = cell.specification.structure { return 24 * cell.resolution }
        return 0.5 * cell.resolution * Double(max(cell.inputs, cell.outputs) + 2)
    }
}
