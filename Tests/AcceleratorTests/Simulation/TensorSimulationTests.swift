// Goal: clocks, stalls, actions and accesses of every small product are those of the array that is
// stepped element by element, and what comes out is the product with what SORE should keep.
// Method: all shapes up to 16 on all arrays up to 4 × 4 with all patterns and several adders; the
// masked product is formed here, by sorting.

import Accelerator
import Arithmetic
import Testing

/// A right operand without what is dropped: of every group the N largest magnitudes stay, of equal
/// ones the first.
func masked(_ right: [Int], _ product: MatrixProduct) -> [Int] {
    let (depth, columns) = (product.depth, product.columns)
    var result = right
    func keep(_ kept: Int, _ places: [Int]) {
        let order = places.indices.sorted {
            let (a, b) = (right[places[$0]].magnitude, right[places[$1]].magnitude)
            return a != b ? a > b : $0 < $1
        }
        for index in order.dropFirst(kept) { result[places[index]] = 0 }
    }
    switch product.sparsity {
    case .dense: break
    case .depth(let kept, let group):
        for column in 0..<columns {
            for first in stride(from: 0, to: depth, by: group) {
                keep(kept, (first..<min(depth, first + group)).map { $0 * columns + column })
            }
        }
    case .columns(let kept, let group):
        for row in 0..<depth {
            for first in stride(from: 0, to: columns, by: group) {
                keep(kept, (first..<min(columns, first + group)).map { row * columns + $0 })
            }
        }
    }
    return result
}

@Suite struct TensorSimulationTests {
    static let patterns: [MatrixProduct.Sparsity] =
        [.dense]
        + [(1, 4), (2, 4), (1, 8), (2, 8), (4, 8), (2, 16)].map {
            .depth(kept: $0.0, group: $0.1)
        }

    struct Shape: CustomTestStringConvertible {
        var rows, columns: Int
        var testDescription: String { "\(rows) × \(columns)" }
    }

    /// R and Cc up to 4.
    static let shapes = (1...4).flatMap { rows in (1...4).map { Shape(rows: rows, columns: $0) } }

    static func array(
        _ shape: Shape, addClocks: Int, interleaves: Bool, doubleBuffers: Bool
    ) -> TensorArray {
        TensorArray(
            rows: shape.rows, columns: shape.columns, addClocks: addClocks, reductionLanes: 1,
            updateLanes: 1, interleaves: interleaves, doubleBuffers: doubleBuffers)
    }

    /// Small whole numbers, with equal magnitudes and zeros among them.
    static func numbers(_ count: Int, _ generator: inout SplitMix64) -> [Int] {
        (0..<count).map { _ in Int(generator.next() % 11) - 5 }
    }

    /// Both dataflows on one array; false where anything differs.
    static func agrees(
        _ array: TensorArray, _ product: MatrixProduct, _ left: [Int], _ right: [Int],
        _ expected: [Int]
    ) -> Bool {
        let processing = TensorProcessing(array, DeviceArithmetic(fixedBits: 0, floatBits: 16))
        for dataflow in [Dataflow.outputStationary, .weightStationary] {
            let simulation = TensorSimulation(
                array, product, dataflow, left: left, right: right)
            guard simulation.outcome == expected else { return false }
            guard simulation.counts == processing.cost(of: product, dataflow) else {
                return false
            }
        }
        return true
    }

    static func product(_ left: [Int], _ right: [Int], _ product: MatrixProduct) -> [Int] {
        let kept = masked(right, product)
        var result = [Int](repeating: 0, count: product.rows * product.columns)
        for i in 0..<product.rows {
            for k in 0..<product.depth {
                for j in 0..<product.columns {
                    result[i * product.columns + j] +=
                        left[i * product.depth + k] * kept[k * product.columns + j]
                }
            }
        }
        return result
    }

    /// Adders and mappings: P, in turns or not, loads hidden or not.
    static let mappings: [(addClocks: Int, interleaves: Bool, doubleBuffers: Bool)] =
        [(1, true, true), (1, true, false)]
        + (2...4).flatMap { [($0, true, true), ($0, false, $0 != 3)] }

    /// I and J for which all mappings are run: every remainder by R and Cc up to 4, and tiles
    /// for none, one and two rounds of P.
    static let sizes: Set<Int> = [1, 2, 3, 4, 5, 8]
    /// For all others: with empty turns, and with waits for sums and loads.
    static let waiting = mappings.filter {
        $0.addClocks == 4 && $0.interleaves || $0.addClocks == 3 && !$0.interleaves
    }

    @Test(arguments: shapes) func everySmallProductAgrees(_ shape: Shape) {
        var generator = SplitMix64(seed: 4_001)
        var (checked, wrong) = (0, [String]())
        for sparsity in Self.patterns {
            var step = 1
            if case .depth(_, let group) = sparsity { step = group }
            for depth in stride(from: step, through: 16, by: step) {
                for rows in 1...16 {
                    for columns in 1...16 {
                        let product = MatrixProduct(
                            rows: rows, depth: depth, columns: columns, sparsity: sparsity)
                        let left = Self.numbers(rows * depth, &generator)
                        let right = Self.numbers(depth * columns, &generator)
                        let expected = Self.product(left, right, product)
                        let isSmall = Self.sizes.contains(rows) && Self.sizes.contains(columns)
                        for mapping in isSmall ? Self.mappings : Self.waiting {
                            let array = Self.array(
                                shape, addClocks: mapping.addClocks,
                                interleaves: mapping.interleaves,
                                doubleBuffers: mapping.doubleBuffers)
                            checked += 1
                            if !Self.agrees(array, product, left, right, expected) {
                                wrong.append("\(product) \(mapping)")
                            }
                        }
                    }
                }
            }
        }
        #expect(checked == (16 + 4 * 2 + 2 * 3 + 1) * (36 * 8 + (256 - 36) * 2))
        #expect(wrong.isEmpty, "\(wrong.count), the first: \(wrong.first ?? "")")
    }

    @Test(arguments: shapes) func raggedGroupsAndGroupsAlongColumnsAgree(_ shape: Shape) {
        var generator = SplitMix64(seed: 4_002)
        let array = Self.array(shape, addClocks: 2, interleaves: true, doubleBuffers: true)
        var wrong: [String] = []
        for (kept, group) in [(1, 4), (2, 4), (2, 8), (4, 8), (2, 16)] {
            for size in 1...19 {
                for sparsity in [
                    MatrixProduct.Sparsity.depth(kept: kept, group: group),
                    .columns(kept: kept, group: group),
                ] {
                    let along = sparsity == .depth(kept: kept, group: group)
                    let product = MatrixProduct(
                        rows: 5, depth: along ? size : 3, columns: along ? 3 : size,
                        sparsity: sparsity)
                    let left = Self.numbers(product.rows * product.depth, &generator)
                    let right = Self.numbers(product.depth * product.columns, &generator)
                    let expected = Self.product(left, right, product)
                    if !Self.agrees(array, product, left, right, expected) {
                        wrong.append("\(product)")
                    }
                }
            }
        }
        #expect(wrong.isEmpty, "\(wrong.count), the first: \(wrong.first ?? "")")
    }
}
