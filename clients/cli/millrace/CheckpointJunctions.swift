// What a checkpoint's junctions are, whether their structure is sound, and what was charged to
// the emulated device. The configuration inside
// the file says what they shall be.

import Client
import Configuration
import Learning
import MillraceProtocol
import WeightStore

/// One junction of a checkpoint, as `inspect` prints it.
struct JunctionDocument: Codable {
    var index: Int
    /// What the names of its tensors begin with, behind `learner.`: `junction.0`,
    /// `block.3.recurrent`.
    var name: String?
    var inputs: Int
    var outputs: Int
    var junction: String
    var weights: Int
    var bytes: Int
    /// What was clipped so far in fixed point: products of FF, its sums, BP, UP.
    var saturations: [UInt64]?
    /// How evenly a pattern's edges spread over windows of left and of right neurons, 0 to 1.
    var scatter: [Double]?
    /// What was looked at.
    var checks: [String]
    /// What is wrong; empty when all checks hold.
    var findings: [String]
}

/// Why nobody can say what a checkpoint's learner section means.
struct UnreadableLearner: Error {
    let note: String
}

extension Checkpoint {
    /// The layout of the learner section as the configuration inside the file has it.
    func learnerLayout() throws(UnreadableLearner) -> LearnerLayout {
        let inputs = ConfigurationInputs(
            path: "the configuration inside", text: facts.configuration)
        let configuration: MillraceConfiguration
        do throws(ConfigurationErrors) {
            configuration = try ConfigurationLoader.load(inputs)
        } catch {
            throw UnreadableLearner(
                note: "the configuration in the file is not one of this version")
        }
        let layout = LearnerLayout(configuration.learner)
        guard layout.section == facts.learnerLayout else {
            throw UnreadableLearner(
                note: "the tensors are not those of the configuration in the file")
        }
        return layout
    }

    /// Every junction, looked at, and the device; or why nobody can look.
    func contents(
        _ path: String
    ) -> (junctions: [JunctionDocument], device: DeviceStatus?, note: String?) {
        let layout: LearnerLayout
        do throws(UnreadableLearner) {
            layout = try learnerLayout()
        } catch {
            return ([], nil, error.note)
        }
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: layout.section.byteCount, alignment: 64)
        defer { memory.deallocate() }
        do throws(CheckpointError) {
            try load(
                .learner, layout: layout.section, into: memory, mustBeFinite: { _ in false })
        } catch {
            return ([], nil, "the contents are damaged: \(error)")
        }
        guard let base = memory.baseAddress else { return ([], nil, nil) }
        let documents = layout.junctionReports(UnsafeRawPointer(base)).map { report in
            JunctionDocument(
                index: report.index, name: report.name, inputs: report.inputs,
                outputs: report.outputs,
                junction: report.text, weights: report.weightCount, bytes: report.byteCount,
                saturations: report.saturations,
                scatter: report.scatter.map { [$0.left, $0.right] }, checks: report.checks,
                findings: report.findings)
        }
        return (documents, layout.deviceStatus(UnsafeRawPointer(base)), nil)
    }
}
