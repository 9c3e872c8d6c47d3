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
        let tiles = Array(0..<product.rows.dividedUp(by: array.rows) * columnTiles)
        var groups: [(ArraySlice<Int>, Bool)] = []
        schedule(tiles, steps: product.steps) { groups.append(($0, $1)) }
        for (tiles, inTurns) in groups {
            var run = OutputStationaryRun(
                array, tiles.map { ($0 / columnTiles, $0 % columnTiles) }, inTurns: inTurns)
            run.finish(&self)
        }
    }
}

/// One tile alone, or up to P in turns.
private struct OutputStationaryRun {
    let rows: Int
    let columns: Int
    let addClocks: Int
    let tiles: [(row: Int, column: Int)]
    let inTurns: Bool
    /// Clocks from element to element.
    let hop: Int
    /// Per element and clock within a hop: where the left operand's group begins, or
    /// `TensorOperand`; and which word of the right operand, or `TensorOperand`.
    var lefts: [Int]
    var tops: [Int]
    /// Per element and turn: its sum, and when it can be added to again.
    var sums: [Int]
    var ready: [Int]
    /// Step that started in each clock, from the first; -1: none.
    var issued: [Int] = []
    var nextStep: [Int]

    init(_ array: TensorArray, _ tiles: [(row: Int, column: Int)], inTurns: Bool) {
        rows = array.rows
        columns = array.columns
        addClocks = array.addClocks
        self.tiles = tiles
        self.inTurns = inTurns
        hop = inTurns ? array.addClocks : 1
        let elements = array.rows * array.columns
        lefts = [Int](repeating: TensorOperand.none, count: elements * hop)
        tops = lefts
        sums = [Int](repeating: 0, count: elements * tiles.count)
        ready = sums
        nextStep = [Int](repeating: 0, count: tiles.count)
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
                let place = element * tiles.count + turn
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
        if step % simulation.kept == 0 {
            simulation.counts.leftReads += simulation.leftWords(step)
        }
        return vector * simulation.product.depth + step / simulation.kept * simulation.group
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
                    sums[(row * columns + column) * tiles.count + turn]
                simulation.counts.outcomes += 1
            }
        }
    }
}
