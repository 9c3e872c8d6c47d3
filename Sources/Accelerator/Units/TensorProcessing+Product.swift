// One matrix product on the array: clocks, stalls, actions of every dataflow.
//
// Legend: [I, K] × [K, J] on R × Cc elements, P clocks per addition, K′ = K or, where the right
// operand is N:M along the depth, N/M of it; S = R + Cc − 2, what the last element starts later
// than the first, as operands are skewed and go one element further per clock.
//
//   output-stationary  ⌈I/R⌉·⌈J/Cc⌉ tiles of n = K′ steps; an element keeps one sum of the outcome
//   weight-stationary  ⌈K′/R⌉·⌈J/Cc⌉ tiles of n = I steps; an element keeps one right operand, and
//                      the sums of a tile of rows re-enter above the next
//
//   A tile without waits takes n + S clocks.
//
// Waits. A sum can be added to again P clocks after its last addition began.
//   alone    one tile at a time. OS: every step waits for the sum, P·n + S. WS: consecutive steps
//            are different sums, but a sum waits in each of the R elements of its way down:
//            n + P·R + Cc − 2. A tile ends when its last sum is there.
//   in turns (interleaved) P independent tiles take turns clock by clock, registers between
//            elements are P deep: P·(n + S) for P tiles, so n + S each. The last tiles, fewer than
//            P, do so with empty turns, P·(n + S), or go alone, whichever is shorter. Independent
//            are all tiles of OS, and in WS those over the same rows of the right operand.
//            The last turn's sum is there up to P − 1 clocks later; they fall into what follows.
//
// Loading. Without double buffering R clocks per tile of WS; with it none: the next tile's words
// are shifted in meanwhile, the first ones during whatever was before.

/// A product of a left operand [rows, depth] and a right one [depth, columns].
package struct MatrixProduct: Equatable, Hashable, Sendable {
    /// Which part of the right operand is kept; groups are of consecutive words, a ragged last one
    /// keeps N or all that it has.
    package enum Sparsity: Equatable, Hashable, Sendable {
        /// All of it.
        case dense
        /// N of M along the depth of the sum: the array does N/M of the work.
        case depth(kept: Int, group: Int)
        /// N of M along the columns: stored so, multiplied as if dense (BP by FF's view).
        case columns(kept: Int, group: Int)
    }

    /// I
    package let rows: Int
    /// K
    package let depth: Int
    /// J
    package let columns: Int
    /// Of the right operand.
    package let sparsity: Sparsity

    /// All sizes at least 1.
    package init(rows: Int, depth: Int, columns: Int, sparsity: Sparsity = .dense) {
        precondition(rows > 0 && depth > 0 && columns > 0, "an empty product")
        self.rows = rows
        self.depth = depth
        self.columns = columns
        self.sparsity = sparsity
    }

    /// The same with a dense right operand.
    package var dense: MatrixProduct {
        MatrixProduct(rows: rows, depth: depth, columns: columns)
    }

    /// K′: steps of a sum.
    package var steps: Int {
        guard case .depth(let kept, let group) = sparsity else { return depth }
        return Self.kept(kept, group, of: depth)
    }

    /// Words kept of `count` consecutive ones.
    package static func kept(_ kept: Int, _ group: Int, of count: Int) -> Int {
        count / group * kept + min(kept, count % group)
    }
}

/// What a product takes.
package struct MatrixProductCost: Equatable, Sendable {
    /// Which operand stays; never `scheduled`.
    package var dataflow: Dataflow
    package var clocks = 0
    /// The part of `clocks` beyond n + S per tile: waits for sums, empty turns, loading.
    package var stallClocks = 0
    /// As many additions.
    package var multiplications = 0
    /// Words of the left operand that are read. One of M activations comes into an element with
    /// its whole group, so a group is read whole by each tile that needs a word of it.
    package var leftReads = 0
    /// Words of the right operand that are read, compressed where it is N:M.
    package var rightReads = 0
    /// Sums that re-enter the array above the next tile; they left it before.
    package var sumReads = 0
    package var sumWrites = 0
    /// Words of the outcome: I·J.
    package var outcomes = 0

    package init(dataflow: Dataflow) { self.dataflow = dataflow }
}

extension TensorProcessing {
    /// A product with the array's dataflow; `scheduled`: the one with fewer clocks, of equal ones
    /// the one that stalls less, then output-stationary.
    package func cost(of product: MatrixProduct) -> MatrixProductCost {
        switch array.dataflow {
        case .outputStationary, .weightStationary: return cost(of: product, array.dataflow)
        case .scheduled:
            let output = cost(of: product, .outputStationary)
            let weight = cost(of: product, .weightStationary)
            return (weight.clocks, weight.stallClocks) < (output.clocks, output.stallClocks)
                ? weight : output
        }
    }

    /// A product with a given dataflow, not `scheduled`.
    package func cost(of product: MatrixProduct, _ dataflow: Dataflow) -> MatrixProductCost {
        precondition(dataflow != .scheduled, "one of the two")
        var cost = MatrixProductCost(dataflow: dataflow)
        let rowTiles = product.rows.dividedUp(by: array.rows)
        let depthTiles = product.steps.dividedUp(by: array.rows)
        let columnTiles = product.columns.dividedUp(by: array.columns)
        cost.multiplications = product.rows * product.steps * product.columns
        cost.outcomes = product.rows * product.columns
        if dataflow == .outputStationary {
            add(rowTiles * columnTiles, steps: product.steps, to: &cost)
            cost.leftReads = product.rows * product.depth * columnTiles
            cost.rightReads = rightWords(product) * rowTiles
        } else {
            for _ in 0..<depthTiles { add(columnTiles, steps: product.rows, to: &cost) }
            cost.leftReads = product.rows * leftWords(product) * columnTiles
            cost.rightReads = rightWords(product)
            cost.sumReads = cost.outcomes * (depthTiles - 1)
            cost.sumWrites = cost.sumReads
        }
        return cost
    }

    /// How many of the last tiles go in turns: P at a time, and the rest where that is shorter.
    package func tilesInTurns(_ count: Int, steps: Int, _ dataflow: Dataflow) -> Int {
        guard array.interleaves else { return 0 }
        let rest = count % array.addClocks
        let inTurns = array.addClocks * tileClocks(steps)
        return inTurns < rest * aloneClocks(steps, dataflow) ? count : count - rest
    }

    /// Adds `count` tiles that do not depend on each other.
    private func add(_ count: Int, steps: Int, to cost: inout MatrixProductCost) {
        let inTurns = tilesInTurns(count, steps: steps, cost.dataflow)
        let rounds = inTurns.dividedUp(by: array.addClocks)
        let loads =
            cost.dataflow == .weightStationary && !array.doubleBuffers ? array.rows * count : 0
        let clocks =
            rounds * array.addClocks * tileClocks(steps)
            + (count - inTurns) * aloneClocks(steps, cost.dataflow) + loads
        cost.clocks += clocks
        cost.stallClocks += clocks - count * tileClocks(steps)
    }

    /// n + S
    private func tileClocks(_ steps: Int) -> Int { steps + array.rows + array.columns - 2 }

    /// Clocks of a tile that has the array for itself.
    private func aloneClocks(_ steps: Int, _ dataflow: Dataflow) -> Int {
        dataflow == .outputStationary
            ? array.addClocks * steps + array.rows + array.columns - 2
            : steps + array.addClocks * array.rows + array.columns - 2
    }

    /// Words of a row of the left operand that weight-stationary tiles of one column read: K, and
    /// once more every group that lies in two tiles.
    private func leftWords(_ product: MatrixProduct) -> Int {
        guard case .depth(let kept, let group) = product.sparsity else { return product.depth }
        var words = product.depth
        for edge in stride(from: array.rows, to: product.steps, by: array.rows)
        where edge % kept != 0 {
            words += min(group, product.depth - edge / kept * group)
        }
        return words
    }

    /// Words of the right operand as stored; along columns a group in two tiles counts twice.
    private func rightWords(_ product: MatrixProduct) -> Int {
        guard case .columns(let kept, let group) = product.sparsity else {
            return product.steps * product.columns
        }
        var words = MatrixProduct.kept(kept, group, of: product.columns)
        for edge in stride(from: array.columns, to: product.columns, by: array.columns)
        where edge % group != 0 {
            words += min(kept, product.columns - edge / group * group)
        }
        return words * product.depth
    }
}

extension Int {
    /// ⌈self / divisor⌉ of what is not negative.
    func dividedUp(by divisor: Int) -> Int { (self + divisor - 1) / divisor }
}
