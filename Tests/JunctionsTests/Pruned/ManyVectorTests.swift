// Goal: many vectors at a time mean what one at a time means, with the increments summed. Method:
// FF and BP against single vectors, UP against single updates whose errors do not depend on them.

import Arithmetic
import Junctions
import Kernels
import Testing

@Suite struct ManyVectorTests {
    private static let count = 80

    /// A micro-batch over a form's memory: [neurons, padded][count].
    private final class Batch<Form: ManyVectorForm> {
        let bench: FormBench<Form>
        let x, delta, y, e: UnsafeMutablePointer<Float>
        let scratch: UnsafeMutableRawPointer

        init(_ form: Form, momentum: Bool) {
            bench = FormBench(form, seed: 4, momentum: momentum)
            func take(_ neurons: Int) -> UnsafeMutablePointer<Float> {
                let floats = DenseJunction.paddedCount(neurons) * count
                let raw = UnsafeMutableRawPointer.allocate(byteCount: floats * 4, alignment: 64)
                return raw.initializeMemory(as: Float.self, repeating: 0, count: floats)
            }
            (x, delta, y, e) = (
                take(form.inputs), take(form.outputs), take(form.outputs), take(form.inputs)
            )
            scratch = UnsafeMutableRawPointer.allocate(
                byteCount: form.manyBytes(count), alignment: 64)
            var random = Xoshiro256StarStar(seed: 8)
            for index in 0..<form.inputs * count { x[index] = random.normal() }
            // No zeros: one at a time passes over rows without an error, many do not.
            for index in 0..<form.outputs * count { delta[index] = random.normal() * 0.01 }
        }

        deinit {
            x.deallocate()
            delta.deallocate()
            y.deallocate()
            e.deallocate()
            scratch.deallocate()
        }

        func feedforward(_ kernels: KernelSet) {
            bench.form.feedforwardMany(
                bench.memory.parameters, bench.memory.workspace, x: x, y: y,
                count: count, kernels: kernels)
        }

        func update(_ rule: UpdateRule, _ kernels: KernelSet) {
            bench.form.backpropUpdateMany(
                bench.memory, scratch: scratch, x: x, delta: delta, e: e, count: count, rule: rule,
                kernels: kernels)
        }

        var bytes: [UInt32] {
            let form = bench.form
            return (0..<form.inputs * count).map { e[$0].bitPattern }
                + (0..<form.outputs * count).map { y[$0].bitPattern }
                + bench.parameterBytes.map { UInt32($0) }
        }

        func load(_ sample: Int, into other: FormBench<Form>) {
            for i in 0..<other.form.inputs { other.x[i] = x[i * count + sample] }
            for j in 0..<other.form.outputs { other.delta[j] = delta[j * count + sample] }
        }
    }

    private func check<Form: ManyVectorForm>(
        _ form: Form, _ rule: UpdateRule, isExact: Bool, isPlain: Bool
    ) {
        let count = Self.count
        let batch = Batch(form, momentum: rule.momentum > 0)
        let single = FormBench(form, seed: 4)
        batch.feedforward(.best)
        let forward = single.matrix(.feedforward)
        let backward = single.matrix(.backprop)
        for sample in 0..<count {
            batch.load(sample, into: single)
            single.feedforward(.best)
            for j in 0..<form.outputs {
                let found = batch.y[j * count + sample]
                #expect(isExact ? found == single.y[j] : abs(found - single.y[j]) < 1e-4)
            }
        }
        #expect(forward == single.matrix(.feedforward))
        // Twice: the second starts from views that the first left.
        batch.update(rule, .best)
        for sample in 0..<count {
            for i in 0..<form.inputs {
                let sum = (0..<form.outputs).reduce(0.0) {
                    $0 + backward[$1][i] * Double(batch.delta[$1 * count + sample])
                }
                #expect(abs(Double(batch.e[i * count + sample]) - sum) < 1e-5)
            }
        }
        if isPlain {
            for sample in 0..<count {
                batch.load(sample, into: single)
                single.update(rule, .best)
            }
            #expect(single.parameterBytes == batch.bench.parameterBytes)
        }
        batch.update(rule, .best)
        #expect(form.findings(batch.bench.memory.parameters, batch.bench.memory.workspace) == [])
        for kernels in KernelSet.all {
            let other = Batch(form, momentum: rule.momentum > 0)
            other.feedforward(kernels)
            other.update(rule, kernels)
            other.update(rule, kernels)
            #expect(other.bytes == batch.bytes, "\(kernels.name)")
        }
    }

    static let rules = [
        UpdateRule(learningRate: 0.1, momentum: 0, weightDecay: 0),
        UpdateRule(learningRate: 0.1, momentum: 0, weightDecay: 0.01),
        UpdateRule(learningRate: 0.1, momentum: 0.9, weightDecay: 0.01),
    ]

    @Test(arguments: rules)
    func dense(_ rule: UpdateRule) {
        check(
            DenseJunction(inputs: 37, outputs: 21), rule, isExact: false,
            isPlain: rule == Self.rules[0])
    }

    @Test(arguments: rules)
    func pruned(_ rule: UpdateRule) throws {
        for variant in PruningPattern.Variant.allCases {
            for update in PruningPattern.WeightUpdate.allCases {
                let pattern = try PruningPattern(
                    kept: 2, group: 8, variant: variant, weightUpdate: update)
                check(
                    PrunedJunction(inputs: 37, outputs: 21, pattern: pattern), rule,
                    isExact: variant != .backwardOnly,
                    isPlain: rule == Self.rules[0] && variant != .forwardOnly
                        && update == .dense)
            }
        }
    }
}
