// Goal: registers from outside that would point out of the section are found before they are used.

import Kernels
import Learning
import Testing
import WeightStore

@Suite struct PipelineFindingTests {
    private func pipelined() throws -> LearnerHarness {
        let harness = try LearnerHarness(UnderWayTests.configuration("classifier"))
        for step in 0..<40 { SameBytesTests.step(harness, step, seed: 5) }
        #expect(harness.layout.firstFinding(harness.section) == nil)
        return harness
    }

    @Test(arguments: [
        ("pipeline.cycle", UInt64.max), ("pipeline.producer", 3), ("pipeline.classes", 4),
        ("pipeline.classes", UInt64(UInt32.max)), ("pipeline.rate", 0),
        ("pipeline.rate", UInt64(Float.nan.bitPattern)),
        ("pipeline.rate", UInt64((-Float(1)).bitPattern)),
    ])
    func aRegisterThatPointsNowhereIsFound(_ name: String, _ value: UInt64) throws {
        let harness = try pipelined()
        let field = try #require(harness.layout.section[name])
        if field.element == .u64 {
            (harness.section + field.offset).storeBytes(of: value, as: UInt64.self)
        } else {
            (harness.section + field.offset).storeBytes(
                of: UInt32(truncatingIfNeeded: value), as: UInt32.self)
        }
        let finding = try #require(harness.layout.firstFinding(harness.section))
        #expect(finding.hasPrefix(name))
    }
}
