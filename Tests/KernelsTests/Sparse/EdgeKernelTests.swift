// Every set against the definition, bit by bit, over listed edges, sweeps and columns; and the
// kernels for one order of sweeps against those for any list of edges.

import Arithmetic
import Kernels
import Testing

/// Tables and numbers for one shape: rows of `inDegree` edges, left neurons of a row all
/// different.
private struct EdgeNumbers {
    let inputs, outputs, inDegree: Int
    let rowStride: Int
    let left: [UInt32]
    let w, velocity, bias, biasVelocity, x, delta: Floats

    /// - order: every row reads the next stretch of this order of the left neurons; nil: any
    init(
        inputs: Int, outputs: Int, inDegree: Int, values: Values, seed: UInt64,
        order: [UInt32]? = nil
    ) {
        var random = Xoshiro256StarStar(seed: seed)
        (self.inputs, self.outputs, self.inDegree) = (inputs, outputs, inDegree)
        rowStride = (inDegree + 15) / 16 * 16
        let stride = rowStride
        var table = [UInt32](repeating: 0, count: outputs * stride)
        var all = (0..<UInt32(inputs)).map { $0 }
        for row in 0..<outputs {
            for k in 0..<inDegree {
                if let order {
                    table[row * stride + k] = order[(row * inDegree + k) % inputs]
                } else {
                    all.swapAt(k, k + random.index(below: inputs - k))
                    table[row * stride + k] = all[k]
                }
            }
        }
        left = table
        let matrix: (inout Xoshiro256StarStar) -> Floats = { random in
            Floats(outputs * stride) { $0 % stride < inDegree ? values.next(&random) : 0 }
        }
        w = matrix(&random)
        velocity = matrix(&random)
        bias = Floats(outputs) { _ in values.next(&random) }
        biasVelocity = Floats(outputs) { _ in values.next(&random) }
        x = Floats(inputs) { _ in values.next(&random) }
        delta = Floats(outputs) { _ in values.next(&random) }
    }
}

struct EdgeKernelTests {
    static let shapes = [(1, 1, 1), (20, 7, 3), (40, 9, 16), (50, 18, 33), (64, 40, 64)]
    static let rules: [(hasError: Bool, decay: Float)] = [
        (true, 0), (false, 0), (true, 0.125), (false, 0.01),
    ]

    private func set(_ name: String) throws -> EdgeKernels {
        try #require(KernelSet.all.first { $0.name == name }).edge
    }

    @Test(arguments: KernelSet.all.map(\.name), Values.allCases)
    func listedEdges(name: String, values: Values) throws {
        for (inputs, outputs, inDegree) in Self.shapes {
            for (hasError, decay) in Self.rules {
                let run = { (kernels: EdgeKernels, momentum: Bool) -> [[UInt32]] in
                    let n = EdgeNumbers(
                        inputs: inputs, outputs: outputs, inDegree: inDegree, values: values,
                        seed: 3)
                    let y = Floats(outputs)
                    let e = Floats(inputs) { _ in 7 }
                    let pairs = Floats(2 * inputs) { _ in 7 }
                    let error = hasError ? e.pointer : nil
                    kernels.feedforward(
                        n.w.pointer, n.bias.pointer, n.left, nil, n.x.pointer, y.pointer, outputs,
                        n.rowStride, inDegree)
                    if momentum {
                        kernels.backpropUpdateMomentum(
                            n.w.pointer, n.velocity.pointer, n.bias.pointer,
                            n.biasVelocity.pointer, n.left, nil, n.x.pointer, n.delta.pointer,
                            error, inputs, outputs, n.rowStride, inDegree, 0.05, 0.9, decay)
                    } else {
                        kernels.backpropUpdate(
                            n.w.pointer, n.bias.pointer, n.left, nil, n.x.pointer,
                            n.delta.pointer, error, pairs.pointer, inputs, outputs, n.rowStride,
                            inDegree, 0.05,
                            decay)
                    }
                    #expect(y.guardsStand && e.guardsStand && n.w.guardsStand && pairs.guardsStand)
                    #expect(y.padsAreZero)
                    return [
                        y.bits, e.bits, n.w.bits, n.velocity.bits, n.bias.bits,
                        n.biasVelocity.bits,
                    ]
                }
                for momentum in [false, true] {
                    let found = run(try set(name), momentum)
                    #expect(
                        firstDifference(found, run(KernelSet.plain.edge, momentum)) == nil,
                        "\(inputs)-\(outputs), \(inDegree), \(hasError), \(decay), \(momentum)")
                }
            }
        }
    }

    /// With row starts instead of a stride: the same edges, one behind the other, the last row cut.
    @Test(arguments: KernelSet.all.map(\.name), Values.allCases)
    func rowsOfAnyLength(name: String, values: Values) throws {
        let starts: [UInt32] = [0, 0, 5, 21, 22, 55, 55, 87, 90]
        let (inputs, outputs) = (64, 8)
        var random = Xoshiro256StarStar(seed: 8)
        var left = [UInt32](repeating: 0, count: 90)
        for row in 0..<outputs {
            let first = random.index(below: 64)
            for k in starts[row]..<starts[row + 1] {
                left[Int(k)] = UInt32((first + Int(k) * 5) % 64)
            }
        }
        let run = { (kernels: EdgeKernels) -> [[UInt32]] in
            var random = Xoshiro256StarStar(seed: 9)
            let w = Floats(90) { _ in values.next(&random) }
            let velocity = Floats(90) { _ in values.next(&random) }
            let (bias, biasVelocity) = (Floats(8) { _ in 1 }, Floats(8) { _ in 0.5 })
            let x = Floats(inputs) { _ in values.next(&random) }
            let delta = Floats(outputs) { _ in values.next(&random) }
            let (y, e, pairs) = (Floats(outputs), Floats(inputs), Floats(2 * inputs))
            kernels.feedforward(
                w.pointer, bias.pointer, left, starts, x.pointer, y.pointer, outputs, 0, 0)
            kernels.backpropUpdate(
                w.pointer, bias.pointer, left, starts, x.pointer, delta.pointer, e.pointer,
                pairs.pointer, inputs,
                outputs, 0, 0, 0.1, 0.25)
            let first = e.bits
            kernels.backpropUpdateMomentum(
                w.pointer, velocity.pointer, bias.pointer, biasVelocity.pointer, left, starts,
                x.pointer, delta.pointer, e.pointer, inputs, outputs, 0, 0, 0.1, 0.5, 0)
            #expect(w.guardsStand && e.guardsStand && y.guardsStand)
            return [y.bits, first, e.bits, w.bits, velocity.bits, bias.bits]
        }
        #expect(firstDifference(run(try set(name)), run(KernelSet.plain.edge)) == nil)
    }

    /// What every sweep reads in one order: the same bytes as from the list of edges.
    @Test(arguments: KernelSet.all.map(\.name), Values.allCases)
    func oneOrderForAllSweeps(name: String, values: Values) throws {
        let kernels = try set(name)
        for (inputs, outputs, inDegree) in [(16, 3, 16), (64, 12, 16), (96, 70, 48), (640, 41, 16)]
        {
            var random = Xoshiro256StarStar(seed: 6)
            var order = (0..<UInt32(inputs)).map { $0 }
            for i in 0..<inputs { order.swapAt(i, i + random.index(below: inputs - i)) }
            for (hasError, decay) in Self.rules {
                for momentum in [false, true] {
                    let run = { (isTurned: Bool) -> [[UInt32]] in
                        let n = EdgeNumbers(
                            inputs: inputs, outputs: outputs, inDegree: inDegree, values: values,
                            seed: 4, order: order)
                        return isTurned
                            ? turned(n, kernels, order, hasError, momentum, decay)
                            : listed(n, KernelSet.plain.edge, hasError, momentum, decay)
                    }
                    #expect(
                        firstDifference(run(true), run(false)) == nil,
                        "\(inputs)-\(outputs), \(inDegree), \(hasError), \(decay), \(momentum)")
                }
            }
        }
    }

    private func listed(
        _ n: EdgeNumbers, _ kernels: EdgeKernels, _ hasError: Bool, _ momentum: Bool,
        _ decay: Float
    ) -> [[UInt32]] {
        let (y, e, pairs) = (Floats(n.outputs), Floats(n.inputs), Floats(2 * n.inputs))
        kernels.feedforward(
            n.w.pointer, n.bias.pointer, n.left, nil, n.x.pointer, y.pointer, n.outputs,
            n.rowStride, n.inDegree)
        if momentum {
            kernels.backpropUpdateMomentum(
                n.w.pointer, n.velocity.pointer, n.bias.pointer, n.biasVelocity.pointer, n.left,
                nil, n.x.pointer, n.delta.pointer, hasError ? e.pointer : nil, n.inputs,
                n.outputs, n.rowStride, n.inDegree, 0.05, 0.9, decay)
        } else {
            kernels.backpropUpdate(
                n.w.pointer, n.bias.pointer, n.left, nil, n.x.pointer, n.delta.pointer,
                hasError ? e.pointer : nil, pairs.pointer, n.inputs, n.outputs, n.rowStride,
                n.inDegree, 0.05,
                decay)
        }
        return [y.bits, e.bits, n.w.bits, n.velocity.bits, n.bias.bits, n.biasVelocity.bits]
    }

    private func turned(
        _ n: EdgeNumbers, _ kernels: EdgeKernels, _ order: [UInt32], _ hasError: Bool,
        _ momentum: Bool, _ decay: Float
    ) -> [[UInt32]] {
        let (y, e) = (Floats(n.outputs), Floats(n.inputs))
        let (x, error) = (Floats(n.inputs), Floats(n.inputs) { _ in 7 })
        let errorPointer = hasError ? error.pointer : nil
        kernels.turn(n.x.pointer, order, x.pointer, n.inputs)
        kernels.turnedFeedforward(
            n.w.pointer, n.bias.pointer, x.pointer, y.pointer, n.inputs, n.outputs, n.inDegree)
        if momentum {
            kernels.turnedBackpropUpdateMomentum(
                n.w.pointer, n.velocity.pointer, n.bias.pointer, n.biasVelocity.pointer,
                x.pointer, n.delta.pointer, errorPointer, n.inputs, n.outputs, n.inDegree, 0.05,
                0.9, decay)
        } else {
            kernels.turnedBackpropUpdate(
                n.w.pointer, n.bias.pointer, x.pointer, n.delta.pointer, errorPointer, n.inputs,
                n.outputs, n.inDegree, 0.05, decay)
        }
        if hasError { kernels.turnBack(error.pointer, order, e.pointer, n.inputs) }
        #expect(y.guardsStand && e.guardsStand && error.guardsStand && n.w.guardsStand)
        return [y.bits, e.bits, n.w.bits, n.velocity.bits, n.bias.bits, n.biasVelocity.bits]
    }

    @Test(arguments: KernelSet.all.map(\.name), [1, 5, 16, 37, 64])
    func sixteenRowsMemoryByMemory(name: String, memories: Int) throws {
        let kernels = try set(name)
        let from = Floats(16 * memories) { Float($0) }
        let (to, back) = (Floats(16 * memories), Floats(16 * memories))
        kernels.rowsToMemories(from.pointer, to.pointer, memories)
        kernels.memoriesToRows(to.pointer, back.pointer, memories)
        for row in 0..<16 {
            for memory in 0..<memories {
                #expect(to.pointer[16 * memory + row] == Float(row * memories + memory))
            }
        }
        #expect(back.bits == from.bits && to.guardsStand && back.guardsStand)
    }

    /// Columns of sixteen rows in random orders, with right neurons in order, apart, or repeated.
    @Test(arguments: KernelSet.all.map(\.name), Values.allCases)
    func columns(name: String, values: Values) throws {
        for (lanes, sweeps, groupColumns) in [(1, 1, 1), (3, 2, 3), (6, 3, 2), (20, 2, 10)] {
            for clocksPerNeuron in [1, 4] {
                let inputs = 16 * lanes
                let groups = lanes * sweeps / groupColumns
                let outputs = 16 * groups / clocksPerNeuron
                let isDirect = lanes == groupColumns && clocksPerNeuron == 1
                let neurons =
                    isDirect
                    ? nil : (0..<UInt32(16 * groups)).map { $0 / UInt32(clocksPerNeuron) }
                let orders = permutations(sweeps * lanes)
                let memories = (0..<UInt32(sweeps * lanes)).map { 16 * ($0 * 7 % UInt32(lanes)) }
                let run = { (kernels: EdgeKernels, hasError: Bool, decay: Float) -> [[UInt32]] in
                    let n = JunctionNumbers(
                        inputs: 16, outputs: sweeps * lanes, values: values, seed: 5)
                    var random = Xoshiro256StarStar(seed: 6)
                    let bias = Floats(outputs) { _ in values.next(&random) }
                    let biasVelocity = Floats(outputs) { _ in values.next(&random) }
                    let delta = Floats(outputs) { _ in values.next(&random) }
                    let x = Floats(inputs) { _ in values.next(&random) }
                    let (y, e) = (Floats(outputs), Floats(inputs) { _ in 7 })
                    let error = hasError ? e.pointer : nil
                    kernels.columnsFeedforward(
                        n.w.pointer, bias.pointer, x.pointer, memories, orders.rowOfClock,
                        neurons, y.pointer, groups, groupColumns, outputs)
                    kernels.columnsBackpropUpdate(
                        n.w.pointer, bias.pointer, x.pointer, memories, orders.clockOfRow,
                        neurons, delta.pointer, error, groups, groupColumns, inputs, outputs,
                        0.05, decay)
                    let first = e.bits
                    kernels.columnsBackpropUpdateMomentum(
                        n.w.pointer, n.velocity.pointer, bias.pointer, biasVelocity.pointer,
                        x.pointer, memories, orders.clockOfRow, neurons, delta.pointer, error,
                        groups, groupColumns, inputs, outputs, 0.05, 0.9, decay)
                    #expect(y.guardsStand && e.guardsStand && y.padsAreZero)
                    return [
                        y.bits, first, e.bits, n.w.bits, n.velocity.bits, bias.bits,
                        biasVelocity.bits,
                    ]
                }
                for (hasError, decay) in Self.rules {
                    let found = run(try set(name), hasError, decay)
                    #expect(
                        firstDifference(found, run(KernelSet.plain.edge, hasError, decay)) == nil,
                        "\(lanes) lanes, \(groupColumns) columns, \(clocksPerNeuron) clocks")
                }
            }
        }
    }

    private func permutations(_ count: Int) -> (rowOfClock: [UInt8], clockOfRow: [UInt8]) {
        var random = Xoshiro256StarStar(seed: 7)
        var (rows, clocks) = ([UInt8](), [UInt8](repeating: 0, count: 16 * count))
        for column in 0..<count {
            var order = (0..<UInt8(16)).map { $0 }
            for i in 0..<16 { order.swapAt(i, i + random.index(below: 16 - i)) }
            for (clock, row) in order.enumerated() {
                clocks[16 * column + Int(row)] = UInt8(clock)
            }
            rows += order
        }
        return (rows, clocks)
    }
}
