// A junction of a block whose weights the positions of a sample share.

import Junctions

extension BlockJunction {
    /// The place of a shared junction.
    package init(_ name: String, _ shared: SharedJunction, uses: Int, learns: Bool) {
        self.init(
            name, shared.specification, shared.junction, uses: uses,
            tableBytes: shared.tableBytes(learns: learns))
    }

    /// The memory of a shared junction in that of its block.
    ///
    /// - scratchOffset: bytes from the start of the block's scratch memory
    @inline(__always)
    package func memory(_ memory: BlockMemory, scratchOffset: Int) -> SharedJunction.Memory {
        SharedJunction.Memory(
            parameters: memory.parameters + parametersOffset,
            velocity: memory.velocity.map { $0 + velocityOffset },
            tables: memory.tables + tablesOffset, scratch: memory.scratch + scratchOffset)
    }
}
