// What a section that somebody kept says of its junctions: what they are, what they hold, and
// whether their structure is what it shall be. For people and for start-up, not per sample.

import Junctions

/// One junction of a section that was looked at.
public struct JunctionReport: Equatable, Sendable {
    /// From the input, 0 first.
    public let index: Int
    /// Left neurons.
    public let inputs: Int
    /// Right neurons.
    public let outputs: Int
    /// What it shall be: `clash-free type 2, density 0.0625, …`.
    public let text: String
    /// Weight values that are kept, biases not counted.
    public let weightCount: Int
    /// Bytes of all its fields, without padding.
    public let byteCount: Int
    /// What was looked at, in words: `mask legal`, `clash-free`, `spectra finite`.
    public let checks: [String]
    /// What is wrong; empty when every check holds.
    public let findings: [String]
}

extension LearnerLayout {
    /// Looks at every junction of a section of this layout; allocates.
    public func junctionReports(_ section: UnsafeRawPointer) -> [JunctionReport] {
        network.layers.enumerated().map { index, layer in
            let form = layer.junction.form
            let bytes = max(form.feedforwardBytes, 64)
            let workspace = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
            defer { workspace.deallocate() }
            workspace.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
            form.prepare(workspace, forUpdates: false)
            return JunctionReport(
                index: index, inputs: form.inputs, outputs: form.outputs,
                text: layer.specification.text, weightCount: form.weightCount,
                byteCount: form.fields.reduce(0) { $0 + $1.elementCount * $1.element.bytes },
                checks: layer.specification.structure.kind.checks,
                findings: form.findings(section + layer.parametersOffset, workspace))
        }
    }

    /// The first thing that is wrong with a section that came from outside, or nil.
    public func firstFinding(_ section: UnsafeRawPointer) -> String? {
        for report in junctionReports(section) {
            if let finding = report.findings.first { return "junction \(report.index): \(finding)" }
        }
        return nil
    }
}

extension StructureKind {
    /// What `findings` looks at.
    var checks: [String] {
        switch self {
        case .dense: ["weights finite"]
        case .random: ["weights finite"]
        case .structured: ["degrees exact", "weights finite"]
        case .clashFree, .laneAligned: ["clash-free", "degrees exact", "weights finite"]
        case .circulant: ["spectra finite"]
        case .pruned: ["mask legal", "weights finite"]
        }
    }
}
