// network.schedule: what it becomes, where it shows, and what it cannot be together with.

import Accelerator
import Configuration
import Learning
import Testing

@Suite struct ScheduleTests {
    private let pipelined = minimal + "\n[network]\nschedule = \"pipeline\"\n"

    @Test func sequentialUnlessSaid() throws {
        let plain = try load(minimal)
        #expect(plain.learner.schedule == .sequential)
        #expect(plain.origin(of: "network.schedule") == .builtIn)
        let it = try load(pipelined)
        #expect(it.learner.schedule == .pipeline && it.network.schedule == .pipeline)
        #expect(it.effectiveText.contains("= \"pipeline\""))
        #expect(it.canonicalText.contains("schedule = \"pipeline\""))
        #expect(it.shapeDigest != plain.shapeDigest)
    }

    @Test(arguments: [
        ("momentum", "0.9"), ("weight-decay", "0.001"),
    ])
    func thePipelineIsPlainDescent(_ key: String, _ value: String) throws {
        let text = pipelined + "[learning]\n\(key) = \(value)\n"
        let problems = problems(text)
        #expect(problems.count == 1)
        let line = problems.first.map { "\($0)" } ?? ""
        #expect(line.contains("learning.\(key): found \(value), expected 0 with "), "\(line)")
        #expect(line.contains("network.schedule = \"pipeline\""))
        #expect(line.contains("or choose network.schedule = \"sequential\""))
    }

    @Test func thereAreTwoSchedules() throws {
        let problems = problems(minimal + "\n[network]\nschedule = \"parallel\"\n")
        #expect(problems.count == 1)
        #expect(
            "\(problems)".contains("sequential") && "\(problems)".contains("pipeline"))
    }
}
