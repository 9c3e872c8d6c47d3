// Output-stationary: every element keeps a sum; operands of a step come from the left and the top.

/// What goes from element to element.
enum TensorOperand {
    /// Nothing is there.
    static let none = -1
    /// From outside of a ragged tile: there, but no work.
    static let padding = -2
}

extension TensorSimulation {
    mutating func runOutputStationary() {
        let columnTiles = product.columns.dividedUp(by: array.columns)
        let count = product.rows.dividedUp(by: array.rows) * columnTiles
        let inTurns = tilesInTurns(count, steps: product.steps)
        var turns = OutputStationaryRun(array, inTurns: true)
        for first in stride(from: 0, to: inTurns, by: array.addClocks) {
            turns.start(first..<min(inTurns, first + array.addClocks), columnTiles)
            turns.finish(&self)
        }
        var alone = OutputStationaryRun(array, inTurns: false)
        for tile in inTurns..<count {
            alone.start(tile..<tile + 1, columnTiles)
            alone.finish(&self)
        }
    }
}

/// One tile alone, or up to P in turns.
private struct OutputStationaryRun {
    let rows: Int
    let columns: Int
    let addClocks: Int
    /// Those that are run, by turn.
    var tiles: [(row: Int, column: Int)] = []
    let inTurns: Bool
    /// Clocks from element to element.
    let hop: Int
    /// Per element and clock within a hop: where the left operand's group begins, or
    /// `TensorOperand`; and which word of the right operand, or `TensorOperand`.
    let lefts: TensorCells
    let tops: TensorCells
    /// Per element and turn: its sum, and when it can be added to again.
    let sums: TensorCells
    let ready: TensorCells
    /// Step that started in each clock, from the first; -1: none.
    var issued: [Int] = []
    var nextStep: [Int]
    let turnCount: Int

    init(_ array: TensorArray, inTurns: Bool) {
        rows = array.rows
        columns = array.columns
        addClocks = array.addClocks
        self.inTurns = inTurns
        hop = inTurns ? array.addClocks : 1
        turnCount = hop
        let elements = array.rows * array.columns
        lefts = TensorCells(elements * hop, empty: TensorOperand.none)
        tops = TensorCells(elements * hop, empty: TensorOperand.none)
        sums = TensorCells(elements * hop, empty: 0)
        ready = TensorCells(elements * hop, empty: 0)
        nextStep = [Int](repeating: 0, count: hop)
    }

    /// Empties the array for tiles, which lie `columnTiles` in a row.
    mutating func start(_ range: Range<Int>, _ columnTiles: Int) {
        tiles.removeAll(keepingCapacity: true)
        for tile in range { tiles.append((tile / columnTiles, tile % columnTiles)) }
        for cells in [lefts, tops, sums, ready] { cells.clear() }
        for turn in nextStep.indices { nextStep[turn] = 0 }
        issued.removeAll(keepingCapacity: true)
    }

    mutating func finish(_ simulation: inout TensorSimulation) {
        let steps = simulation.product.steps
        var clock = 0
        var lastStarts = 0
        var lastStart = Int.min
        while lastStarts < steps || clock < lastStart + addClocks {
            let turn = inTurns ? clock % addClocks : 0
            let isTaken = turn < tiles.count
            if !isTaken { simulation.counts.stallClocks += 1 }
            // The next step starts when the first element can take it up.
            let starts = isTaken && nextStep[turn] < steps && ready[turn] <= clock
            issued.append(starts ? nextStep[turn] : -1)
            if starts { nextStep[turn] += 1 }
            if isTaken {
                step(clock, turn, &simulation)
                // The last element: the tile ends with it (with that of the first turn).
                if lefts[(rows * columns - 1) * hop + clock % hop] != TensorOperand.none,
                    turn == 0
                {
                    lastStart = clock
                    lastStarts += 1
                } else if !inTurns && clock > lastStart && clock < lastStart &+ addClocks {
                    simulation.counts.stallClocks += 1
                }
            }
            clock += 1
        }
        simulation.counts.clocks += clock
        for turn in tiles.indices { store(turn, &simulation) }
    }

    /// One clock of all elements, the last ones first, so that each finds what its neighbours had.
    private mutating func step(
        _ clock: Int, _ turn: Int, _ simulation: inout TensorSimulation
    ) {
        let slot = clock % hop
        let tile = tiles[turn]
        for row in stride(from: rows - 1, through: 0, by: -1) {
            for column in stride(from: columns - 1, through: 0, by: -1) {
                let element = row * columns + column
                let left =
                    column == 0
                    ? enterLeft(clock, row, tile.row, &simulation)
                    : lefts[(element - 1) * hop + slot]
                let top =
                    row == 0
                    ? enterTop(clock, column, tile.column, &simulation)
                    : tops[(element - columns) * hop + slot]
                lefts[element * hop + slot] = left
                tops[element * hop + slot] = top
                precondition(
                    (left == TensorOperand.none) == (top == TensorOperand.none),
                    "operands of a step meet")
                guard left != TensorOperand.none else { continue }
                let place = element * turnCount + turn
                precondition(ready[place] <= clock, "a sum is taken up before it is there")
                ready[place] = clock + addClocks
                guard left >= 0 && top >= 0 else { continue }
                let word = simulation.words[top]
                sums[place] += word.value * simulation.left[left + word.index]
                simulation.counts.multiplications += 1
            }
        }
    }

    /// What comes to a row from the left; rows are skewed by a hop each.
    private func enterLeft(
        _ clock: Int, _ row: Int, _ tile: Int, _ simulation: inout TensorSimulation
    ) -> Int {
        let origin = clock - row * hop
        guard origin >= 0, issued[origin] >= 0 else { return TensorOperand.none }
        let step = issued[origin]
        let vector = tile * rows + row
        guard vector < simulation.product.rows else { return TensorOperand.padding }
        if simulation.beginsGroup(step) {
            simulation.counts.leftReads += simulation.groupWords[step]
        }
        return vector * simulation.product.depth + simulation.groupStarts[step]
    }

    /// What comes to a column from the top; columns are skewed by a hop each.
    private func enterTop(
        _ clock: Int, _ column: Int, _ tile: Int, _ simulation: inout TensorSimulation
    ) -> Int {
        let origin = clock - column * hop
        guard origin >= 0, issued[origin] >= 0 else { return TensorOperand.none }
        let own = tile * columns + column
        guard own < simulation.product.columns else { return TensorOperand.padding }
        simulation.counts.rightReads += simulation.rightReads(own, first: tile * columns)
        return issued[origin] * simulation.product.columns + own
    }

    /// The sums of a tile go into the outcome.
    private func store(_ turn: Int, _ simulation: inout TensorSimulation) {
        let tile = tiles[turn]
        for row in 0..<min(rows, simulation.product.rows - tile.row * rows) {
            for column in 0..<min(columns, simulation.product.columns - tile.column * columns) {
                let place = (tile.row * rows + row) * simulation.product.columns
                simulation.outcome[place + tile.column * columns + column] =
                    sums[(row * columns + column) * turnCount + turn]
                simulation.counts.outcomes += 1
            }
        }
    }
}
