// Goal: BP and UP of every kind of block, with every structure, subtract η times the derivative of
// the loss. Method: single weights against central differences of the loss on the plain kernels,
// through the whole network; and for every junction as a whole, whatever its weights are kept as,
// the fall of the loss along its step: a step −η g changes the loss by −η |g|², where |g|² follows
// from the step itself.

import Junctions
import Kernels
import Learning
import Testing
import WeightStore

@Suite struct BlockGradientTests {
    static let cases = BlockNetworks.kinds + BlockNetworks.structured

    @Test(arguments: cases) func everyWeightFollowsItsDerivative(_ test: BlockCase) throws {
        let probe = try NetworkProbe(test.configuration)
        let section = probe.harness.section
        let before = probe.harness.bytes
        let isUpdated = probe.step(1)
        #expect(isUpdated)
        let after = probe.harness.bytes
        section.copyMemory(from: before, byteCount: before.count)

        let circulant = Set(
            probe.harness.layout.junctionReports(section).filter {
                $0.text.contains("circulant")
            }.map(\.name))
        // Small enough that no largest value of a pool becomes another.
        let step: Float = 5e-4
        var checked = 0
        for field in probe.harness.layout.section.fields
        where (field.name.hasPrefix("block.") || field.name.hasPrefix("junction."))
            && field.element == .f32 && !isStatistic(field.name)
            && !(field.name.hasSuffix("weights")
                && circulant.contains { field.name.hasPrefix($0 + ".") })
        {
            // Not all of the larger ones: every third, fifth or so, all rows.
            let stride = max(1, field.rowCount * field.rowElements / 60)
            for entry in Swift.stride(
                from: 0, to: field.rowCount * field.rowElements, by: stride)
            {
                let (row, column) = (entry / field.rowElements, entry % field.rowElements)
                let offset = field.offset + 4 * (row * field.rowStride + column)
                let old = section.load(fromByteOffset: offset, as: Float.self)
                func loss(_ value: Float) -> Double {
                    section.storeBytes(of: value, toByteOffset: offset, as: Float.self)
                    defer { section.storeBytes(of: old, toByteOffset: offset, as: Float.self) }
                    return probe.loss()
                }
                let numeric =
                    (loss(old + step) - loss(old - step))
                    / Double((old + step) - (old - step))
                let new = after.withUnsafeBytes {
                    $0.load(fromByteOffset: offset, as: Float.self)
                }
                let analytic = Double(old) - Double(new)
                #expect(
                    abs(numeric - analytic) < 3e-4 + 1e-2 * abs(analytic),
                    "\(field.name)[\(row), \(column)]: \(analytic), differences say \(numeric)")
                checked += 1
            }
        }
        #expect(checked > 20)
    }

    /// Fields that samples move and errors do not.
    private func isStatistic(_ name: String) -> Bool {
        name.contains(".state.") || name.hasSuffix(".mean") || name.hasSuffix(".variance")
    }

    @Test(arguments: cases) func everyJunctionsStepFollowsItsGradient(_ test: BlockCase) throws {
        let probe = try NetworkProbe(test.configuration)
        let (section, layout) = (probe.harness.section, probe.harness.layout)
        let rate: Float = 0.5
        let before = probe.harness.bytes
        let old = layout.junctionMatrices(section)
        probe.step(rate)
        let after = probe.harness.bytes
        let new = layout.junctionMatrices(section)
        for (place, junction) in old.enumerated() {
            func part(_ share: Float) -> Double {
                section.copyMemory(from: before, byteCount: before.count)
                for field in layout.section.fields
                where field.name.hasPrefix(junction.name + ".") && field.element == .f32 {
                    for entry in 0..<(field.rowCount * field.rowStride) {
                        let offset = field.offset + 4 * entry
                        func number(_ bytes: [UInt8]) -> Float {
                            bytes.withUnsafeBytes {
                                $0.load(fromByteOffset: offset, as: Float.self)
                            }
                        }
                        let (from, to) = (number(before), number(after))
                        section.storeBytes(
                            of: from + share * (to - from), toByteOffset: offset, as: Float.self)
                    }
                }
                return probe.loss()
            }
            let copies = junction.text.contains("circulant") ? 8.0 : 1
            func squares(_ a: [Float], _ b: [Float]) -> Double {
                zip(a, b).reduce(0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
            }
            let length =
                squares(old[place].weights, new[place].weights) / copies
                + squares(old[place].biases, new[place].biases)
            let share: Float = 0.02
            let expected = 2 * Double(share) * length / Double(rate)
            let fall = part(-share) - part(share)
            #expect(
                abs(fall - expected) < 2e-6 + 0.02 * expected,
                "\(junction.name): \(fall), should be \(expected)")
        }
    }
}
