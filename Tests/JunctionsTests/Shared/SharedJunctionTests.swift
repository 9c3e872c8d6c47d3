// Goal: every cell of the catalogue means the same at many positions as at one. Method: one test body
// per law, run over every cell that exists, counts of positions that fill no vector, and kernels of
// a convolution:
//
//   FF = expand · x + b, column by column     BP = expandᵀ · δ, and no weight changes
//   UP = the sum of the increments, decay and momentum once; of stochastic increments and fixed
//   point the definition     a state that is copied goes on as the original
//   every kernel set gives the same bytes     FF, BP and UP are their definition within a bound
//
// Padding of results is zero whatever was there, and nothing beyond is written: looked at throughout.

import Arithmetic
import Junctions
import Kernels
import Testing

@Suite struct SharedJunctionTests {
    /// One setting of one cell: taps · channels left neurons, and so many positions.
    struct Cell: CustomTestStringConvertible, Sendable {
        let specification: JunctionSpecification
        var taps = 1
        var channels = 32
        var outputs = 48
        let count: Int
        var momentum: Float = 0
        var decay: Float = 0

        var inputs: Int { taps * channels }
        var testDescription: String {
            "\(taps)x\(channels) to \(outputs), \(count) positions: \(specification.text)"
                + (momentum > 0 ? ", momentum" : "") + (decay > 0 ? ", decay" : "")
        }

        var rule: UpdateRule {
            UpdateRule(
                learningRate: 0.125, momentum: momentum, weightDecay: decay,
                increment: specification.increment)
        }

        func bench(seed: UInt64 = 1) throws -> SharedBench {
            let shared = try SharedJunction(
                specification, inputs: inputs, outputs: outputs, taps: taps, count: count)
            return SharedBench(shared, rule: rule, count: count, seed: seed)
        }

        /// LSB of fixed point, or 0.
        var resolution: Double {
            guard case .fixed(let format) = specification.arithmetic else { return 0 }
            return 1 / Double(1 << format.fractionBits)
        }

        var isExactFloat: Bool {
            specification.increment == .exact && specification.arithmetic == .float32
        }
    }

    static let structures: [WeightStructure] = [
        .dense, .random(.fraction(0.25), seed: 3), .structured(.fraction(0.25), seed: 3),
        .clashFree(InterleaverSettings(type: 1), .fraction(0.25), seed: 3),
        .clashFree(
            InterleaverSettings(type: 2, parallelism: 2, dithers: true), .fraction(0.25), seed: 3),
        .clashFree(InterleaverSettings(type: 3), .fraction(0.5), seed: 3),
        .laneAligned(.fraction(0.25), seed: 3), .circulant(blockSize: 2),
        .circulant(blockSize: 4), .circulant(blockSize: 8), .circulant(blockSize: 16),
        .circulant(blockSize: 32), .pruned(PruningSettings(kept: 2, group: 8)),
        .pruned(PruningSettings(kept: 2, group: 4, passes: .forward)),
        .pruned(PruningSettings(kept: 2, group: 16, passes: .backward)),
        .pruned(PruningSettings(kept: 4, group: 8, updatesKeptOnly: true)),
    ]

    static let format = FixedFormat(16, 4, 11)

    static let cells: [Cell] = structures.flatMap { structure -> [Cell] in
        var cells: [Cell] = []
        func add(_ increment: Increment, _ arithmetic: NumberArithmetic) {
            let specification = JunctionSpecification(
                structure: structure, increment: increment, arithmetic: arithmetic)
            // Variants of N:M that fixed point and bits leave out are errors, and no cells.
            guard
                case .success = Result(catching: { () throws(StructureError) in
                    try specification.junction(inputs: 32, outputs: 48)
                })
            else { return }
            let isPlain = increment == .exact && arithmetic == .float32
            for count in isPlain ? [1, 7, 17, 64, 125] : [7, 17] {
                cells.append(Cell(specification: specification, count: count))
                cells.append(Cell(specification: specification, taps: 5, count: count))
            }
            guard isPlain else { return }
            cells.append(
                Cell(specification: specification, taps: 3, count: 80, momentum: 0.9, decay: 0.01))
            cells.append(Cell(specification: specification, count: 17, decay: 0.01))
            switch structure {
            case .dense, .circulant, .pruned, .random:
                // Ragged shapes, which one tap may have.
                cells.append(
                    Cell(
                        specification: specification, channels: 37, outputs: 21, count: 33,
                        momentum: 0.9))
                cells.append(
                    Cell(specification: specification, channels: 5, outputs: 3, count: 125))
            default: break
            }
        }
        add(.exact, .float32)
        add(.stochastic(StochasticRule(bitCount: 8)), .float32)
        guard let format else { return cells }
        add(.exact, .fixed(format))
        add(.stochastic(StochasticRule(bitCount: 8)), .fixed(format))
        return cells
    }

    @Test(arguments: cells) func feedforwardIsTheExpandedProduct(_ cell: Cell) throws {
        let bench = try cell.bench()
        var random = Xoshiro256StarStar(seed: 2)
        bench.draw(&random)
        bench.backprop()
        bench.feedforward()
        let (matrix, bias) = (bench.matrix(.feedforward), bench.bias)
        let x = bench.rows(bench.x, cell.inputs)
        let y = bench.rows(bench.y, cell.outputs)
        for p in 0..<cell.count {
            for j in 0..<cell.outputs {
                let sum = (0..<cell.inputs).reduce(bias[j]) { $0 + matrix[j][$1] * x[$1][p] }
                #expect(abs(y[j][p] - sum) <= Self.tolerance(cell, terms: cell.inputs))
            }
        }
        #expect(bench.paddingStands)
    }

    @Test(arguments: cells) func backpropIsTheTransposedProduct(_ cell: Cell) throws {
        let bench = try cell.bench()
        var random = Xoshiro256StarStar(seed: 3)
        bench.draw(&random)
        let matrix = bench.matrix(.backprop)
        let before = bench.state
        bench.feedforward()
        bench.backprop()
        let delta = bench.rows(bench.delta, cell.outputs)
        let e = bench.rows(bench.e, cell.inputs)
        for p in 0..<cell.count {
            for i in 0..<cell.inputs {
                let sum = (0..<cell.outputs).reduce(0.0) { $0 + matrix[$1][i] * delta[$1][p] }
                #expect(abs(e[i][p] - sum) <= Self.tolerance(cell, terms: cell.outputs))
            }
        }
        #expect(bench.paddingStands)
        // Fixed point counts saturations in the parameters; here nothing saturates.
        #expect(bench.state == before)
    }

    /// UP of exact floats: W ← (1 − η λ) W − η Σ δ xᵀ on the edges that exist, summed along
    /// diagonals of circulant blocks; and v likewise. Of N:M the master, by its own law below.
    @Test(arguments: cells.filter(\.isExactFloat))
    func updatesAreTheSumOfIncrements(_ cell: Cell) throws {
        if case .pruned = cell.specification.structure { return }
        let bench = try cell.bench()
        var random = Xoshiro256StarStar(seed: 7)
        // Twice: the second finds velocities.
        var velocity = [[Double]](
            repeating: [Double](repeating: 0, count: cell.inputs), count: cell.outputs)
        for _ in 0..<2 {
            bench.draw(&random)
            let (before, bias) = (bench.matrix(.feedforward), bench.bias)
            let x = bench.rows(bench.x, cell.inputs)
            let delta = bench.rows(bench.delta, cell.outputs)
            bench.update()
            let after = bench.matrix(.feedforward)
            for j in 0..<cell.outputs {
                let row = delta[j].reduce(0, +)
                if cell.momentum == 0 {
                    #expect(abs(bench.bias[j] - (bias[j] - 0.125 * row)) < 1e-5)
                }
                // Wrapped diagonals are sums of sums: some rows will do.
                if case .circulant = cell.specification.structure, j % 5 != 0 { continue }
                for i in 0..<cell.inputs where before[j][i] != 0 {
                    let sum = Self.increment(cell, x, delta, j, i)
                    velocity[j][i] =
                        Double(cell.momentum) * velocity[j][i] + sum
                        + Double(cell.decay) * before[j][i]
                    let expected = before[j][i] - 0.125 * velocity[j][i]
                    #expect(abs(after[j][i] - expected) < 3e-5, "\(j), \(i)")
                    if cell.momentum == 0 { velocity[j][i] = 0 }
                }
            }
        }
    }

    /// The same for the master of N:M, every weight of which learns; views follow (`findings`).
    @Test(arguments: cells.filter(\.isExactFloat))
    func mastersLearnTheSumOfIncrements(_ cell: Cell) throws {
        guard case .pruned(let settings) = cell.specification.structure,
            !settings.updatesKeptOnly, settings.passes != .forward
        else { return }
        let bench = try cell.bench()
        var random = Xoshiro256StarStar(seed: 9)
        bench.draw(&random)
        let before = bench.learned
        let x = bench.rows(bench.x, cell.inputs)
        let delta = bench.rows(bench.delta, cell.outputs)
        bench.update()
        let rowStride = (cell.inputs + 15) / 16 * 16
        let after = bench.learned
        for j in 0..<cell.outputs {
            for i in 0..<cell.inputs {
                let old = Double(before[j * rowStride + i])
                let sum = Self.increment(cell, x, delta, j, i) + Double(cell.decay) * old
                let found = Double(after[j * rowStride + i])
                #expect(abs(found - (old - 0.125 * sum)) < 3e-5, "\(j), \(i)")
            }
        }
        let form = bench.shared.junction.form
        #expect(form.findings(bench.memory.parameters, bench.memory.tables) == [])
    }

    /// Σ δ xᵀ over positions, or its sum along the wrapped diagonal of a circulant block.
    private static func increment(
        _ cell: Cell, _ x: [[Double]], _ delta: [[Double]], _ row: Int, _ column: Int
    ) -> Double {
        func product(_ j: Int, _ i: Int) -> Double {
            guard j < cell.outputs, i < cell.inputs else { return 0 }
            return zip(delta[j], x[i]).reduce(0.0) { $0 + $1.0 * $1.1 }
        }
        guard case .circulant(let k) = cell.specification.structure else {
            return product(row, column)
        }
        let (top, left) = (row / k * k, column / k * k)
        return (0..<k).reduce(0.0) { sum, c in
            sum + product(top + (c + row - column % k + k * 2) % k, left + c)
        }
    }

    /// The public passes against the loop over positions. FF of patterns, N:M, circulant blocks
    /// and all of fixed point: order of rounding apart, so within the bound of the sums.
    @Test(arguments: cells) func passesAreTheirDefinition(_ cell: Cell) throws {
        let (bench, other) = (try cell.bench(), try cell.bench())
        var random = Xoshiro256StarStar(seed: 8)
        for _ in 0..<3 {
            bench.draw(&random, isSparse: true)
            other.takeSample(bench)
            bench.feedforward()
            bench.backprop()
            other.shared.defineFeedforward(
                other.memory.reading, x: other.x, y: other.y, count: cell.count, saturations: nil,
                kernels: .best)
            other.shared.defineBackprop(
                other.memory, delta: other.delta, e: other.e, count: cell.count, kernels: .best)
            #expect(other.paddingStands)
            let (found, expected) = (bench.results, other.results)
            if cell.resolution > 0 { #expect(found == expected) }
            let largest = zip(found, expected).map {
                abs(Float(bitPattern: $0) - Float(bitPattern: $1))
            }.max()
            #expect(largest ?? 0 <= 4e-6)
            bench.update()
            other.defineUpdate()
            if cell.isExactFloat {
                let far = zip(bench.learned, other.learned).map { abs($0 - $1) }.max()
                // Spectra of many positions are sums of sums, and far from 1.
                let magnitude = other.learned.map(\.magnitude).max() ?? 1
                #expect(far ?? 0 <= 4e-6 * max(magnitude, 2))
                other.takeState(bench)
            } else {
                #expect(bench.state == other.state)
            }
        }
        let form = bench.shared.junction.form
        #expect(form.findings(bench.memory.parameters, bench.memory.tables) == [])
    }

    @Test(arguments: cells) func aCopiedStateGoesOnAsTheOriginal(_ cell: Cell) throws {
        let (original, copy) = (try cell.bench(), try cell.bench(seed: 99))
        var random = Xoshiro256StarStar(seed: 5)
        func step(_ benches: [SharedBench]) {
            original.draw(&random)
            for bench in benches {
                bench.takeSample(original)
                bench.feedforward()
                bench.shared.backpropUpdate(
                    bench.memory, x: bench.x, delta: bench.delta, e: bench.e, count: cell.count,
                    rule: cell.rule, generator: bench.generator, kernels: .best)
            }
        }
        for _ in 0..<3 { step([original]) }
        copy.takeState(original)
        for _ in 0..<3 { step([original, copy]) }
        #expect(original.state == copy.state)
        #expect(original.results == copy.results)
    }

    @Test(arguments: cells) func everyKernelSetGivesTheSameBytes(_ cell: Cell) throws {
        let benches = try KernelSet.all.map { ($0, try cell.bench()) }
        var random = Xoshiro256StarStar(seed: 6)
        for _ in 0..<2 {
            benches[0].1.draw(&random, isSparse: true)
            for (kernels, bench) in benches {
                bench.takeSample(benches[0].1)
                bench.feedforward(kernels)
                bench.backprop(kernels)
                bench.update(kernels)
            }
        }
        for (kernels, bench) in benches.dropFirst() {
            #expect(bench.results == benches[0].1.results, "\(kernels.name)")
            #expect(bench.state == benches[0].1.state, "\(kernels.name)")
        }
    }

    /// Rounding of sums; in fixed point that of every product, and of transforms.
    private static func tolerance(_ cell: Cell, terms: Int) -> Double {
        guard cell.resolution > 0 else { return 1e-5 }
        if case .circulant(let k) = cell.specification.structure {
            return cell.resolution * Double(terms + 4 * k)
        }
        // x or δ rounded, and every product.
        return cell.resolution * (Double(terms) * 0.75 + 1)
    }
}
