// Goal: BP and UP subtract η times the derivative of the loss. Method: the change of every
// parameter under a step with η = 1 against central differences of the loss, on the plain kernels.

import Arithmetic
import Junctions
import Kernels
import Learning
import Testing
import WeightStore

@Suite struct GradientTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let hidden: Activation
        let output: Activation
        let loss: Loss
        var testDescription: String { "\(hidden) → \(output), \(loss)" }
    }

    static let cases: [Case] = {
        let hidden: [Activation] = [.identity, .relu, .sigmoid, .tanh]
        var cases: [Case] = []
        for activation in hidden {
            cases.append(Case(hidden: activation, output: .softmax, loss: .crossEntropy))
            cases.append(Case(hidden: activation, output: .sigmoid, loss: .crossEntropy))
            for output in Activation.allCases {
                cases.append(Case(hidden: activation, output: output, loss: .squaredError))
            }
        }
        return cases
    }()

    @Test(arguments: cases) func gradientEqualsFiniteDifferences(_ test: Case) throws {
        let seed: UInt64 = 7
        let widths = (inputs: 5, hidden: [7, 6], outputs: 4)
        let configuration = LearnerConfiguration(
            featureCount: widths.inputs, elementType: .f32, normaliser: .none,
            task: .classification(classCount: widths.outputs), hidden: widths.hidden,
            hiddenActivation: test.hidden, outputActivation: test.output, loss: test.loss,
            initialisation: .lecunUniform, seed: seed, learningRate: 1)
        let harness = try LearnerHarness(configuration, kernels: .plain)
        let network = harness.layout.network
        let workspace = UnsafeMutableRawPointer.allocate(
            byteCount: network.workspaceBytes, alignment: 64)
        defer { workspace.deallocate() }
        workspace.initializeMemory(as: UInt8.self, repeating: 0, count: network.workspaceBytes)
        var generator = Xoshiro256StarStar(seed: seed)
        for index in 0..<widths.inputs { network.input(workspace)[index] = generator.normal() }
        network.setTarget(workspace, classIndex: 2)
        let section = harness.section
        func loss() -> Double {
            network.feedforward(section, workspace, .plain)
            return network.lossValue(workspace, .plain)
        }

        let before = harness.bytes
        _ = loss()
        network.setOutputDelta(workspace, .plain)
        let state = try #require(harness.layout.section["learner.generator"])
        network.backpropUpdate(
            section, workspace, UpdateRule(learningRate: 1, momentum: 0, weightDecay: 0),
            (section + state.offset).assumingMemoryBound(to: UInt64.self), .plain)
        let after = harness.bytes
        section.copyMemory(from: before, byteCount: before.count)

        let step: Float = 2e-3
        var checked = 0
        for field in harness.layout.section.fields where field.name.hasPrefix("junction.") {
            for row in 0..<field.rowCount {
                for column in 0..<field.rowElements {
                    let offset = field.offset + 4 * (row * field.rowStride + column)
                    let old = section.load(fromByteOffset: offset, as: Float.self)
                    section.storeBytes(of: old + step, toByteOffset: offset, as: Float.self)
                    let above = loss()
                    section.storeBytes(of: old - step, toByteOffset: offset, as: Float.self)
                    let below = loss()
                    section.storeBytes(of: old, toByteOffset: offset, as: Float.self)
                    let numeric = (above - below) / Double((old + step) - (old - step))
                    let new = after.withUnsafeBytes {
                        $0.load(fromByteOffset: offset, as: Float.self)
                    }
                    let analytic = Double(old) - Double(new)
                    #expect(
                        abs(numeric - analytic) < 2e-4 + 5e-3 * abs(analytic),
                        "\(field.name)[\(row), \(column)]: \(analytic), differences say \(numeric)")
                    checked += 1
                }
            }
        }
        #expect(checked == 5 * 7 + 7 + 7 * 6 + 6 + 6 * 4 + 4)
    }
}
