// BP alone, for rules that update in their own way.

import Kernels

extension FloatJunctionForm {
    /// e = Wᵀ δ, with the bytes of an exact BP and UP: UP runs with η = 0, which changes no weight
    /// but makes one of −0 into +0.
    func passErrors(
        _ memory: JunctionMemory, x: UnsafePointer<Float>, delta: UnsafePointer<Float>,
        e: UnsafeMutablePointer<Float>?, generator: UnsafeMutablePointer<UInt64>,
        kernels: KernelSet
    ) {
        guard let e else { return }
        backpropUpdate(
            memory, x: x, delta: delta, e: e,
            rule: UpdateRule(learningRate: 0, momentum: 0, weightDecay: 0), generator: generator,
            kernels: kernels)
    }
}
