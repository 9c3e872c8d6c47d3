// FF of a recurrent layer, and BP and UP through time.

import Junctions
import Kernels

extension LSTMForm {
    package func feedforward(
        _ memory: BlockMemory, x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>,
        kernels: KernelSet
    ) {
        let bank = bank(memory)
        let before = startWindow(memory, bank, x)
        let count = before + positions
        let own = parts.junctions[0]
        input.feedforward(
            own.memory(memory, scratchOffset: 0).reading, x: left(bank, x), y: bank.planarGates,
            count: count, saturations: own.saturations(memory), kernels: kernels)
        kernels.recurrent.turn(
            bank.planarGates, SharedJunction.stride(count), 4 * units, count, bank.gates,
            places.gateStride)
        runForward(memory, bank, count, kernels)
        if learns { leaveState(memory, bank, count) }
        let newest = bank.states + (before + 1) * places.stateStride
        if givesSequence {
            kernels.recurrent.turn(
                newest, places.stateStride, positions, width, y, outputShape.stride)
        } else {
            y.update(
                from: newest + (positions - 1) * places.stateStride, count: places.stateStride)
        }
    }

    /// From the gates' inputs to gates, cells and h of every position.
    private func runForward(
        _ memory: BlockMemory, _ bank: LSTMBank, _ count: Int, _ kernels: KernelSet
    ) {
        let own = parts.junctions[1].memory(memory, scratchOffset: 0).reading
        let counter = parts.junctions[1].saturations(memory)
        recurrent.startSteps(own, bank.turned, kernels: kernels)
        if let projection {
            projection.startSteps(
                parts.junctions[2].memory(memory, scratchOffset: 0).reading,
                bank.turnedProjection, kernels: kernels)
        }
        for position in 0..<count {
            let h = bank.states + position * places.stateStride
            let c = bank.cells + position * places.cellStride
            recurrent.feedforwardStep(
                own, bank.turned, x: h, y: bank.recurrent, step: position, saturations: counter,
                kernels: kernels)
            let m =
                projection == nil
                ? h + places.stateStride : bank.unprojected + position * places.cellStride
            kernels.recurrent.forward(
                bank.gates + position * places.gateStride, bank.recurrent, c,
                c + places.cellStride, bank.tanhs + position * places.cellStride, m, units)
            if let projection {
                let part = parts.junctions[2]
                let next = h + places.stateStride
                for index in width..<places.stateStride { next[index] = 0 }
                projection.feedforwardStep(
                    part.memory(memory, scratchOffset: 0).reading, bank.turnedProjection, x: m,
                    y: next, step: position, saturations: part.saturations(memory),
                    kernels: kernels)
            }
        }
    }

    package func backpropUpdate(
        _ memory: BlockMemory, x: UnsafePointer<Float>, y: UnsafePointer<Float>,
        delta: UnsafeMutablePointer<Float>, e: UnsafeMutablePointer<Float>?, rule: UpdateRule,
        generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet
    ) -> Bool {
        let bank = bank(memory)
        let before = remembered(memory)
        let count = before + positions
        spreadErrors(bank, delta, before, kernels)
        runBackward(memory, bank, count, kernels)
        let stateCount = (count + 1) * places.stateStride
        guard kernels.firstOutside(bank.gates, count * places.gateStride, -1e15, 1e15) < 0,
            kernels.firstOutside(bank.states, stateCount, -1e15, 1e15) < 0
        else { return false }
        // All junctions have one specification, so that one takes rows where another does.
        let takesRows = input.takesRows(parts.junctions[0].rule(rule))
        if e != nil || !takesRows {
            kernels.recurrent.turn(
                bank.gates, places.gateStride, count, 4 * units, bank.planarGates,
                SharedJunction.stride(count))
        }
        if let e { errorsOfInput(memory, bank, before, e, kernels) }
        if takesRows {
            updateRows(memory, bank, x, count, rule, kernels)
        } else {
            update(memory, bank, x, count, rule, generator, kernels)
        }
        return true
    }

    /// Errors of h from the right, position by position.
    private func spreadErrors(
        _ bank: LSTMBank, _ delta: UnsafePointer<Float>, _ before: Int, _ kernels: KernelSet
    ) {
        let stride = places.stateStride
        let silent = givesSequence ? before : before + positions - 1
        bank.errors.update(repeating: 0, count: silent * stride)
        if givesSequence {
            kernels.recurrent.turn(
                delta, outputShape.stride, width, positions, bank.errors + before * stride, stride)
        } else {
            (bank.errors + silent * stride).update(from: delta, count: stride)
        }
    }

    /// From the errors of h to those of the gates, newest position first.
    private func runBackward(
        _ memory: BlockMemory, _ bank: LSTMBank, _ count: Int, _ kernels: KernelSet
    ) {
        let own = parts.junctions[1].memory(memory, scratchOffset: 0)
        let vector = max(places.cellStride, places.stateStride)
        bank.later.update(repeating: 0, count: vector)
        bank.cellError.update(repeating: 0, count: vector)
        bank.zeros.update(repeating: 0, count: vector)
        var position = count - 1
        while position >= 0 {
            var error = UnsafePointer(bank.errors + position * places.stateStride)
            var later = UnsafePointer(bank.later)
            if let projection {
                let row = bank.errors + position * places.stateStride
                for index in 0..<places.stateStride { row[index] += later[index] }
                projection.backpropOne(
                    parts.junctions[2].memory(memory, scratchOffset: 0), delta: row,
                    e: bank.projected, step: position, kernels: kernels)
                (error, later) = (UnsafePointer(bank.projected), UnsafePointer(bank.zeros))
            }
            let gates = bank.gates + position * places.gateStride
            kernels.recurrent.backward(
                gates, error, later, bank.cellError, bank.cells + position * places.cellStride,
                bank.tanhs + position * places.cellStride, units)
            // The state before the oldest position is a constant.
            if position > 0 {
                recurrent.backpropOne(
                    own, delta: gates, e: bank.later, step: position, kernels: kernels)
            }
            position -= 1
        }
    }

    /// e of the sample's own positions.
    private func errorsOfInput(
        _ memory: BlockMemory, _ bank: LSTMBank, _ before: Int, _ e: UnsafeMutablePointer<Float>,
        _ kernels: KernelSet
    ) {
        let own = parts.junctions[0].memory(memory, scratchOffset: 0)
        let count = before + positions
        let whole = older > 0 ? bank.windowErrors : e
        input.backprop(own, delta: bank.planarGates, e: whole, count: count, kernels: kernels)
        guard older > 0 else { return }
        let (stride, ownStride) = (SharedJunction.stride(count), inputShape.stride)
        for channel in 0..<channels {
            let row = e + channel * ownStride
            row.update(from: whole + channel * stride + before, count: positions)
            for index in positions..<ownStride { row[index] = 0 }
        }
    }

    /// The same from rows as they lie.
    private func updateRows(
        _ memory: BlockMemory, _ bank: LSTMBank, _ x: UnsafePointer<Float>, _ count: Int,
        _ rule: UpdateRule, _ kernels: KernelSet
    ) {
        let gates = ManyVectors.rows(bank.gates, stride: places.gateStride, count: count)
        func learn(
            _ index: Int, _ junction: SharedJunction, _ x: ManyVectors, _ delta: ManyVectors
        ) {
            let own = parts.junctions[index]
            junction.updateRows(
                own.memory(memory, scratchOffset: 0), x: x, delta: delta, count: count,
                rule: own.rule(rule), kernels: kernels)
        }
        learn(0, input, .planar(left(bank, x)), gates)
        learn(1, recurrent, .rows(bank.states, stride: places.stateStride, count: count), gates)
        guard let projection else { return }
        learn(
            2, projection, .rows(bank.unprojected, stride: places.cellStride, count: count),
            .rows(bank.errors, stride: places.stateStride, count: count))
    }

    /// UP of all junctions, in the order of their fields, from planar vectors.
    private func update(
        _ memory: BlockMemory, _ bank: LSTMBank, _ x: UnsafePointer<Float>, _ count: Int,
        _ rule: UpdateRule, _ generator: UnsafeMutablePointer<UInt64>, _ kernels: KernelSet
    ) {
        let stride = SharedJunction.stride(count)
        let turn = kernels.recurrent.turn
        input.update(
            parts.junctions[0].memory(memory, scratchOffset: 0), x: left(bank, x),
            delta: bank.planarGates, count: count, rule: parts.junctions[0].rule(rule),
            generator: generator, kernels: kernels)
        turn(bank.states, places.stateStride, count, width, bank.planarLeft, stride)
        recurrent.update(
            parts.junctions[1].memory(memory, scratchOffset: 0), x: bank.planarLeft,
            delta: bank.planarGates, count: count, rule: parts.junctions[1].rule(rule),
            generator: generator, kernels: kernels)
        guard let projection else { return }
        turn(bank.unprojected, places.cellStride, count, units, bank.planarLeft, stride)
        turn(bank.errors, places.stateStride, count, width, bank.planarErrors, stride)
        projection.update(
            parts.junctions[2].memory(memory, scratchOffset: 0), x: bank.planarLeft,
            delta: bank.planarErrors, count: count, rule: parts.junctions[2].rule(rule),
            generator: generator, kernels: kernels)
    }

    /// What the input junction reads: the sample, or the window that it ends.
    private func left(_ bank: LSTMBank, _ x: UnsafePointer<Float>) -> UnsafePointer<Float> {
        older > 0 ? UnsafePointer(bank.window) : x
    }
}
