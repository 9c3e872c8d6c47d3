// What a checkpoint's junctions are and whether their structure is sound. The configuration inside
// the file says what they shall be.

import Client
import Configuration
import Learning
import WeightStore

/// One junction of a checkpoint, as `inspect` prints it.
struct JunctionDocument: Codable {
    var index: Int
    var inputs: Int
    var outputs: Int
    var junction: String
    var weights: Int
    var bytes: Int
    /// What was looked at.
    var checks: [String]
    /// What is wrong; empty when all checks hold.
    var findings: [String]
}

extension Checkpoint {
    /// Every junction, looked at; or why nobody can look.
    func junctions(_ path: String) -> (documents: [JunctionDocument], note: String?) {
        let inputs = ConfigurationInputs(
            path: "the configuration inside", text: facts.configuration)
        let configuration: MillraceConfiguration
        do throws(ConfigurationErrors) {
            configuration = try ConfigurationLoader.load(inputs)
        } catch {
            return ([], "the configuration in the file is not one of this version")
        }
        let layout = LearnerLayout(configuration.learner)
        guard layout.section == facts.learnerLayout else {
            return ([], "the tensors are not those of the configuration in the file")
        }
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: layout.section.byteCount, alignment: 64)
        defer { memory.deallocate() }
        do throws(CheckpointError) {
            try load(
                .learner, layout: layout.section, into: memory, mustBeFinite: { _ in false })
        } catch {
            return ([], "the contents are damaged: \(error)")
        }
        guard let base = memory.baseAddress else { return ([], nil) }
        let documents = layout.junctionReports(UnsafeRawPointer(base)).map { report in
            JunctionDocument(
                index: report.index, inputs: report.inputs, outputs: report.outputs,
                junction: report.text, weights: report.weightCount, bytes: report.byteCount,
                checks: report.checks, findings: report.findings)
        }
        return (documents, nil)
    }
}
