// The passes of one sample at a time: FF through all layers, then BP and UP back through them.
// What one junction does is in `Network+Junctions.swift`.

import Junctions
import Kernels

extension Network {
    /// FF: from `input` to `output`.
    ///
    /// - counting: the section, where saturations shall be counted; nil counts nothing
    /// - producer: whose sample it is, to blocks with a state; −1: nobody's
    package func feedforward(
        _ section: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer, _ kernels: KernelSet,
        counting: UnsafeMutableRawPointer? = nil, producer: Int = -1
    ) {
        if graph.isEmpty {
            narrowInput(boundaries[0].bank(workspace), kernels)
        } else {
            // The memory of a block is that of a learner; FF writes counters there, if it counts.
            graph.feedforward(
                UnsafeMutableRawPointer(mutating: section), workspace, producer: producer,
                counts: counting != nil, kernels)
            narrowBlocks(boundaries[0].bank(workspace), kernels)
        }
        feedforwardNarrowed(section, workspace, kernels, counting: counting)
    }

    /// FF from what the first junction reads.
    func feedforwardNarrowed(
        _ section: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer, _ kernels: KernelSet,
        counting: UnsafeMutableRawPointer?
    ) {
        var left = boundaries[0].bank(workspace)
        for index in layers.indices {
            let right = boundaries[index + 1].bank(workspace)
            feedforward(
                index, from: left, to: right, section, workspace, kernels, counting: counting)
            left = right
        }
        widenOutput(left, kernels)
    }

    /// BP and UP of every junction, from `outputDelta` to the left.
    ///
    /// A junction whose activations or errors are beyond ± 10¹⁵, or not numbers, is not updated,
    /// nor those to its left: a network that diverges stays one of finite weights, which can be
    /// saved, inspected and rolled back.
    /// - Returns: whether every junction was updated
    /// - generator: four words of state of `Xoshiro256StarStar`
    /// - producer: that of FF
    @discardableResult
    package func backpropUpdate(
        _ section: UnsafeMutableRawPointer, _ workspace: UnsafeMutableRawPointer,
        _ rule: UpdateRule, _ generator: UnsafeMutablePointer<UInt64>, _ kernels: KernelSet,
        producer: Int = -1
    ) -> Bool {
        var right = boundaries[layers.count].bank(workspace)
        narrowOutputDelta(right, kernels)
        var index = layers.count - 1
        while index >= 0 {
            let left = boundaries[index].bank(workspace)
            let isUpdated = backpropUpdate(
                index, left: left, right: right, section, workspace, rule, generator, kernels)
            if !isUpdated { return false }
            right = left
            index -= 1
        }
        return graph.backpropUpdate(
            section, workspace, producer: producer, rule, generator, kernels)
    }

    /// Commits what the sample that went through FF last leaves in blocks: states, statistics.
    package func advance(
        _ section: UnsafeMutableRawPointer, _ workspace: UnsafeMutableRawPointer, producer: Int,
        _ kernels: KernelSet
    ) { graph.advance(section, workspace, producer: producer, kernels) }

    /// A producer starts anew in blocks with a state.
    package func forget(
        _ section: UnsafeMutableRawPointer, _ workspace: UnsafeMutableRawPointer, producer: Int
    ) { graph.forget(section, workspace, producer: producer) }
}
