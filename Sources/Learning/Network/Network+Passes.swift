// The passes of one sample at a time: FF through all layers, then BP and UP back through them.
// What one junction does is in `Network+Junctions.swift`.

import Junctions
import Kernels

extension Network {
    /// FF: from `input` to `output`.
    ///
    /// - counting: the section, where saturations shall be counted; nil counts nothing
    package func feedforward(
        _ section: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer, _ kernels: KernelSet,
        counting: UnsafeMutableRawPointer? = nil
    ) {
        narrowInput(boundaries[0].bank(workspace), kernels)
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
    @discardableResult
    package func backpropUpdate(
        _ section: UnsafeMutableRawPointer, _ workspace: UnsafeMutableRawPointer,
        _ rule: UpdateRule, _ generator: UnsafeMutablePointer<UInt64>, _ kernels: KernelSet
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
        return true
    }
}
