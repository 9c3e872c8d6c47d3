// Views: selecting anew, writing them out as matrices, and saying whether they are legal.

import Kernels

extension PrunedJunction {
    /// Selects anew what the rows that changed, and their groups, keep: the second half of every
    /// update, for those who changed the master themselves.
    /// - rowsChanged: `outputs` values, 0 where a row is as it was (δ will do); nil for all rows
    package func prepareViews(
        _ memory: JunctionMemory, rowsChanged: UnsafePointer<Float>?, kernels: KernelSet
    ) {
        for block in 0..<layout.blocks {
            if let rowsChanged, !hasNonzero(rowsChanged, block) { continue }
            prepareBlock(block, memory, kernels)
        }
    }

    /// Selects anew in one block of 16 rows, in both directions.
    func prepareBlock(_ block: Int, _ memory: JunctionMemory, _ kernels: KernelSet) {
        if pattern.prunesFeedforward {
            prepareForward(block, memory.parameters, memory.workspace, kernels)
        }
        if pattern.prunesBackprop {
            prepareBackward(block, memory, withView: false, kernels)
            backwardFlag(memory).pointee = 0
        }
    }

    /// Whether a row of a block has a value other than 0.
    func hasNonzero(_ rows: UnsafePointer<Float>, _ block: Int) -> Bool {
        for row in block * 16..<min(outputs, block * 16 + 16) where rows[row] != 0 {
            return true
        }
        return false
    }

    /// 1 where the backward view is that of the master.
    func backwardFlag(_ memory: JunctionMemory) -> UnsafeMutablePointer<UInt64> {
        (memory.workspace + layout.backwardFlag).assumingMemoryBound(to: UInt64.self)
    }

    /// Real rows of a block.
    func rows(_ block: Int) -> Int { min(16, outputs - block * 16) }

    /// The forward view of one block, and what an updating workspace knows of it.
    func prepareForward(
        _ block: Int, _ parameters: UnsafeMutableRawPointer,
        _ workspace: UnsafeMutableRawPointer?, _ kernels: KernelSet
    ) {
        let tiles = block * layout.chunks
        let slots = pattern.slots
        kernels.pruned.prepareForward(
            parameters.assumingMemoryBound(to: Float.self) + block * 16 * rowStride, rowStride,
            rows(block), layout.chunks, inputs, pattern.kept, pattern.group,
            (parameters + layout.values + tiles * slots * 64)
                .assumingMemoryBound(to: Float.self),
            (parameters + layout.indices + tiles * slots * 8)
                .assumingMemoryBound(to: UInt8.self),
            workspace.map { masks($0 + layout.forwardMasks, block) },
            workspace.map { thresholds($0 + layout.forwardThresholds, block) })
    }

    /// Masks of one block in BP's groups, and on demand its chunk of the backward view.
    func prepareBackward(
        _ block: Int, _ memory: JunctionMemory, withView: Bool, _ kernels: KernelSet
    ) {
        let slots = pattern.slots
        let workspace = memory.workspace
        let values = workspace + layout.backwardValues + block * slots * 64
        let indices = workspace + layout.backwardIndices + block * slots * 8
        kernels.pruned.prepareBackward(
            memory.parameters.assumingMemoryBound(to: Float.self) + block * 16 * rowStride,
            rowStride, rows(block), layout.chunks, inputs, pattern.kept, pattern.group,
            masks(workspace + layout.backwardMasks, block),
            thresholds(workspace + layout.backwardThresholds, block),
            withView ? values.assumingMemoryBound(to: Float.self) : nil,
            withView ? indices.assumingMemoryBound(to: UInt8.self) : nil, layout.blocks)
    }

    /// Masks of one block.
    func masks(
        _ start: UnsafeMutableRawPointer, _ block: Int
    ) -> UnsafeMutablePointer<UInt16> {
        (start + block * layout.chunks * 32).assumingMemoryBound(to: UInt16.self)
    }

    /// Thresholds of one block.
    func thresholds(
        _ start: UnsafeMutableRawPointer, _ block: Int
    ) -> UnsafeMutablePointer<Int32> {
        (start + block * layout.chunks * (16 / pattern.group) * 64)
            .assumingMemoryBound(to: Int32.self)
    }

    /// Writes the forward view as a matrix.
    func expandView(_ parameters: UnsafeRawPointer, _ dense: UnsafeMutablePointer<Float>) {
        for index in 0..<inputs * outputs { dense[index] = 0 }
        forEachSlot(parameters) { row, column, value in
            if row < outputs && column < inputs { dense[row * inputs + column] = value }
        }
    }

    /// Walks the forward view: row, column, value.
    private func forEachSlot(
        _ parameters: UnsafeRawPointer, _ body: (Int, Int, Float) -> Void
    ) {
        let values = (parameters + layout.values).assumingMemoryBound(to: Float.self)
        let indices = (parameters + layout.indices).assumingMemoryBound(to: UInt8.self)
        let slots = pattern.slots
        for block in 0..<layout.blocks {
            for chunk in 0..<layout.chunks {
                let tile = block * layout.chunks + chunk
                for lane in 0..<16 {
                    for slot in 0..<slots {
                        let byte = indices[(tile * 16 + lane) * slots / 2 + slot / 2]
                        let index = Int(slot & 1 == 0 ? byte & 15 : byte >> 4)
                        body(
                            block * 16 + lane, chunk * 16 + index,
                            values[(tile * slots + slot) * 16 + lane])
                    }
                }
            }
        }
    }

    /// Sets to zero in `dense` what BP drops.
    func dropAlongOutputs(
        _ weights: UnsafePointer<Float>, _ dense: UnsafeMutablePointer<Float>
    ) {
        for column in 0..<inputs {
            for first in stride(from: 0, to: outputs, by: pattern.group) {
                let bits = PrunedKernels.selection(kept: pattern.kept, group: pattern.group) {
                    first + $0 < outputs ? weights[(first + $0) * rowStride + column] : 0
                }
                for position in 0..<min(pattern.group, outputs - first)
                where bits >> UInt16(position) & 1 == 0 {
                    dense[(first + position) * inputs + column] = 0
                }
            }
        }
    }

    package func findings(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer
    ) -> [String] {
        let finite = JunctionFindings.notFinite(parameters, fields)
        guard pattern.prunesFeedforward else { return finite }
        let weights = parameters.assumingMemoryBound(to: Float.self)
        let paddedOutputs = layout.blocks * 16
        // Per row and group: which weights the view holds, as bits, in their order.
        var held = [UInt16](repeating: 0, count: paddedOutputs * rowStride / pattern.group)
        var (foreign, unordered) = (0, 0)
        forEachSlot(parameters) { row, column, value in
            let group = (row * rowStride + column) / pattern.group
            let bit: UInt16 = 1 << UInt16(column % pattern.group)
            if held[group] >= bit { unordered += 1 }
            held[group] |= bit
            let weight = row < outputs ? weights[row * rowStride + column] : 0
            if weight.bitPattern != value.bitPattern { foreign += 1 }
        }
        var (uneven, smaller) = (0, 0)
        for (group, bits) in held.enumerated() {
            let first = group * pattern.group
            let selected = PrunedKernels.selection(kept: pattern.kept, group: pattern.group) {
                first / rowStride < outputs ? weights[first + $0] : 0
            }
            if bits.nonzeroBitCount != pattern.kept {
                uneven += 1
            } else if bits != selected {
                smaller += 1
            }
        }
        let name = "\(pattern.kept) of \(pattern.group)"
        return finite
            + [
                (foreign, "view: \(foreign) values differ from the weights"),
                (uneven, "view: \(uneven) groups do not keep \(name)"),
                (unordered, "view: \(unordered) indices are out of order"),
                (smaller, "view: \(smaller) groups do not keep the largest"),
            ].filter { $0.0 > 0 }.map(\.1)
    }
}
