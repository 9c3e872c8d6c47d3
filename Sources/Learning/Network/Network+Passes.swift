// The passes: FF through all layers, then BP and UP back through them.

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
        if let place = boundaries[0].consumed {
            narrow(boundaries[0], to: place, isInput: true, workspace, kernels)
        }
        for index in layers.indices {
            let layer = layers[index]
            let right = boundaries[index + 1]
            switch layer.junction {
            case .float(let junction):
                let y = right.values(workspace)
                junction.feedforward(
                    section + layer.parametersOffset, workspace + layer.workspaceOffset,
                    x: boundaries[index].values(workspace), y: y, kernels: kernels)
                layer.activation.apply(y, right.count, kernels)
            case .fixed(let junction):
                guard let left = boundaries[index].fixedInput, let place = right.produced else {
                    preconditionFailure("a fixed-point junction has fixed-point neighbours")
                }
                junction.feedforward(
                    section + layer.parametersOffset, workspace + layer.workspaceOffset,
                    x: left.values(workspace), y: place.values(workspace),
                    saturations: layer.saturations(counting), kernels: kernels)
                applyFixed(layer, place, right.count, workspace, kernels)
                if right.hasFloats { widen(place, to: right, workspace, kernels) }
            }
            if let place = right.consumed {
                narrow(right, to: place, isInput: false, workspace, kernels)
            }
        }
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
        if let place = boundaries[layers.count].produced {
            narrowErrors(boundaries[layers.count], to: place, workspace, kernels)
        }
        var index = layers.count - 1
        while index >= 0 {
            let layer = layers[index]
            let left = boundaries[index]
            let right = boundaries[index + 1]
            let memory = layer.memory(section, workspace)
            switch layer.junction {
            case .float(let junction):
                guard isBounded(right.errors(workspace), right.count, kernels),
                    isBounded(left.values(workspace), left.count, kernels)
                else { return false }
                junction.backpropUpdate(
                    memory, x: left.values(workspace), delta: right.errors(workspace),
                    e: index > 0 ? left.errors(workspace) : nil, rule: layer.rule(rule),
                    generator: generator, kernels: kernels)
            case .fixed(let junction):
                backpropUpdate(
                    fixed: junction, index, memory, rule, generator, workspace, kernels)
            }
            if index > 0, left.hasFloats { multiplyByDerivative(index, workspace, kernels) }
            index -= 1
        }
        return true
    }

    /// Whether no product of two of such values can overflow, nor a sum of what they add.
    @inline(__always)
    private func isBounded(
        _ values: UnsafePointer<Float>, _ count: Int, _ kernels: KernelSet
    ) -> Bool {
        kernels.firstOutside(values, count, -1e15, 1e15) < 0
    }

    /// The error at a layer with floats, e, becomes δ = e · f′, in the arithmetic of the junction
    /// to its left.
    private func multiplyByDerivative(
        _ index: Int, _ workspace: UnsafeMutableRawPointer, _ kernels: KernelSet
    ) {
        let boundary = boundaries[index]
        let errors = boundary.errors(workspace)
        guard let place = boundary.produced else {
            layers[index - 1].activation.multiplyByDerivative(
                boundary.values(workspace), errors, boundary.paddedCount, kernels)
            return
        }
        multiplyByFixedDerivative(place, index, workspace)
        narrowErrors(boundary, to: place, workspace, kernels)
    }
}

extension NetworkLayer {
    /// The junction's saturation counters in a section.
    func saturations(_ section: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<UInt64>? {
        guard let section, let saturationsOffset else { return nil }
        return (section + parametersOffset + saturationsOffset)
            .assumingMemoryBound(to: UInt64.self)
    }
}
