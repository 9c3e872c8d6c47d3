// The array, clock by clock and element by element, on real numbers: slow on purpose, to check
// `TensorProcessing` against. Legend as in TensorProcessing+Product.swift.
//
// Operands enter skewed at the left (rows of the left operand) and on top (columns of the right
// one, or sums), go one element further per clock (per P clocks when P tiles take turns) and meet; that
// the right ones meet, and that no sum is taken up before its last addition is done, is a
// precondition in every element and clock. Nothing here uses the formulas: a step starts when the
// first element's sum is there, and a tile ends when the last element's last sum is.
//
// Elements outside a ragged tile pass operands on, and wait like the others; they do no work.
// A stall is a clock in which the sum that the tile's end depends on is in an adder beyond its
// first clock (OS: the last element's; WS: the first vector's in the last column), or whose turn is
// empty, or in which weights are loaded.

/// One product on a simulated array.
package struct TensorSimulation {
    /// A word of the right operand: its value, and where in its group it was (0 where dense).
    struct Word {
        var value = 0
        var index = 0
    }

    let array: TensorArray
    let product: MatrixProduct
    /// N and M along the depth; 1 and 1 where the array works densely.
    let kept: Int
    let group: Int
    /// [I, K]
    let left: [Int]
    /// Compressed along the depth: [K′, J].
    let words: [Word]
    /// Per step: where its group begins in a row of the left operand, and how many words that is.
    let groupStarts: [Int]
    let groupWords: [Int]
    /// [I, J]; partial sums of weight-stationary tiles until they are done.
    package var outcome: [Int]
    /// What was done: `dataflow` as given, the rest as it happened.
    package var counts: MatrixProductCost

    /// Runs a product with one of the two dataflows.
    /// - left: [rows, depth]
    /// - right: [depth, columns], dense: SORE selects what is kept
    package init(
        _ array: TensorArray, _ product: MatrixProduct, _ dataflow: Dataflow, left: [Int],
        right: [Int]
    ) {
        precondition(left.count == product.rows * product.depth, "[rows, depth]")
        precondition(right.count == product.depth * product.columns, "[depth, columns]")
        precondition(dataflow != .scheduled, "one of the two")
        self.array = array
        self.product = product
        self.left = left
        if case .depth(let kept, let group) = product.sparsity {
            (self.kept, self.group) = (kept, group)
        } else {
            (kept, group) = (1, 1)
        }
        words = Self.compress(right, product)
        let (kept, group) = (self.kept, self.group)
        groupStarts = (0..<product.steps).map { $0 / kept * group }
        groupWords = groupStarts.map { min(group, product.depth - $0) }
        outcome = [Int](repeating: 0, count: product.rows * product.columns)
        counts = MatrixProductCost(dataflow: dataflow)
        if dataflow == .outputStationary {
            runOutputStationary()
        } else {
            runWeightStationary()
        }
    }

    /// The right operand as the elements get it. Along columns it is stored compressed, and dense
    /// again, with zeros, when it enters the array.
    private static func compress(_ right: [Int], _ product: MatrixProduct) -> [Word] {
        let (depth, columns) = (product.depth, product.columns)
        switch product.sparsity {
        case .dense: return right.map { Word(value: $0) }
        case .depth(let kept, let group):
            var words = [Word](repeating: Word(), count: product.steps * columns)
            for column in 0..<columns {
                var step = 0
                for first in stride(from: 0, to: depth, by: group) {
                    var stack = TensorSelectionStack(kept: kept)
                    for position in 0..<min(group, depth - first) {
                        stack.take(
                            right[(first + position) * columns + column], position: position)
                    }
                    for entry in stack.selection {
                        words[step * columns + column] =
                            Word(value: entry.value, index: entry.position)
                        step += 1
                    }
                }
            }
            return words
        case .columns(let kept, let group):
            var words = [Word](repeating: Word(), count: depth * columns)
            for row in 0..<depth {
                for first in stride(from: 0, to: columns, by: group) {
                    var stack = TensorSelectionStack(kept: kept)
                    for position in 0..<min(group, columns - first) {
                        stack.take(right[row * columns + first + position], position: position)
                    }
                    for entry in stack.selection {
                        words[row * columns + first + entry.position].value = entry.value
                    }
                }
            }
            return words
        }
    }

    /// Words that are read so that `column` of a tile that starts at `first` has its word.
    func rightReads(_ column: Int, first: Int) -> Int {
        guard case .columns(let kept, let group) = product.sparsity else { return 1 }
        guard column == first || column % group == 0 else { return 0 }
        return min(kept, product.columns - column / group * group)
    }

    /// Whether a step is the first of its group.
    func beginsGroup(_ step: Int) -> Bool {
        step == 0 || groupStarts[step] != groupStarts[step - 1]
    }

    /// How many of the first of so many tiles, that do not depend on each other, take turns.
    func tilesInTurns(_ count: Int, steps: Int) -> Int {
        TensorProcessing(array, DeviceArithmetic(fixedBits: 0, floatBits: 16))
            .tilesInTurns(count, steps: steps, counts.dataflow)
    }
}

/// Numbers that lie in the array: a fixed count of them, without the checks of `Array`, which take
/// longer than what an element does in a clock.
final class TensorCells {
    private let cells: UnsafeMutableBufferPointer<Int>
    private let empty: Int

    /// `count` times `empty`.
    init(_ count: Int, empty: Int) {
        cells = .allocate(capacity: count)
        self.empty = empty
        cells.initialize(repeating: empty)
    }

    deinit { cells.deallocate() }

    subscript(_ index: Int) -> Int {
        get { cells[index] }
        set { cells[index] = newValue }
    }

    /// `empty` everywhere.
    func clear() { cells.update(repeating: empty) }
}
