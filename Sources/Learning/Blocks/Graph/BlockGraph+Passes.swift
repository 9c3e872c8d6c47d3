// The passes of a sample through the blocks.

import Junctions
import Kernels

extension BlockGraph {
    /// FF of every block, from the features.
    ///
    /// - producer: whose sample it is; −1: nobody's state is read
    /// - counts: whether saturations are counted
    func feedforward(
        _ section: UnsafeMutableRawPointer, _ workspace: UnsafeMutableRawPointer, producer: Int,
        counts: Bool, _ kernels: KernelSet
    ) {
        entry.fill(workspace)
        for index in nodes.indices {
            feedforward(
                index, memory(index, section, workspace, producer: producer, counts: counts),
                workspace, kernels)
        }
    }

    @inline(__always)
    private func feedforward(
        _ index: Int, _ memory: BlockMemory, _ workspace: UnsafeMutableRawPointer,
        _ kernels: KernelSet
    ) {
        nodes[index].block.feedforward(
            memory, x: values(index, workspace), skip: values(nodes[index].skip, workspace),
            y: values(index + 1, workspace), kernels: kernels)
    }

    /// BP and UP of every block, from the errors of what the last one gave.
    ///
    /// A block that reads, or whose errors are, numbers beyond ± 10¹⁵ or none is not updated, nor
    /// those to its left.
    /// - Returns: whether every block was updated
    func backpropUpdate(
        _ section: UnsafeMutableRawPointer, _ workspace: UnsafeMutableRawPointer, producer: Int,
        _ rule: UpdateRule, _ generator: UnsafeMutablePointer<UInt64>, _ kernels: KernelSet
    ) -> Bool {
        var index = nodes.count - 1
        while index >= 0 {
            if isEndOfSegment(index) {
                makeAgain(index, section, workspace, producer: producer, kernels)
            }
            let memory = memory(index, section, workspace, producer: producer, counts: false)
            let isUpdated = backpropUpdate(index, memory, workspace, rule, generator, kernels)
            if !isUpdated { return false }
            index -= 1
        }
        return true
    }

    private func backpropUpdate(
        _ index: Int, _ memory: BlockMemory, _ workspace: UnsafeMutableRawPointer,
        _ rule: UpdateRule, _ generator: UnsafeMutablePointer<UInt64>, _ kernels: KernelSet
    ) -> Bool {
        guard let delta = errors(places.errors[index + 1], workspace) else {
            preconditionFailure("a learner's blocks have errors")
        }
        let x = UnsafePointer(values(index, workspace))
        let skip = UnsafePointer(values(nodes[index].skip, workspace))
        let counts = nodes[index].counts
        guard Network.isBounded(delta, counts.output, kernels),
            Network.isBounded(x, counts.input, kernels),
            !nodes[index].learnsFromSkip
                || Network.isBounded(skip, nodes[nodes[index].skip].counts.input, kernels)
        else { return false }
        let e = errors(places.errors[index], workspace)
        let isUpdated = nodes[index].block.backpropUpdate(
            memory, x: x, skip: skip, y: values(index + 1, workspace), delta: delta, e: e,
            skipError: errors(places.skipErrors[index], workspace), rule: rule,
            generator: generator, kernels: kernels)
        guard isUpdated else { return false }
        if let e {
            for span in nodes[index].spans {
                if let skip = errors(places.skipErrors[span], workspace) {
                    Rows.add(skip, e, counts.input)
                }
            }
        }
        return true
    }

    /// Whether the values of the segment that block `index` ends were overwritten by another's.
    private func isEndOfSegment(_ index: Int) -> Bool {
        index + 1 < nodes.count && (index + 1) % places.segment == 0
    }

    /// FF of the segment that block `last` ends, once more and with the same result.
    private func makeAgain(
        _ last: Int, _ section: UnsafeMutableRawPointer, _ workspace: UnsafeMutableRawPointer,
        producer: Int, _ kernels: KernelSet
    ) {
        for index in (last + 1 - places.segment)...last
        where index < last || nodes[index].keeps {
            feedforward(
                index, memory(index, section, workspace, producer: producer, counts: false),
                workspace, kernels)
        }
    }

    /// Commits what the sample that went through FF last leaves behind.
    func advance(
        _ section: UnsafeMutableRawPointer, _ workspace: UnsafeMutableRawPointer, producer: Int,
        _ kernels: KernelSet
    ) {
        for index in nodes.indices {
            nodes[index].block.advance(
                memory(index, section, workspace, producer: producer, counts: false),
                kernels: kernels)
        }
    }

    /// A producer starts anew.
    func forget(
        _ section: UnsafeMutableRawPointer, _ workspace: UnsafeMutableRawPointer, producer: Int
    ) {
        for index in nodes.indices {
            nodes[index].block.form.forget(
                memory(index, section, workspace, producer: producer, counts: false))
        }
    }

    /// What block `index` reads, or the last one gave.
    @inline(__always)
    package func values(
        _ index: Int, _ workspace: UnsafeMutableRawPointer
    ) -> UnsafeMutablePointer<Float> {
        (workspace + places.values[index]).assumingMemoryBound(to: Float.self)
    }

    /// The errors there; nil where nobody wants them.
    package func errors(
        _ index: Int, _ workspace: UnsafeMutableRawPointer
    ) -> UnsafeMutablePointer<Float>? { errors(places.errors[index], workspace) }

    @inline(__always)
    private func errors(
        _ offset: Int?, _ workspace: UnsafeMutableRawPointer
    ) -> UnsafeMutablePointer<Float>? {
        offset.map { (workspace + $0).assumingMemoryBound(to: Float.self) }
    }
}
