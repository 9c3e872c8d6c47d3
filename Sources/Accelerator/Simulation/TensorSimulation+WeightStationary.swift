// Weight-stationary: every element keeps a word of the right operand; vectors come from the left
// and sums go down.

extension TensorSimulation {
    mutating func runWeightStationary() {
        let depthTiles = product.steps.dividedUp(by: array.rows)
        let columnTiles = product.columns.dividedUp(by: array.columns)
        let inTurns = tilesInTurns(columnTiles, steps: product.rows)
        var turns = WeightStationaryRun(array, inTurns: true)
        var alone = WeightStationaryRun(array, inTurns: false)
        for depthTile in 0..<depthTiles {
            let isLast = depthTile == depthTiles - 1
            for first in stride(from: 0, to: inTurns, by: array.addClocks) {
                turns.start(
                    depthTile, first..<min(inTurns, first + array.addClocks), isLast: isLast)
                turns.finish(&self)
            }
            for tile in inTurns..<columnTiles {
                alone.start(depthTile, tile..<tile + 1, isLast: isLast)
                alone.finish(&self)
            }
        }
    }
}

/// One tile alone, or up to P in turns: the same rows of the right operand, other columns.
private struct WeightStationaryRun {
    let rows: Int
    let columns: Int
    let addClocks: Int
    let loadsExposed: Bool
    /// Which rows of the right operand.
    var depthTile = 0
    /// Whether sums that leave are the outcome.
    var isLast = false
    /// Which columns, per turn.
    var tiles = 0..<0
    let inTurns: Bool
    /// Clocks from element to element, to the right. Downwards it is P, the addition itself.
    let hop: Int
    /// Per turn and element: index of a word, or `TensorOperand`.
    let weights: TensorCells
    /// Per element and clock within a hop: a vector, or `TensorOperand`; vectors outside do not
    /// exist, so `padding` is not used.
    let lefts: TensorCells
    /// Per element and clock within an addition: the vector whose sum was begun, and the sum.
    let vectors: TensorCells
    let sums: TensorCells

    init(_ array: TensorArray, inTurns: Bool) {
        rows = array.rows
        columns = array.columns
        addClocks = array.addClocks
        loadsExposed = !array.doubleBuffers
        self.inTurns = inTurns
        hop = inTurns ? array.addClocks : 1
        let elements = array.rows * array.columns
        weights = TensorCells(elements * hop, empty: TensorOperand.padding)
        lefts = TensorCells(elements * hop, empty: TensorOperand.none)
        vectors = TensorCells(elements * array.addClocks, empty: TensorOperand.none)
        sums = TensorCells(elements * array.addClocks, empty: 0)
    }

    /// Empties the array for tiles.
    mutating func start(_ depthTile: Int, _ tiles: Range<Int>, isLast: Bool) {
        self.depthTile = depthTile
        self.tiles = tiles
        self.isLast = isLast
        lefts.clear()
        vectors.clear()
    }

    /// Shifts a tile's words in from the top, the last row first, a row per clock.
    private mutating func load(_ turn: Int, _ simulation: inout TensorSimulation) {
        let base = turn * rows * columns
        for entering in stride(from: rows - 1, through: 0, by: -1) {
            for element in stride(from: rows * columns - 1, through: columns, by: -1) {
                weights[base + element] = weights[base + element - columns]
            }
            let step = depthTile * rows + entering
            let first = (tiles.lowerBound + turn) * columns
            for column in 0..<columns {
                let own = first + column
                let exists =
                    step < simulation.product.steps && own < simulation.product.columns
                weights[base + column] =
                    exists ? step * simulation.product.columns + own : TensorOperand.padding
                if exists {
                    simulation.counts.rightReads += simulation.rightReads(own, first: first)
                }
            }
            if loadsExposed {
                simulation.counts.clocks += 1
                simulation.counts.stallClocks += 1
            }
        }
    }

    mutating func finish(_ simulation: inout TensorSimulation) {
        for turn in 0..<tiles.count { load(turn, &simulation) }
        let count = simulation.product.rows
        var clock = 0
        var lastStart = Int.min
        var end = Int.max
        // When the first vector's sum in the last column was last taken up.
        var firstStart = Int.min
        var firstRow = -1
        while clock < end {
            let turn = inTurns ? clock % addClocks : 0
            let isTaken = turn < tiles.count
            if !isTaken { simulation.counts.stallClocks += 1 }
            if isTaken { step(clock, turn, &simulation) }
            if turn == 0 {
                let slot = clock % hop
                var isStart = false
                for row in 0..<rows
                where row > firstRow && lefts[((row + 1) * columns - 1) * hop + slot] == 0 {
                    (firstStart, firstRow, isStart) = (clock, row, true)
                }
                if !inTurns && !isStart && clock < firstStart &+ addClocks && firstRow >= 0 {
                    simulation.counts.stallClocks += 1
                }
                if lefts[(rows * columns - 1) * hop + slot] == count - 1 {
                    lastStart = clock
                    end = lastStart + addClocks
                }
            }
            clock += 1
        }
        simulation.counts.clocks += clock
    }

    /// One clock of all elements, the last ones first, so that each finds what its neighbours had.
    private mutating func step(
        _ clock: Int, _ turn: Int, _ simulation: inout TensorSimulation
    ) {
        let (slot, sumSlot) = (clock % hop, clock % addClocks)
        for row in stride(from: rows - 1, through: 0, by: -1) {
            for column in stride(from: columns - 1, through: 0, by: -1) {
                let element = row * columns + column
                let vector =
                    column == 0
                    ? enterLeft(clock, row, turn, &simulation)
                    : lefts[(element - 1) * hop + slot]
                lefts[element * hop + slot] = vector
                var sum = 0
                if row > 0 {
                    let above = (element - columns) * addClocks + sumSlot
                    precondition(vectors[above] == vector, "a vector meets its own sum")
                    sum = sums[above]
                } else if vector >= 0 {
                    sum = enterSum(
                        vector, (tiles.lowerBound + turn) * columns + column, &simulation)
                }
                vectors[element * addClocks + sumSlot] = vector
                guard vector >= 0 else { continue }
                let weight = weights[turn * rows * columns + element]
                if weight >= 0 {
                    let word = simulation.words[weight]
                    let group = simulation.groupStarts[depthTile * rows + row]
                    sum +=
                        word.value
                        * simulation.left[vector * simulation.product.depth + group + word.index]
                    simulation.counts.multiplications += 1
                }
                sums[element * addClocks + sumSlot] = sum
                if row == rows - 1 {
                    leave(sum, vector, (tiles.lowerBound + turn) * columns + column, &simulation)
                }
            }
        }
    }

    /// The vector that comes to a row; rows are skewed by an addition each.
    private func enterLeft(
        _ clock: Int, _ row: Int, _ turn: Int, _ simulation: inout TensorSimulation
    ) -> Int {
        let origin = clock - row * addClocks
        guard origin >= 0 else { return TensorOperand.none }
        let vector = inTurns ? origin / addClocks : origin
        guard vector < simulation.product.rows else { return TensorOperand.none }
        let step = depthTile * rows + row
        // Rows of a tile that need words of the same group share its read.
        if step < simulation.product.steps && (row == 0 || simulation.beginsGroup(step)) {
            simulation.counts.leftReads += simulation.groupWords[step]
        }
        return vector
    }

    /// What a sum starts with above the first row.
    private func enterSum(
        _ vector: Int, _ column: Int, _ simulation: inout TensorSimulation
    ) -> Int {
        guard depthTile > 0, column < simulation.product.columns else { return 0 }
        simulation.counts.sumReads += 1
        return simulation.outcome[vector * simulation.product.columns + column]
    }

    /// A sum comes out under the last row.
    private func leave(
        _ sum: Int, _ vector: Int, _ column: Int, _ simulation: inout TensorSimulation
    ) {
        guard column < simulation.product.columns else { return }
        simulation.outcome[vector * simulation.product.columns + column] = sum
        if isLast {
            simulation.counts.outcomes += 1
        } else {
            simulation.counts.sumWrites += 1
        }
    }
}
