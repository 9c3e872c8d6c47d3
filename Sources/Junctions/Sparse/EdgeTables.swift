// The tables of listed edges: where they lie in the workspace, and how they follow from the
// pattern. `prepare` borrows memory for the length of the call (at most four bytes per edge).
//
// Turned x and e are scratch memory that is read and written in step with the weights. A load
// whose address agrees modulo 4096 with a store that is still under way waits for it, so the
// three are kept apart modulo 4096, wherever the weights lie: BP with UP of 1024 × 1024 at 1/16
// took 6.7 µs where they met, and takes 4.6.

/// Where the tables of one junction lie; every one starts at a multiple of 64 bytes. Those that
/// the layout does not have are empty.
struct EdgeTables {
    /// list, rows: the left neuron of every weight. turned: the left neurons in the order of a
    /// sweep. columns: the left neurons memory by memory.
    let left: UnsafeMutablePointer<UInt32>
    /// list: first edges of the rows, and the number of edges.
    let starts: UnsafeMutablePointer<UInt32>?
    /// turned, columns: x in the order of `left`.
    let turned: UnsafeMutablePointer<Float>
    /// columns: where the memory of each column begins in `turned`.
    let memories: UnsafeMutablePointer<UInt32>
    /// columns: the right neuron of each clock of each group; nil where it is its own number.
    let neurons: UnsafeMutablePointer<UInt32>?
    /// columns: for each column the row that is read in each clock.
    let rowOfClock: UnsafeMutablePointer<UInt8>
    /// columns: for each column the clock in which each row is read; not for FF.
    let clockOfRow: UnsafeMutablePointer<UInt8>
    /// turned, columns: e in the order of `left`; not for FF.
    let turnedError: UnsafeMutablePointer<Float>
    /// list, rows: x and e side by side; not for FF.
    let pairs: UnsafeMutablePointer<Float>

    /// - weights: what turned x and e keep away from; nil where nobody asks for them
    @inline(__always)
    init(
        _ form: EdgeJunction, _ workspace: UnsafeMutableRawPointer,
        weights: UnsafeRawPointer? = nil
    ) {
        let bytes = EdgeTableBytes(form)
        var next = workspace
        func take<T>(_ bytes: Int, _ type: T.Type) -> UnsafeMutablePointer<T> {
            defer { next += bytes }
            return next.assumingMemoryBound(to: type)
        }
        left = take(bytes.left, UInt32.self)
        let starts = take(bytes.starts, UInt32.self)
        self.starts = bytes.starts > 0 ? starts : nil
        func apart(_ base: UnsafeMutablePointer<Float>, by distance: Int) -> UnsafeMutablePointer<
            Float
        > {
            guard let weights, bytes.slack > 0 else { return base }
            let wanted = Int(bitPattern: weights) &+ distance
            return base + ((wanted &- Int(bitPattern: base)) & 4095) / 4
        }
        turned = apart(take(bytes.turned + bytes.slack, Float.self), by: 1024)
        memories = take(bytes.memories, UInt32.self)
        let neurons = take(bytes.neurons, UInt32.self)
        self.neurons = bytes.neurons > 0 ? neurons : nil
        rowOfClock = take(bytes.columns, UInt8.self)
        clockOfRow = take(bytes.columns, UInt8.self)
        turnedError = apart(take(bytes.turned + bytes.slack, Float.self), by: 2048)
        pairs = take(bytes.pairs, Float.self)
    }
}

/// Bytes of each table, whole lines of 64.
struct EdgeTableBytes {
    private(set) var left, starts, turned, memories, neurons, columns, pairs, slack: Int

    @inline(__always)
    init(_ form: EdgeJunction) {
        (left, starts, turned, memories) = (0, 0, 0, 0)
        (neurons, columns, pairs, slack) = (0, 0, 0, 0)
        switch form.layout {
        case .list:
            left = Self.lines(4 * form.pattern.edgeCount)
            starts = Self.lines(4 * (form.outputs + 1))
            pairs = Self.lines(8 * form.inputs)
        case .rows:
            left = Self.lines(4 * form.outputs * form.rowStride)
            pairs = Self.lines(8 * form.inputs)
        case .turned:
            left = Self.lines(4 * form.inputs)
            turned = left
            slack = turned < 1024 ? 0 : 4096
        case .columns:
            left = Self.lines(4 * form.inputs)
            turned = left
            slack = turned < 1024 ? 0 : 4096
            memories = Self.lines(form.pattern.edgeCount / 4)
            let isDirect = form.pattern.inDegree == form.pattern.parallelism
            neurons = isDirect ? 0 : Self.lines(4 * 16 * form.groupCount)
            columns = Self.lines(form.pattern.edgeCount)
        }
    }

    private static func lines(_ bytes: Int) -> Int { (bytes + 63) & ~63 }
}

extension EdgeJunction {
    /// Columns that work for the same right neurons: those of one clock of one of them.
    var groupColumns: Int { min(pattern.inDegree, pattern.parallelism) }
    /// Groups of columns.
    var groupCount: Int { pattern.edgeCount / 16 / groupColumns }

    package var feedforwardBytes: Int {
        let bytes = EdgeTableBytes(self)
        return bytes.left + bytes.starts + bytes.turned + bytes.slack + bytes.memories
            + bytes.neurons + bytes.columns
    }

    package func updateBytes(_ increment: Increment) -> Int {
        let bytes = EdgeTableBytes(self)
        let tables = bytes.columns + bytes.turned + bytes.slack + bytes.pairs
        if case .stochastic(let rule) = increment { return tables + stochasticBytes(rule) }
        return tables
    }

    package func prepare(_ workspace: UnsafeMutableRawPointer, forUpdates: Bool) {
        let tables = EdgeTables(self, workspace)
        switch layout {
        case .list: pattern.fill(tables.left, starts: tables.starts)
        case .rows:
            pattern.fill(tables.left)
            spreadRows(tables.left)
        case .turned, .columns:
            withUnsafeTemporaryAllocation(of: UInt32.self, capacity: pattern.edgeCount) { edges in
                guard let edges = edges.baseAddress else { return }
                pattern.fill(edges)
                if layout == .turned {
                    // The first sweep is all there is.
                    tables.left.update(from: edges, count: inputs)
                } else {
                    fillColumns(tables, edges, forUpdates: forUpdates)
                }
            }
        }
    }

    /// From edge order to padded rows, the last first, so that nothing is overwritten unread.
    private func spreadRows(_ table: UnsafeMutablePointer<UInt32>) {
        for row in (0..<outputs).reversed() {
            for edge in (0..<rowStride).reversed() {
                table[row * rowStride + edge] =
                    edge < pattern.inDegree ? table[row * pattern.inDegree + edge] : 0
            }
        }
    }

    private func fillColumns(
        _ tables: EdgeTables, _ edges: UnsafeMutablePointer<UInt32>, forUpdates: Bool
    ) {
        let z = pattern.parallelism
        for memory in 0..<z {
            for row in 0..<16 { tables.left[16 * memory + row] = UInt32(row * z + memory) }
        }
        for column in 0..<pattern.edgeCount / 16 {
            let (sweep, lane) = column.quotientAndRemainder(dividingBy: z)
            let group = column / groupColumns
            for clock in 0..<16 {
                let edge = sweep * inputs + clock * z + lane
                let left = Int(edges[edge])
                tables.memories[column] = UInt32(16 * (left % z))
                tables.rowOfClock[16 * column + clock] = UInt8(left / z)
                if forUpdates { tables.clockOfRow[16 * column + left / z] = UInt8(clock) }
                tables.neurons?[16 * group + clock] = UInt32(edge / pattern.inDegree)
            }
        }
    }
}

/// One edge of a junction.
package struct JunctionEdge {
    /// Its neurons.
    package let left, right: Int
    /// The index of its weight.
    package let weight: Int
}

extension EdgeJunction {
    /// Calls `body` with every edge, in edge order.
    package func forEachEdge(
        _ workspace: UnsafeMutableRawPointer, _ body: (JunctionEdge) -> Void
    ) {
        let tables = EdgeTables(self, workspace)
        let (inDegree, z) = (pattern.inDegree, pattern.parallelism)
        var row = 0
        for edge in 0..<pattern.edgeCount {
            if let starts = tables.starts {
                while edge >= starts[row + 1] { row += 1 }
            } else {
                row = edge / inDegree
            }
            switch layout {
            case .list:
                body(JunctionEdge(left: Int(tables.left[edge]), right: row, weight: edge))
            case .rows:
                let weight = row * rowStride + edge % inDegree
                body(JunctionEdge(left: Int(tables.left[weight]), right: row, weight: weight))
            case .turned:
                let left = Int(tables.left[edge % inputs])
                body(JunctionEdge(left: left, right: row, weight: edge))
            case .columns:
                let (sweep, place) = edge.quotientAndRemainder(dividingBy: inputs)
                let column = sweep * z + place % z
                let weight = 16 * column + Int(tables.rowOfClock[16 * column + place / z])
                let left = Int(tables.left[Int(tables.memories[column]) + weight % 16])
                body(JunctionEdge(left: left, right: row, weight: weight))
            }
        }
    }
}
