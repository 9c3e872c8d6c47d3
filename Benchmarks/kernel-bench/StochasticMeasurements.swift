// ESSOP against exact updates, on activations and errors that a network really had: both rules
// learn them, turn by turn.

import Arithmetic
import Junctions
import Kernels
import Platform

/// UP of ESSOP and of the exact rule at 1024 × 1024, and with BP; then what the bits were like.
func measureStochastic() -> [Row] {
    let captured = captureErrors(trained: 10_000, kept: 256)
    var rows = [
        Row(name: "rule.data.mnist", value: captured.isReal ? 1 : 0, unit: "yes"),
        Row(name: "rule.data.accuracy", value: captured.accuracy, unit: "share"),
    ]
    rows += describe(captured)
    for bitCount in [1, 4, 8, 16, 32, 64] {
        for passesErrors in [false, true] {
            let name = "rule.essop.\(bitCount).\(passesErrors ? "bpup" : "up")"
            let (exact, stochastic) = compare(captured, bitCount, passesErrors: passesErrors)
            rows.append(Row(name: name, value: stochastic, unit: "us", reference: exact))
        }
    }
    return rows
}

/// The row of `make bench`: UP with streams of 8 bits.
func measureStochasticForTable() -> [Row] {
    let captured = captureErrors(trained: 10_000, kept: 256)
    let (exact, stochastic) = compare(captured, 8, passesErrors: false)
    return [Row(name: "rule.essop.8.up", value: stochastic, unit: "us", reference: exact)]
}

/// Medians per call in microseconds, both rules turn by turn over all pairs.
private func compare(
    _ captured: CapturedErrors, _ bitCount: Int, passesErrors: Bool
) -> (exact: Double, stochastic: Double) {
    let rule = StochasticRule(bitCount: bitCount)
    // Both learn the same weights: where a matrix lies in memory alone can halve its speed.
    var random = Xoshiro256StarStar(seed: 8)
    let junction = DenseJunction(
        inputs: CapturedErrors.neurons, outputs: CapturedErrors.neurons)
    let parameters = makeFloats(junction.fields.byteCount / 4, &random, scale: 0.03)
    defer { parameters.deallocate() }
    let subjects = [Increment.exact, .stochastic(rule)].map {
        UpdateSubject(
            junction, UnsafeMutableRawPointer(parameters), $0, passesErrors: passesErrors)
    }
    let times = mediansInTurns(
        batches: 31, subjects.map { subject in { subject.learn(captured) } })
    let count = Double(captured.pairs.count)
    return (times[0] / count, times[1] / count)
}

/// A junction that learns by one rule.
private struct UpdateSubject {
    let junction: DenseJunction
    let rule: UpdateRule
    let memory: JunctionMemory
    let generator: UnsafeMutablePointer<UInt64>
    let e: UnsafeMutablePointer<Float>?

    init(
        _ junction: DenseJunction, _ parameters: UnsafeMutableRawPointer, _ increment: Increment,
        passesErrors: Bool
    ) {
        self.junction = junction
        var random = Xoshiro256StarStar(seed: 7)
        rule = UpdateRule(
            learningRate: 1e-4, momentum: 0, weightDecay: 0, increment: increment)
        memory = JunctionMemory(
            parameters: parameters, velocity: nil,
            workspace: UnsafeMutableRawPointer(
                makeFloats(junction.updateBytes(increment) / 4 + 1, &random, scale: 0)))
        generator = UnsafeMutablePointer<UInt64>.allocate(capacity: 4)
        random.store(to: generator)
        e = passesErrors ? makeFloats(CapturedErrors.neurons, &random, scale: 0) : nil
    }

    /// All pairs once.
    func learn(_ captured: CapturedErrors) {
        for pair in captured.pairs {
            junction.backpropUpdate(
                memory, x: pair.x, delta: pair.delta, e: e, rule: rule, generator: generator,
                kernels: .best)
        }
    }
}

/// Shares of zeros, of neurons without a bit, and counts of small operations per sample.
private func describe(_ captured: CapturedErrors) -> [Row] {
    let neurons = CapturedErrors.neurons
    let zeros = { (values: (Int) -> UnsafeMutablePointer<Float>) -> Double in
        let counts = captured.pairs.indices.map { pair in
            (0..<neurons).count { values(pair)[$0] == 0 }
        }
        return Double(counts.reduce(0, +)) / Double(neurons * counts.count)
    }
    var rows = [
        Row(name: "rule.share.x-zero", value: zeros { captured.pairs[$0].x }, unit: "share"),
        Row(
            name: "rule.share.delta-zero", value: zeros { captured.pairs[$0].delta },
            unit: "share"),
    ]
    for bitCount in [1, 4, 8, 16, 32, 64] {
        var sum = StochasticActions()
        let product = PackedOuterProduct(
            inputs: neurons, outputs: neurons, rule: StochasticRule(bitCount: bitCount))
        var words = [UInt64](repeating: 0, count: 2 * neurons)
        var generator: [UInt64] = [1, 2, 3, 4]
        var chunks = 0
        var bits = (left: 0, right: 0)
        for pair in captured.pairs {
            _ = product.convert(
                x: pair.x, delta: pair.delta, learningRate: 1, generator: &generator,
                words: &words)
            sum += product.actions(x: pair.x, delta: pair.delta, words: words)
            chunks += stride(from: 0, to: neurons, by: 16).count { start in
                words[start..<start + 16].contains { $0 != 0 }
            }
            bits.left += words[..<neurons].reduce(0) { $0 + $1.nonzeroBitCount }
            bits.right += words[neurons...].reduce(0) { $0 + $1.nonzeroBitCount }
        }
        let all = Double(captured.pairs.count * neurons)
        let row = { (name: String, value: Double) in
            Row(name: "rule.essop.\(bitCount).\(name)", value: value, unit: "share")
        }
        rows += [
            row("x-bits-zero", 1 - Double(bits.left) / all / Double(bitCount)),
            row("delta-bits-zero", 1 - Double(bits.right) / all / Double(bitCount)),
            row("columns-without-bits", 1 - Double(sum.leftWithBits) / all),
            row("rows-without-bits", 1 - Double(sum.rightWithBits) / all),
            row("chunks-without-bits", 1 - Double(chunks) / (all / 16)),
            row("weights-touched", Double(sum.weightTouches) / all / Double(neurons)),
        ]
    }
    return rows
}
