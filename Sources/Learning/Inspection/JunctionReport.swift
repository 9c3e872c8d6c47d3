// What a section that somebody kept says of its junctions: what they are, what they hold, and
// whether their structure is what it shall be. For people and for start-up, not per sample.

import Junctions

/// One junction of a section that was looked at.
public struct JunctionReport: Sendable {
    /// From the input, those of blocks counted, 0 first.
    public let index: Int
    /// What the names of its fields begin with: `junction.0`, `block.2`, `block.3.recurrent`.
    public let name: String
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
    /// What was clipped so far in fixed point: products of FF, its sums, BP, UP; nil in float32.
    public let saturations: [UInt64]?
    /// How evenly a pattern's edges spread, 0 to 1 (`EdgeList.scatter`); nil without a pattern.
    public let scatter: (left: Double, right: Double)?
    /// What was looked at, in words: `mask legal`, `clash-free`, `spectra finite`.
    public let checks: [String]
    /// What is wrong; empty when every check holds.
    public let findings: [String]
}

extension LearnerLayout {
    /// Looks at every junction of a section of this layout; allocates.
    public func junctionReports(_ section: UnsafeRawPointer) -> [JunctionReport] {
        network.placedJunctions.map { layer in
            let form = layer.junction.form
            return JunctionReport(
                index: layer.index, name: layer.name, inputs: form.inputs, outputs: form.outputs,
                text: layer.specification.text, weightCount: form.weightCount,
                byteCount: form.fields.reduce(0) { $0 + $1.elementCount * $1.element.bytes },
                saturations: layer.saturationCounts(section), scatter: form.edges?.scatter,
                checks: layer.specification.checks,
                findings: layer.withTables {
                    form.findings(section + layer.parametersOffset, $0)
                })
        }
    }

    /// What every junction of a section clipped so far, as in `JunctionReport.saturations`; looks
    /// at nothing else.
    public func saturations(_ section: UnsafeRawPointer) -> [[UInt64]?] {
        network.placedJunctions.map { $0.saturationCounts(section) }
    }

    /// What junctions are called, `block 3 recurrent` and behind the blocks `junction 0`; nil in a
    /// network without blocks, where their numbers are enough.
    public var junctionNames: [String]? {
        guard !configuration.blocks.isEmpty else { return nil }
        return network.placedJunctions.map { placed in
            String(placed.name.map { $0 == "." ? " " : $0 })
        }
    }

    /// The first thing that is wrong with a section that came from outside, or nil.
    public func firstFinding(_ section: UnsafeRawPointer) -> String? {
        for layer in network.placedJunctions {
            let findings = layer.withTables {
                layer.junction.form.findings(section + layer.parametersOffset, $0)
            }
            if let finding = findings.first { return "\(layer.text): \(finding)" }
        }
        for (index, node) in network.graph.nodes.enumerated() {
            let findings = node.block.form.fieldFindings(section + node.parametersOffset)
            if let finding = findings.first { return "block \(index), \(node.kind): \(finding)" }
        }
        return pipelineFinding(section) ?? driftFinding(section) ?? countFinding(section)
            ?? pendingFinding(section)
    }
}

extension PlacedJunction {
    /// Calls `body` with the tables of the junction in memory of their own.
    fileprivate func withTables<Result>(_ body: (UnsafeMutableRawPointer) -> Result) -> Result {
        let form = junction.form
        let bytes = max(form.feedforwardBytes, 64)
        let workspace = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        defer { workspace.deallocate() }
        workspace.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
        form.prepare(workspace, forUpdates: false)
        return body(workspace)
    }

    /// The saturation counters in a section; nil in float32.
    fileprivate func saturationCounts(_ section: UnsafeRawPointer) -> [UInt64]? {
        guard let saturationsOffset else { return nil }
        let counters = section + saturationsOffset
        return (0..<4).map { counters.load(fromByteOffset: 8 * $0, as: UInt64.self) }
    }
}

extension JunctionSpecification {
    /// What `findings` looks at.
    fileprivate var checks: [String] {
        let numbers = arithmetic == .float32 ? "finite" : "within the format"
        return switch structure {
        case .dense, .random: ["weights \(numbers)"]
        case .structured: ["degrees exact", "weights \(numbers)"]
        case .clashFree, .laneAligned: ["clash-free", "degrees exact", "weights \(numbers)"]
        case .circulant: ["spectra \(numbers)"]
        // BP's mask is kept nowhere: it is selected from the master at every start.
        case .pruned(let settings) where settings.passes == .backward: ["weights \(numbers)"]
        case .pruned: ["mask legal", "weights \(numbers)"]
        }
    }
}
