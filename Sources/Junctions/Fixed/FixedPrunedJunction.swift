// The N:M junction (BDWP, arXiv 2309.13015) in fixed point: one dense master, of which FF sees the
// N largest of M weights along the inputs, and BP the N largest of M along the outputs.
//
// It is the plain form of the idea: views are copies of the master with zeros in them, and dense
// kernels work on them, so it is exact and no faster than dense. Of weights of equal magnitude the
// one with the lower index stays; the last group of a row or column may be shorter, and keeps N.
// Invariant: after every call the views follow from the master.

import Arithmetic
import Kernels

/// An N:M junction between `inputs` left and `outputs` right neurons in a fixed-point format.
///
/// Parameters: `weights` [outputs, inputs] and `bias` [outputs] as in `FixedDenseJunction`;
/// `view.forward`, what FF multiplies by; `saturations` [4]. The view of BP lies in the workspace.
public struct FixedPrunedJunction: Equatable, Sendable {
    /// What it would be without groups.
    private let dense: FixedDenseJunction
    /// N, weights of a group that are seen.
    public let keptCount: Int
    /// M, weights of a group.
    public let groupCount: Int

    /// A junction of that shape; 1 ≤ N ≤ M.
    public init(
        inputs: Int, outputs: Int, keptCount: Int, groupCount: Int, format: FixedFormat
    ) {
        precondition(keptCount >= 1 && keptCount <= groupCount, "N of M")
        dense = FixedDenseJunction(inputs: inputs, outputs: outputs, format: format)
        self.keptCount = keptCount
        self.groupCount = groupCount
    }

    private var rowStride: Int { dense.rowStride }
    private var layout: FixedParameters {
        FixedParameters(outputs: outputs, rowStride: rowStride, hasView: true)
    }

    /// Copies one group of `count` weights, `stride` apart, with zeros for all but the N largest.
    private func prune(
        _ weights: UnsafePointer<Int16>, _ view: UnsafeMutablePointer<Int16>, _ count: Int,
        stride: Int
    ) {
        for index in 0..<count {
            let magnitude = weights[index * stride].magnitude
            var rank = 0
            for other in 0..<count {
                let rival = weights[other * stride].magnitude
                if rival > magnitude || (rival == magnitude && other < index) { rank += 1 }
            }
            view[index * stride] = rank < keptCount ? weights[index * stride] : 0
        }
    }

    /// Makes the view of FF anew for a row.
    private func pruneRow(_ parameters: UnsafeMutableRawPointer, _ row: Int) {
        let weights = UnsafePointer(layout.weights(parameters)) + row * rowStride
        let view = layout.view(parameters) + row * rowStride
        for first in stride(from: 0, to: inputs, by: groupCount) {
            prune(weights + first, view + first, min(groupCount, inputs - first), stride: 1)
        }
    }

    /// Makes the view of BP anew for a group of rows.
    private func pruneColumns(_ memory: JunctionMemory, firstRow: Int) {
        let start = firstRow * rowStride
        let weights = UnsafePointer(layout.weights(memory.parameters)) + start
        let view = memory.workspace.assumingMemoryBound(to: Int16.self) + start
        let count = min(groupCount, outputs - firstRow)
        for column in 0..<inputs {
            prune(weights + column, view + column, count, stride: rowStride)
        }
    }
}

extension FixedPrunedJunction: FixedJunctionForm {
    package var inputs: Int { dense.inputs }
    package var outputs: Int { dense.outputs }
    package var format: FixedFormat { dense.format }
    package var fanIn: Int { (inputs * keptCount + groupCount - 1) / groupCount }
    package var fanOut: Int { (outputs * keptCount + groupCount - 1) / groupCount }
    package var weightCount: Int { inputs * outputs }
    package var feedforwardBytes: Int { 0 }
    package var fields: [JunctionField] { layout.fields(columns: inputs) }

    package func updateBytes(_ increment: Increment) -> Int { 2 * outputs * rowStride }
    package func prepare(_ workspace: UnsafeMutableRawPointer, forUpdates: Bool) {}

    package func refresh(_ memory: JunctionMemory) {
        for row in 0..<outputs { pruneRow(memory.parameters, row) }
        for row in stride(from: 0, to: outputs, by: groupCount) {
            pruneColumns(memory, firstRow: row)
        }
    }

    package func initialise(
        _ parameters: UnsafeMutableRawPointer, _ workspace: UnsafeMutableRawPointer,
        _ distribution: WeightDistribution, _ generator: inout Xoshiro256StarStar
    ) {
        layout.draw(parameters, format, distribution, &generator) { _ in inputs }
        for row in 0..<outputs { pruneRow(parameters, row) }
    }

    /// y = sat(b + Σ V ⊗ x) with the view V of FF.
    package func feedforward(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer,
        x: UnsafePointer<Int16>, y: UnsafeMutablePointer<Int16>,
        saturations: UnsafeMutablePointer<UInt64>?, kernels: KernelSet
    ) {
        kernels.fixed.feedforward(
            layout.view(parameters), layout.bias(parameters), x, y, outputs, rowStride,
            format.width, format.fractionBits, saturations)
    }

    /// BP with the view of BP, UP on the whole master; then the views of what has changed.
    package func backpropUpdate(
        _ memory: JunctionMemory, x: UnsafePointer<Int16>, delta: UnsafePointer<Int16>,
        derivative: UnsafePointer<Int16>?, e: UnsafeMutablePointer<Int16>?, learningShift: Int,
        increment: Increment, generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet
    ) {
        if let e {
            backprop(memory, delta: delta, derivative: derivative, e: e, kernels: kernels)
        }
        updateMaster(
            memory, x: x, delta: delta, learningShift: learningShift, increment: increment,
            generator: generator, kernels: kernels)
        // Where η δ is no number, exact increments change nothing; bits may.
        prune(memory) {
            increment == .exact
                ? format.biasIncrement(delta[$0], shift: learningShift) != 0 : delta[$0] != 0
        }
    }

    /// UP of the master alone, whose views are then to be made by `refresh`.
    func updateMaster(
        _ memory: JunctionMemory, x: UnsafePointer<Int16>, delta: UnsafePointer<Int16>,
        learningShift: Int, increment: Increment, generator: UnsafeMutablePointer<UInt64>,
        kernels: KernelSet
    ) {
        let counters = layout.saturations(memory.parameters)
        let weights = layout.weights(memory.parameters)
        let bias = layout.bias(memory.parameters)
        guard case .stochastic(let rule) = increment else {
            return kernels.fixed.backpropUpdate(
                weights, bias, x, delta, nil, nil, outputs, rowStride, format.width,
                format.fractionBits, learningShift, counters)
        }
        let outer = FixedStochastic(
            rule, format, learningShift: learningShift, x: x, inputs: inputs, delta: delta,
            outputs: outputs, generator)
        for row in 0..<outputs {
            outer.updateBias(bias, row, counters)
            outer.updateRow(weights + row * rowStride, row, counters)
        }
    }

    package func backprop(
        _ memory: JunctionMemory, delta: UnsafePointer<Int16>,
        derivative: UnsafePointer<Int16>?, e: UnsafeMutablePointer<Int16>, kernels: KernelSet
    ) {
        kernels.fixed.backprop(
            UnsafePointer(memory.workspace.assumingMemoryBound(to: Int16.self)), delta,
            derivative, e, outputs, rowStride, format.width, format.fractionBits,
            layout.saturations(memory.parameters))
    }

    /// Makes the views of rows that changed anew.
    private func prune(_ memory: JunctionMemory, _ hasChanged: (_ row: Int) -> Bool) {
        for first in stride(from: 0, to: outputs, by: groupCount) {
            var isStale = false
            for row in first..<min(first + groupCount, outputs) where hasChanged(row) {
                pruneRow(memory.parameters, row)
                isStale = true
            }
            if isStale { pruneColumns(memory, firstRow: first) }
        }
    }

    package func expand(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer,
        _ pass: JunctionPass, into out: UnsafeMutablePointer<Float>
    ) {
        let view =
            pass == .feedforward
            ? layout.view(parameters)
            : UnsafePointer(workspace.assumingMemoryBound(to: Int16.self))
        for row in 0..<outputs {
            for column in 0..<inputs {
                out[row * inputs + column] = format.float(view[row * rowStride + column])
            }
        }
    }

    /// Numbers beyond the format, and groups of the view that do not follow from the master.
    package func findings(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer
    ) -> [String] {
        let weights = layout.weights(parameters)
        let view = layout.view(parameters)
        var wrong = 0
        withUnsafeTemporaryAllocation(of: Int16.self, capacity: groupCount) { group in
            guard let expected = group.baseAddress else { return }
            for row in 0..<outputs {
                for first in stride(from: 0, to: inputs, by: groupCount) {
                    let place = row * rowStride + first
                    let count = min(groupCount, inputs - first)
                    prune(weights + place, expected, count, stride: 1)
                    if (0..<count).contains(where: { view[place + $0] != expected[$0] }) {
                        wrong += 1
                    }
                }
            }
        }
        let mask = wrong == 0 ? [] : ["view.forward: \(wrong) groups are not the largest weights"]
        return layout.findings(parameters, format) + mask
    }
}
