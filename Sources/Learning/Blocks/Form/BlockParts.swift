// What a block keeps in the section and derives in the workspace: its junctions' fields in their
// order, then its own fields; velocities of the learned ones in the same order; and a table area
// per junction.

import Junctions
import WeightStore

/// One junction of a block, and where it lies in the block's memory.
package struct BlockJunction: Equatable, Sendable {
    /// Before the names of its fields: empty where the block has one junction only, else
    /// `recurrent` in `recurrent.weights`.
    package let name: String
    /// What it shall be.
    package let specification: JunctionSpecification
    /// What it is.
    package let junction: Junction
    /// Vectors per sample that it multiplies by.
    package let uses: Int
    /// Bytes of its area of tables, a multiple of 64.
    package let tableBytes: Int
    /// Bytes from the start of the block's fields.
    package fileprivate(set) var parametersOffset = 0
    /// Bytes from the start of the block's velocities.
    package fileprivate(set) var velocityOffset = 0
    /// Bytes from the start of the block's tables.
    package fileprivate(set) var tablesOffset = 0
    /// Bytes from the start of the block's fields to the saturation counters; nil in float32.
    package fileprivate(set) var saturationsOffset: Int?

    /// A junction of a block; `BlockParts` gives it its place.
    package init(
        _ name: String, _ specification: JunctionSpecification, _ junction: Junction, uses: Int,
        tableBytes: Int
    ) {
        self.name = name
        self.specification = specification
        self.junction = junction
        self.uses = uses
        self.tableBytes = (tableBytes + 63) & ~63
    }

    /// The name of one of its fields in the block.
    func fieldName(_ field: JunctionField) -> String {
        name.isEmpty ? field.name : "\(name).\(field.name)"
    }

    /// The rule of this junction, given what all junctions share.
    @inline(__always)
    package func rule(_ rule: UpdateRule) -> UpdateRule {
        UpdateRule(
            learningRate: rule.learningRate, momentum: rule.momentum,
            weightDecay: rule.weightDecay, increment: specification.increment)
    }

    /// Its saturation counters, where they are counted.
    @inline(__always)
    package func saturations(_ memory: BlockMemory) -> UnsafeMutablePointer<UInt64>? {
        guard memory.counts, let saturationsOffset else { return nil }
        return (memory.parameters + saturationsOffset).assumingMemoryBound(to: UInt64.self)
    }
}

/// A block's fields and tables.
package struct BlockParts: Equatable, Sendable {
    /// In the order of their fields.
    package let junctions: [BlockJunction]
    /// The fields behind those of the junctions.
    package let fields: [JunctionField]
    /// Bytes from the start of the block's fields to each of `fields`.
    package let fieldOffsets: [Int]
    /// Bytes from the start of the block's velocities to that of each of `fields`; what it says of
    /// a field that is not learned means nothing.
    package let velocityOffsets: [Int]
    /// Bytes of all fields.
    package let parameterBytes: Int
    /// Bytes of all tables.
    package let tableBytes: Int

    /// Lays out a block.
    package init(_ junctions: [BlockJunction] = [], fields: [JunctionField] = []) {
        var placed: [BlockJunction] = []
        var (parameters, velocity, tables) = (0, 0, 0)
        for var junction in junctions {
            let own = junction.junction.form.fields
            junction.parametersOffset = parameters
            junction.velocityOffset = velocity
            junction.tablesOffset = tables
            junction.saturationsOffset = own.firstIndex { $0.name == "saturations" }
                .map { parameters + own.offset($0) }
            parameters += own.byteCount
            velocity += own.filter(\.isLearned).byteCount
            tables += junction.tableBytes
            placed.append(junction)
        }
        var offsets: [Int] = []
        var velocities: [Int] = []
        for field in fields {
            offsets.append(parameters)
            velocities.append(velocity)
            parameters += field.byteCount
            if field.isLearned { velocity += field.byteCount }
        }
        self.junctions = placed
        self.fields = fields
        fieldOffsets = offsets
        velocityOffsets = velocities
        parameterBytes = parameters
        tableBytes = tables
    }

    /// Every field with its name in the block, in the order in which they lie.
    package var allFields: [(name: String, field: JunctionField)] {
        junctions.flatMap { junction in
            junction.junction.form.fields.map { (junction.fieldName($0), $0) }
        } + fields.map { ($0.name, $0) }
    }
}
