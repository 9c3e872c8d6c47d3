// Goal: the pipeline is the rule of delayed updates, bit for bit: predictions when they come out,
// weights and biases of every junction at the start of every cycle. Method: `DelayRule`, which knows
// neither rings nor an order of junctions.

import Arithmetic
import Glibc
import Junctions
import Kernels
import Learning
import Testing
import WeightStore

@Suite struct DelayRuleTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let format: FixedFormat
        let hidden: [Int]
        let isSparse: Bool
        var testDescription: String {
            "J = \(hidden.count + 1), \(format.text), \(isSparse ? "sparse" : "dense")"
        }
    }

    static let cases: [Case] = {
        var cases: [Case] = []
        let hidden = [[], [16], [16, 8], [16, 8, 16], [8, 16, 8, 16]]
        for (index, layers) in hidden.enumerated() {
            for (format, isSparse) in [((10, 2, 7), true), ((16, 4, 11), false)] {
                guard let format = FixedFormat(format.0, format.1, format.2) else { continue }
                cases.append(Case(format: format, hidden: layers, isSparse: isSparse))
                if index == 1 {
                    cases.append(Case(format: format, hidden: layers, isSparse: !isSparse))
                }
            }
        }
        return cases
    }()

    static let sampleCount = 1_100

    static func configuration(_ test: Case) -> LearnerConfiguration {
        let arithmetic = NumberArithmetic.fixed(test.format)
        let junctions = (0...test.hidden.count).map { index in
            JunctionSpecification(
                structure: test.isSparse
                    ? .clashFree(
                        InterleaverSettings(type: 2), .fraction(0.5), seed: UInt64(index + 3))
                    : .dense,
                arithmetic: arithmetic)
        }
        return LearnerConfiguration(
            featureCount: 14, elementType: .u8, inputScale: 1 / 256, normaliser: .none,
            task: .classification(classCount: 5), hidden: test.hidden, hiddenActivation: .sigmoid,
            outputActivation: .sigmoid, loss: .crossEntropy, initialisation: .glorotNormal,
            seed: 9, learningRate: 0.125, junctions: junctions, inputWidth: 16, outputWidth: 8,
            schedule: .pipeline)
    }

    @Test(arguments: cases) func theLearnerFollowsTheRule(_ test: Case) throws {
        let harness = try LearnerHarness(Self.configuration(test))
        let junctionCount = test.hidden.count + 1
        var random = Xoshiro256StarStar(seed: 5)
        let classes = (0..<Self.sampleCount).map { _ in random.index(below: 5) }
        let raw = classes.map { label in
            (0..<14).map { UInt8(($0 % 5 == label ? 150 : 20) + random.index(below: 100)) }
        }
        let junctions = harness.layout.network.layers.map(\.junction)
        let masks = junctions.indices.map { harness.mask($0) }
        let rule = DelayRule(
            test.format, start: junctions.indices.map { harness.fixedWeights($0) }, masks: masks,
            inputs: raw.map { pixels in
                pixels.map { test.format.truncating(Float($0) / 256) } + [0, 0]
            }, classes: classes, shift: 3)
        for t in 0..<Self.sampleCount {
            let outcome = raw[t].withUnsafeBytes { bytes in
                harness.learner.sample(
                    producer: 0, epoch: 1, sequence: UInt64(t),
                    features: bytes.baseAddress ?? UnsafeRawPointer(harness.section),
                    label: .classIndex(Int32(classes[t])))
            }
            let sample = t - junctionCount + 1
            #expect((outcome.completed == nil) == (sample < 0))
            if let completed = outcome.completed {
                let a = rule.layer(junctionCount, sample).a
                let best = (0..<5).reduce(0) { a[$1] > a[$0] ? $1 : $0 }
                #expect(completed.name.sequence == UInt64(sample))
                #expect(completed.predictedClass == Int32(best), "sample \(sample)")
                let loss = Self.loss(a.map { Double(test.format.float($0)) }, classes[sample])
                #expect(abs(Double(completed.loss) - loss) < 1e-3 * (1 + loss))
            }
            guard t % 7 == 0 || t > Self.sampleCount - 20 else { continue }
            for index in junctions.indices {
                try #require(
                    harness.fixedWeights(index) == rule.weights(index + 1, t + 1),
                    "junction \(index + 1) at the start of cycle \(t + 1)")
            }
        }
        #expect(harness.learner.inFlightCount == 2 * junctionCount - 1)
        #expect(harness.learner.updateCount == UInt64(Self.sampleCount - 2 * junctionCount + 1))
        #expect(
            harness.learner.metrics(producer: nil).scored
                == UInt64(Self.sampleCount - junctionCount + 1))
    }

    private static func loss(_ y: [Double], _ label: Int) -> Double {
        y.enumerated().reduce(0) { $0 - log($1.offset == label ? $1.element : 1 - $1.element) }
    }
}

extension LearnerHarness {
    private func parameters(_ index: Int) -> UnsafeMutableRawPointer {
        section + layout.network.layers[index].parametersOffset
    }

    /// A pass's matrix of a junction with the parameters at an address.
    private func matrix(_ index: Int, _ parameters: UnsafeRawPointer) -> [[Float]] {
        let form = layout.network.layers[index].junction.form
        let bytes = max(form.feedforwardBytes, 64)
        let tables = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        defer { tables.deallocate() }
        tables.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
        form.prepare(tables, forUpdates: false)
        var dense = [Float](repeating: 0, count: form.inputs * form.outputs)
        dense.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress {
                form.expand(parameters, tables, .feedforward, into: base)
            }
        }
        return (0..<form.outputs).map { Array(dense[$0 * form.inputs..<($0 + 1) * form.inputs]) }
    }

    /// Which edges a junction has: where a weight shows in its matrix.
    func mask(_ index: Int) -> [[Bool]] {
        let bytes = layout.network.layers[index].junction.form.fields.byteCount
        let ones = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        defer { ones.deallocate() }
        ones.initializeMemory(as: Int16.self, repeating: 1, count: bytes / 2)
        return matrix(index, ones).map { row in row.map { $0 != 0 } }
    }

    /// The parameters of a fixed-point junction.
    func fixedWeights(_ index: Int) -> FixedWeights {
        let form = layout.network.layers[index].junction.form
        guard let format = layout.network.layers[index].junction.format else {
            preconditionFailure("a fixed-point junction")
        }
        let bias = (parameters(index) + form.fields.offset(1)).assumingMemoryBound(to: Int16.self)
        return FixedWeights(
            weights: matrix(index, parameters(index)).map { $0.map(format.truncating) },
            bias: (0..<form.outputs).map { bias[$0] })
    }
}
