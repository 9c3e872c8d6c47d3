// One junction with the neurons at its right, and where both lie.

import Junctions
import WeightStore

/// One layer of a network.
package struct NetworkLayer: Sendable {
    /// What the junction shall be.
    package let specification: JunctionSpecification
    /// The junction itself.
    package let junction: Junction
    /// Of the neurons at its right.
    package let activation: Activation
    /// Bytes from the start of the section to the junction's fields.
    package internal(set) var parametersOffset = 0
    /// Bytes from the start of the section to their velocities.
    var velocityOffset: Int?
    /// Bytes from the start of the workspace to the junction's tables and scratch memory.
    let workspaceOffset: Int
    /// Bytes from the junction's fields to its saturation counters; nil in float32.
    let saturationsOffset: Int?
    /// b_f of a fixed-point junction, 0 in float32.
    let fractionBits: Int
    /// Tables of a fixed-point sigmoid.
    let sigmoidTables: SigmoidTables?

    init(
        _ specification: JunctionSpecification, _ junction: Junction, _ activation: Activation,
        learns: Bool, _ workspace: inout WorkspaceLayout
    ) {
        self.specification = specification
        self.junction = junction
        self.activation = activation
        let form = junction.form
        let fields = form.fields
        workspaceOffset = workspace.take(
            form.feedforwardBytes + (learns ? form.updateBytes(specification.increment) : 0))
        fractionBits = junction.format?.fractionBits ?? 0
        sigmoidTables =
            activation == .sigmoid
            ? junction.format.map { SigmoidTables($0, &workspace) } : nil
        saturationsOffset = fields.firstIndex { $0.name == "saturations" }.map(fields.offset)
    }

    /// The junction's memory in a section and a workspace.
    func memory(
        _ section: UnsafeMutableRawPointer, _ workspace: UnsafeMutableRawPointer
    ) -> JunctionMemory {
        JunctionMemory(
            parameters: section + parametersOffset, velocity: velocityOffset.map { section + $0 },
            workspace: workspace + workspaceOffset)
    }

    /// The rule of this junction, given what all junctions share.
    func rule(_ rule: UpdateRule) -> UpdateRule {
        UpdateRule(
            learningRate: rule.learningRate, momentum: rule.momentum,
            weightDecay: rule.weightDecay, increment: specification.increment)
    }
}

extension JunctionField.Element {
    /// The same in the words of a section.
    var elementType: ElementType {
        switch self {
        case .f32: .f32
        case .i16: .i16
        case .u8: .u8
        case .u32: .u32
        case .u64: .u64
        }
    }
}
