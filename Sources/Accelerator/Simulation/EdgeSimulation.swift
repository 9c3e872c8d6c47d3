// A junction on edge processors, stepped: every clock, z lanes ask their banks for whatever their
// edges need, and go on when all of it has come. Whole numbers really move, so that a wrong address
// is a wrong result. Nothing here knows a formula of the analytic model: what is reported was
// counted.
//
// In the pipeline, the three operations of a step use the weight that FF has read; sequentially,
// BP and UP come after FF and read it again. What FF, BP and UP wait for, each waits for alone.

import Junctions

/// One junction and sample.
package final class EdgeSimulation {
    /// Where the collections are in `collections`.
    private enum Place: Int {
        case weights, biases, velocities, biasVelocities, left, learned, slopes, leftErrors
        case rightErrors, outputs, outputSlopes, outputErrors
    }
    private typealias Edge = SimulatedClash.Edge
    private typealias Request = SteppedOperation.Request

    private let edges: SteppedEdges
    private let z: Int
    private let place: JunctionPlace
    private let widths: NumberWidths
    private let hasTable: Bool
    private let isStochastic: Bool
    private let overheadClocks: Int
    private let collections: [BankCollection]
    private let feedforward, backprop, update: SteppedOperation
    // Registers: one word per lane, and the sum, error and bias of right neurons under way.
    private var weights: [Int] = []
    private var learned: [Int] = []
    private var sums: [Int]
    private var errors: [Int]
    private var biases: [Int]

    /// A junction before its sample.
    /// - edges: of the junction, or broken ones that a test wants to be found
    package init(
        _ junction: DeviceJunction, _ place: JunctionPlace, _ device: DeviceDescription,
        _ processors: EdgeProcessors, edges: SteppedEdges, values: SteppedValues,
        clashLimit: Int = 8
    ) {
        self.edges = edges
        self.place = place
        z = place.parallelism
        widths = NumberWidths(junction, place, device.arithmetic)
        hasTable = junction.hasTable
        isStochastic = junction.specification.increment != .exact
        overheadClocks = processors.overheadClocks + processors.processClocks
        // How many banks there are is how the device is built, and so the same for both models.
        let biasBanks = EdgeTraffic.biasMemories(junction, z)
        let rightBanks = place.nextParallelism ?? biasBanks
        let (bits, learnedBits, leftBits) = (widths.bits, widths.weightBits, widths.leftBits)
        let collections = [
            BankCollection("weights", .weights, bits: learnedBits, banks: z, values.weights),
            BankCollection("biases", .biases, bits: learnedBits, banks: biasBanks, values.biases),
            BankCollection(
                "velocities", .velocities, bits: learnedBits, banks: z, values.velocities),
            BankCollection(
                "bias velocities", .velocities, bits: learnedBits, banks: biasBanks,
                values.biasVelocities),
            BankCollection("left activations", .activations, bits: leftBits, banks: z, values.x),
            BankCollection(
                "left activations", .activations, bits: leftBits, banks: z, values.learned),
            BankCollection("left derivatives", .derivatives, bits: bits, banks: z, values.slopes),
            BankCollection("left errors", .errors, bits: bits, banks: z, values.leftErrors),
            BankCollection(
                "right errors", .errors, bits: bits, banks: rightBanks, values.rightErrors),
            BankCollection(
                "right activations", .activations, bits: bits, banks: rightBanks, values.outputs),
            BankCollection(
                "right derivatives", .derivatives, bits: bits, banks: rightBanks,
                values.outputSlopes),
            BankCollection(
                "output errors", .errors, bits: bits, banks: rightBanks, values.outputErrors),
        ]
        func stepped(_ operation: Operation) -> SteppedOperation {
            SteppedOperation(
                operation, junction: place.index, clashLimit: clashLimit, device.memory,
                collections)
        }
        feedforward = stepped(.feedforward)
        backprop = stepped(.backprop)
        update = stepped(.update)
        self.collections = collections
        sums = Array(repeating: 0, count: junction.outputs)
        (errors, biases) = (sums, sums)
    }

    /// Steps the junction to its end.
    /// - Returns: what was counted, and the first clashes of each operation
    package func run() -> (cost: JunctionCost, clashes: [SimulatedClash]) {
        let groups = stride(from: 0, to: max(1, edges.edges.count), by: z).map {
            $0..<min($0 + z, max(1, edges.edges.count))
        }
        for group in groups {
            stepForward(group)
            if place.schedule == .pipeline { stepBack(group) }
        }
        if place.schedule == .sequential { groups.forEach(stepBack) }
        func cost(_ operation: SteppedOperation) -> OperationCost {
            operation.cost(bits: widths.bits, isFloat: widths.isFloat)
        }
        let cost = JunctionCost(
            unit: .edgeProcessors, parallelism: z, overheadClocks: overheadClocks,
            feedforward: cost(feedforward), backprop: place.isFirst ? nil : cost(backprop),
            update: cost(update), updatesDuringBackprop: true)
        return (cost, feedforward.clashes + backprop.clashes + update.clashes)
    }

    /// The numbers that lie in the banks now.
    package func read(into values: inout SteppedValues) {
        func numbers(_ place: Place) -> [Int] { collections[place.rawValue].numbers }
        values.weights = numbers(.weights)
        values.biases = numbers(.biases)
        values.velocities = numbers(.velocities)
        values.biasVelocities = numbers(.biasVelocities)
        values.leftErrors = numbers(.leftErrors)
        values.rightErrors = numbers(.rightErrors)
        values.outputs = numbers(.outputs)
        values.outputSlopes = numbers(.outputSlopes)
        values.outputErrors = numbers(.outputErrors)
    }

    private func bank(_ place: Place) -> BankCollection { collections[place.rawValue] }

    /// The edges of a step; none where a junction has none.
    private func lanes(_ group: Range<Int>) -> ArraySlice<Edge> {
        edges.edges[group.clamped(to: edges.edges.indices)]
    }

    private func ask(_ place: Place, _ number: Int, _ edge: Edge) -> Request {
        Request(collection: place.rawValue, number: number, edge: edge)
    }

    /// Right neurons that begin, or end, in a step, with the edge that they do it with.
    private func neurons(_ lists: [[Int]], _ group: Range<Int>) -> [Edge] {
        group.flatMap { index in
            lists[index].map {
                let left = index < edges.edges.count ? edges.edges[index].left : 0
                return Edge(index: index, left: left, right: $0)
            }
        }
    }
}

extension EdgeSimulation {
    /// FF of z edges.
    private func stepForward(_ group: Range<Int>) {
        let (lanes, beginning) = (lanes(group), neurons(edges.begins, group))
        var reads: [Request] = []
        for edge in lanes {
            reads.append(ask(.left, edge.left, edge))
            reads.append(ask(.weights, edge.index, edge))
        }
        for neuron in beginning { reads.append(ask(.biases, neuron.right, neuron)) }
        let readTurns = feedforward.serve(reads, isWrite: false)
        weights = lanes.map { bank(.weights).load($0.index) }
        for neuron in beginning {
            biases[neuron.right] = bank(.biases).load(neuron.right)
            sums[neuron.right] = biases[neuron.right]
        }
        for (edge, weight) in zip(lanes, weights) {
            let product = weight * bank(.left).load(edge.left)
            feedforward.multiplications += 1
            sums[edge.right] += product
            feedforward.additions += 1
        }
        var writes: [Request] = []
        for neuron in neurons(edges.ends, group) { finish(neuron, &writes) }
        feedforward.advance(max(readTurns, feedforward.serve(writes, isWrite: true)))
    }

    /// A right neuron has its sum.
    private func finish(_ neuron: Edge, _ writes: inout [Request]) {
        let (right, sum) = (neuron.right, sums[neuron.right])
        if hasTable { feedforward.lookUps += 1 } else { feedforward.comparisons += 1 }
        if place.isLast {
            bank(.outputErrors).store(sum - 1, right)
            feedforward.additions += 1
            return writes.append(ask(.outputErrors, right, neuron))
        }
        bank(.outputs).store(sum, right)
        writes.append(ask(.outputs, right, neuron))
        guard !widths.isFloat else { return }
        if hasTable { feedforward.lookUps += 1 }
        bank(.outputSlopes).store(sum + 1, right)
        writes.append(ask(.outputSlopes, right, neuron))
    }

    /// BP and UP of z edges.
    private func stepBack(_ group: Range<Int>) {
        let (lanes, beginning) = (lanes(group), neurons(edges.begins, group))
        guard isStochastic else {
            let readTurns = readForUpdate(lanes, beginning)
            if !place.isFirst { stepBackprop(lanes, []) }
            let writes = learn(lanes, beginning)
            return update.advance(max(readTurns, update.serve(writes, isWrite: true)))
        }
        // Another unit does UP, in its own time.
        if !place.isFirst { stepBackprop(lanes, beginning) }
    }

    private func readForUpdate(_ lanes: ArraySlice<Edge>, _ beginning: [Edge]) -> Int {
        let readsAgain = place.schedule == .sequential
        var reads: [Request] = []
        for edge in lanes {
            reads.append(ask(.learned, edge.left, edge))
            if readsAgain { reads.append(ask(.weights, edge.index, edge)) }
            if place.hasMomentum { reads.append(ask(.velocities, edge.index, edge)) }
        }
        for neuron in beginning {
            reads.append(ask(.rightErrors, neuron.right, neuron))
            if readsAgain { reads.append(ask(.biases, neuron.right, neuron)) }
            if place.hasMomentum { reads.append(ask(.biasVelocities, neuron.right, neuron)) }
        }
        let turns = update.serve(reads, isWrite: false)
        if readsAgain { weights = lanes.map { bank(.weights).load($0.index) } }
        learned = lanes.map { bank(.learned).load($0.left) }
        for neuron in beginning {
            errors[neuron.right] = bank(.rightErrors).load(neuron.right)
            if readsAgain { biases[neuron.right] = bank(.biases).load(neuron.right) }
        }
        return turns
    }

    /// e[q] ← e[q] + (δ[r] · f′[q]) · w; with floats f′ is x + 1 here.
    /// - beginning: neurons whose error BP has to read for itself
    private func stepBackprop(_ lanes: ArraySlice<Edge>, _ beginning: [Edge]) {
        var reads: [Request] = []
        for edge in lanes {
            reads.append(ask(.leftErrors, edge.left, edge))
            if !widths.isFloat {
                reads.append(ask(.slopes, edge.left, edge))
            } else if isStochastic {
                reads.append(ask(.learned, edge.left, edge))
            }
            if isStochastic, place.schedule == .sequential {
                reads.append(ask(.weights, edge.index, edge))
            }
        }
        for neuron in beginning { reads.append(ask(.rightErrors, neuron.right, neuron)) }
        let readTurns = backprop.serve(reads, isWrite: false)
        for neuron in beginning {
            errors[neuron.right] = bank(.rightErrors).load(neuron.right)
        }
        if isStochastic {
            learned = lanes.map { bank(.learned).load($0.left) }
            if place.schedule == .sequential {
                weights = lanes.map { bank(.weights).load($0.index) }
            }
        }
        var writes: [Request] = []
        for (lane, edge) in lanes.enumerated() {
            let slope = widths.isFloat ? learned[lane] + 1 : bank(.slopes).load(edge.left)
            let scaled = errors[edge.right] * slope
            backprop.multiplications += 1
            let product = scaled * weights[lane]
            backprop.multiplications += 1
            bank(.leftErrors).store(bank(.leftErrors).load(edge.left) + product, edge.left)
            backprop.additions += 1
            writes.append(ask(.leftErrors, edge.left, edge))
        }
        backprop.advance(max(readTurns, backprop.serve(writes, isWrite: true)))
    }

    /// w ← w − (3 δ) · x and b ← b − 3 δ; with momentum v ← 2 v + that, and w ← w − v.
    private func learn(_ lanes: ArraySlice<Edge>, _ beginning: [Edge]) -> [Request] {
        var writes: [Request] = []
        for neuron in beginning {
            let right = neuron.right
            let step = 3 * errors[right]
            update.multiplications += 1
            bank(.biases).store(biases[right] - move(.biasVelocities, right, step), right)
            update.additions += 1
            writes.append(ask(.biases, right, neuron))
            if place.hasMomentum { writes.append(ask(.biasVelocities, right, neuron)) }
            guard !place.isLast else { continue }
            bank(.rightErrors).store(0, right)
            writes.append(ask(.rightErrors, right, neuron))
        }
        for (lane, edge) in lanes.enumerated() {
            let step = 3 * errors[edge.right] * learned[lane]
            update.multiplications += 1
            bank(.weights).store(weights[lane] - move(.velocities, edge.index, step), edge.index)
            update.additions += 1
            writes.append(ask(.weights, edge.index, edge))
            if place.hasMomentum { writes.append(ask(.velocities, edge.index, edge)) }
        }
        return writes
    }

    /// What is to be subtracted: the step, or the velocity that it changes.
    private func move(_ place: Place, _ number: Int, _ step: Int) -> Int {
        guard self.place.hasMomentum else { return step }
        let velocity = 2 * bank(place).load(number) + step
        update.multiplications += 1
        update.additions += 1
        bank(place).store(velocity, number)
        return velocity
    }
}
