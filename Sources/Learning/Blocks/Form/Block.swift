// Any block behind one name. The choice is made once per call, outside every loop.

import Junctions
import Kernels

/// Any kind of block.
package enum Block: Equatable, Sendable {
    case convolution(ConvolutionForm)
    case pooling(PoolingForm)
    case residual(ResidualForm)
    case linear(LinearForm)
    case flatten(FlattenForm)
    case lstm(LSTMForm)
    case groupNorm(GroupNormForm)
    case runningNorm(RunningNormForm)

    /// Makes a block.
    ///
    /// - shapes: what every block before read, and what this one reads: the last of them
    init(
        _ specification: BlockSpecification, _ shapes: [BlockShape], _ purpose: BlockPurpose
    ) throws(StructureError) {
        guard let input = shapes.last else { preconditionFailure("a block reads something") }
        switch specification {
        case .convolution(let block):
            self = .convolution(try ConvolutionForm(block, input, purpose))
        case .pooling(let block):
            self = .pooling(try PoolingForm(block, specification.kind, input))
        case .globalPooling(let rule):
            self = .pooling(try PoolingForm(global: rule, input))
        case .residual(let block):
            self = .residual(try ResidualForm(block, shapes, purpose))
        case .flatten: self = .flatten(FlattenForm(input))
        case .linear(let block): self = .linear(try LinearForm(block, input, purpose))
        case .lstm(let block): self = .lstm(try LSTMForm(block, input, purpose))
        case .groupNorm(let groups, let activation):
            self = .groupNorm(
                try GroupNormForm(groups: groups, activation: activation, input, purpose))
        case .runningNorm(let rate, let activation):
            self = .runningNorm(
                try RunningNormForm(rate: rate, activation: activation, input, purpose))
        }
    }

    /// What every form answers; for what is done once, not per sample.
    package var form: any BlockForm {
        switch self {
        case .convolution(let form): form
        case .pooling(let form): form
        case .residual(let form): form
        case .linear(let form): form
        case .flatten(let form): form
        case .lstm(let form): form
        case .groupNorm(let form): form
        case .runningNorm(let form): form
        }
    }

    /// See `BlockForm.feedforward`; a residual block adds `skip`.
    @inline(__always)
    func feedforward(
        _ memory: BlockMemory, x: UnsafePointer<Float>, skip: UnsafePointer<Float>,
        y: UnsafeMutablePointer<Float>, kernels: KernelSet
    ) {
        switch self {
        case .convolution(let form): form.feedforward(memory, x: x, y: y, kernels: kernels)
        case .pooling(let form): form.feedforward(memory, x: x, y: y, kernels: kernels)
        case .residual(let form):
            form.feedforward(memory, x: x, skip: skip, y: y, kernels: kernels)
        case .linear(let form): form.feedforward(memory, x: x, y: y, kernels: kernels)
        case .flatten(let form): form.feedforward(memory, x: x, y: y, kernels: kernels)
        case .lstm(let form): form.feedforward(memory, x: x, y: y, kernels: kernels)
        case .groupNorm(let form): form.feedforward(memory, x: x, y: y, kernels: kernels)
        case .runningNorm(let form): form.feedforward(memory, x: x, y: y, kernels: kernels)
        }
    }

    /// See `BlockForm.backpropUpdate`; a residual block writes the error of `skip` to `skipError`.
    @inline(__always)
    func backpropUpdate(
        _ memory: BlockMemory, x: UnsafePointer<Float>, skip: UnsafePointer<Float>,
        y: UnsafePointer<Float>, delta: UnsafeMutablePointer<Float>,
        e: UnsafeMutablePointer<Float>?, skipError: UnsafeMutablePointer<Float>?,
        rule: UpdateRule, generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet
    ) -> Bool {
        func run(_ form: some BlockForm) -> Bool {
            form.backpropUpdate(
                memory, x: x, y: y, delta: delta, e: e, rule: rule, generator: generator,
                kernels: kernels)
        }
        switch self {
        case .convolution(let form): return run(form)
        case .pooling(let form): return run(form)
        case .residual(let form):
            return form.backpropUpdate(
                memory, x: x, skip: skip, y: y, delta: delta, e: e, skipError: skipError,
                rule: rule, generator: generator, kernels: kernels)
        case .linear(let form): return run(form)
        case .flatten(let form): return run(form)
        case .lstm(let form): return run(form)
        case .groupNorm(let form): return run(form)
        case .runningNorm(let form): return run(form)
        }
    }

    /// See `BlockForm.advance`.
    @inline(__always)
    func advance(_ memory: BlockMemory, kernels: KernelSet) {
        switch self {
        case .convolution, .pooling, .residual, .linear, .flatten, .groupNorm: break
        case .lstm(let form): form.advance(memory, kernels: kernels)
        case .runningNorm(let form): form.advance(memory, kernels: kernels)
        }
    }
}
