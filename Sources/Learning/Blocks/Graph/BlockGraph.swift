// The blocks of a network: a list, each reads what the one before it gave; a residual block reads
// besides what entered its span.
//
// Invariants:
//   - the graph is a value: it knows shapes and offsets, never addresses;
//   - nothing here allocates after `init`;
//   - what entered the network stays where the network has it; the graph turns it into planes.

import Arithmetic
import Junctions
import Kernels
import WeightStore

/// One block and where it lies.
struct BlockNode: Sendable {
    let block: Block
    /// `conv1d`
    let kind: String
    /// Bytes from the start of the section to its fields.
    var parametersOffset = 0
    /// Bytes from the start of the section to their velocities.
    var velocityOffset: Int?
    /// Bytes from the start of the workspace to its tables.
    let tablesOffset: Int
    /// Bytes from the start of the workspace to what FF leaves for `advance`.
    let outcomeOffset: Int
    /// Floats of what it reads and gives, padding included.
    let counts: (input: Int, output: Int)
    /// The boundary that a residual block adds; its own input for the others.
    let skip: Int
    /// Whether UP multiplies by what lies there.
    let learnsFromSkip: Bool
    /// Residual blocks whose span begins here: their errors are added to this block's.
    let spans: [Int]
    /// Whether FF keeps something for BP besides values.
    let keeps: Bool
}

/// Blocks over memory that the caller owns.
package struct BlockGraph: Sendable {
    private(set) var nodes: [BlockNode] = []
    /// The features as planes.
    let entry: PlaneEntry
    let places: BlockPlaces
    private let scratchOffset: Int

    /// The blocks of a valid configuration; `addWeights` gives them a place in a section.
    ///
    /// - input: bytes from the start of the workspace to the features
    /// - output: the same to values and errors of the boundary behind the blocks
    init(
        _ c: LearnerConfiguration, learns: Bool, input: Int, output: (values: Int, errors: Int),
        _ workspace: inout WorkspaceLayout
    ) {
        let purpose = BlockPurpose(learns: learns, producers: c.producerCapacity)
        let blocks = c.madeBlocks(purpose)
        entry = PlaneEntry(
            c.blocks.isEmpty ? .flat(count: c.featureCount) : c.entryShape, input, &workspace)
        places = BlockPlaces(
            blocks, input: entry.valuesOffset, output: output, learns: learns,
            recompute: c.recompute, &workspace)
        let scratch = blocks.reduce(0) { max($0, $1.form.scratchBytes) }
        scratchOffset = workspace.take(scratch, "scratch memory of blocks")
        for (index, block) in blocks.enumerated() {
            let form = block.form
            let (skip, learnsFromSkip) =
                if case .residual(let form) = block {
                    (index - form.span, !form.parts.junctions.isEmpty)
                } else { (index, false) }
            let spans = blocks.indices.filter {
                if case .residual(let form) = blocks[$0] { $0 - form.span == index } else { false }
            }
            nodes.append(
                BlockNode(
                    block: block, kind: c.blocks[index].kind,
                    tablesOffset: workspace.take(form.parts.tableBytes, "tables of blocks"),
                    outcomeOffset: workspace.take(form.outcomeBytes, "outcomes of blocks"),
                    counts: (form.inputShape.paddedCount, form.outputShape.paddedCount),
                    skip: skip, learnsFromSkip: learnsFromSkip, spans: spans,
                    keeps: form.keptBytes > 0))
        }
        // Whole vectors may be read past the end of a plane.
        if !blocks.isEmpty { _ = workspace.take(64, "scratch memory of blocks") }
    }

    var isEmpty: Bool { nodes.isEmpty }

    /// The same places in the section as another graph.
    mutating func take(placesOf other: BlockGraph) {
        for index in nodes.indices {
            nodes[index].parametersOffset = other.nodes[index].parametersOffset
        }
    }

    // Section

    /// Adds the fields of every block, `block.I.NAME`; returns bytes and numbers of float fields.
    mutating func addWeights(to section: inout SectionLayout) -> [(offset: Int, count: Int)] {
        var floats: [(offset: Int, count: Int)] = []
        for index in nodes.indices {
            for (place, part) in nodes[index].block.form.parts.allFields.enumerated() {
                let added = section.add(
                    "block.\(index).\(part.name)", part.field.element.elementType,
                    shape: part.field.shape, rowStride: part.field.rowStride)
                if place == 0 { nodes[index].parametersOffset = added.offset }
                if added.element == .f32 {
                    floats.append((added.offset, added.byteCount / added.element.bytes))
                }
            }
        }
        return floats
    }

    /// Adds the velocities of the learned fields, in their shapes.
    mutating func addVelocity(to section: inout SectionLayout) {
        for index in nodes.indices {
            let learned = nodes[index].block.form.parts.allFields.filter(\.field.isLearned)
            for (place, part) in learned.enumerated() {
                let added = section.add(
                    "block.\(index).\(part.name).velocity", part.field.element.elementType,
                    shape: part.field.shape, rowStride: part.field.rowStride)
                if place == 0 { nodes[index].velocityOffset = added.offset }
            }
        }
    }

    /// Bytes of fields that are not learned: views, counters, states.
    var derivedBytes: Int {
        nodes.flatMap(\.block.form.parts.allFields).filter { !$0.field.isLearned }
            .reduce(0) { $0 + $1.field.byteCount }
    }

    // Workspace

    /// Fills the tables of a cleared workspace.
    func prepare(_ workspace: UnsafeMutableRawPointer) {
        for node in nodes { node.block.form.prepare(workspace + node.tablesOffset) }
    }

    /// Makes what the workspace derives from the weights.
    func refresh(_ section: UnsafeMutableRawPointer, _ workspace: UnsafeMutableRawPointer) {
        for index in nodes.indices {
            nodes[index].block.form.refresh(
                memory(index, section, workspace, producer: -1, counts: false))
        }
    }

    /// Draws the weights of every junction from the input on, and sets the other fields.
    func initialise(
        _ section: UnsafeMutableRawPointer, _ workspace: UnsafeMutableRawPointer,
        rule: InitialisationRule, generator: inout Xoshiro256StarStar
    ) {
        for node in nodes {
            let parameters = section + node.parametersOffset
            for part in node.block.form.parts.junctions {
                let form = part.junction.form
                form.initialise(
                    parameters + part.parametersOffset,
                    workspace + node.tablesOffset + part.tablesOffset,
                    rule.distribution(fanIn: form.fanIn, fanOut: form.fanOut), &generator)
            }
            node.block.form.initialiseFields(parameters)
        }
    }

    /// The memory of block `index`.
    @inline(__always)
    func memory(
        _ index: Int, _ section: UnsafeMutableRawPointer, _ workspace: UnsafeMutableRawPointer,
        producer: Int, counts: Bool
    ) -> BlockMemory {
        BlockMemory(
            parameters: section + nodes[index].parametersOffset,
            velocity: nodes[index].velocityOffset.map { section + $0 },
            tables: workspace + nodes[index].tablesOffset,
            kept: workspace + places.kept[index],
            outcome: workspace + nodes[index].outcomeOffset,
            scratch: workspace + scratchOffset, producer: producer, counts: counts)
    }
}

extension LearnerConfiguration {
    /// The blocks of a valid configuration.
    func madeBlocks(_ purpose: BlockPurpose) -> [Block] {
        guard !blocks.isEmpty else { return [] }
        do {
            let shapes = try blockShapes()
            return try blocks.enumerated().map { index, specification in
                try Block(specification, Array(shapes[...index]), purpose)
            }
        } catch {
            preconditionFailure("a valid configuration: \(error)")
        }
    }
}
