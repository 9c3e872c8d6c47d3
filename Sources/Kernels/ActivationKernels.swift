// Activation functions, their derivatives, and the elementary functions, over arrays.
//
// Invariant: memory is worked in whole chunks of sixteen; the pads come out zero.

extension VectorKernels {
    /// y ← max(y, 0). See `KernelSet.relu`.
    @inline(never)
    package static func relu(_ y: UnsafeMutablePointer<Float>, _ count: Int) {
        mapChunks(y, count, .relu)
    }

    /// y ← y above 0, y / 100 below. See `KernelSet.leakyRelu`.
    @inline(never)
    package static func leakyRelu(_ y: UnsafeMutablePointer<Float>, _ count: Int) {
        mapChunks(y, count, .leakyRelu)
    }

    /// y ← 1 / (1 + e⁻ʸ). See `KernelSet.sigmoid`.
    @inline(never)
    package static func sigmoid(_ y: UnsafeMutablePointer<Float>, _ count: Int) {
        mapChunks(y, count, .sigmoid)
    }

    /// y ← tanh y. See `KernelSet.tanh`.
    @inline(never)
    package static func tanh(_ y: UnsafeMutablePointer<Float>, _ count: Int) {
        mapChunks(y, count, .tanh)
    }

    /// y ← eʸ. See `KernelSet.exp`.
    @inline(never)
    package static func exp(_ y: UnsafeMutablePointer<Float>, _ count: Int) {
        mapChunks(y, count, .exp)
    }

    /// y ← ln y. See `KernelSet.log`.
    @inline(never)
    package static func log(_ y: UnsafeMutablePointer<Float>, _ count: Int) {
        mapChunks(y, count, .log)
    }

    /// e ← e where y > 0, else 0. See `KernelSet.reluDelta`.
    @inline(never)
    package static func reluDelta(
        _ y: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>, _ count: Int
    ) {
        mapChunks(e, y, count, .relu)
    }

    /// e ← e where y > 0, else e / 100. See `KernelSet.leakyReluDelta`.
    @inline(never)
    package static func leakyReluDelta(
        _ y: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>, _ count: Int
    ) {
        mapChunks(e, y, count, .leakyRelu)
    }

    /// e ← e · (y · (1 − y)). See `KernelSet.sigmoidDelta`.
    @inline(never)
    package static func sigmoidDelta(
        _ y: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>, _ count: Int
    ) {
        mapChunks(e, y, count, .sigmoid)
    }

    /// e ← e · (1 − y²). See `KernelSet.tanhDelta`.
    @inline(never)
    package static func tanhDelta(
        _ y: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>, _ count: Int
    ) {
        mapChunks(e, y, count, .tanh)
    }

    /// The functions, named: a closure handed to a loop would leave a symbol of its own.
    private enum Function { case relu, leakyRelu, sigmoid, tanh, exp, log }

    /// The functions whose derivative follows from their value.
    private enum Activation { case relu, leakyRelu, sigmoid, tanh }

    @_transparent
    private static func apply(_ function: Function, _ y: Lanes) -> Lanes {
        switch function {
        case .relu: select(y .<= every(0), every(0), y)
        case .leakyRelu: select(y .<= every(0), y * every(0.01), y)
        case .sigmoid: sigmoidLanes(y)
        case .tanh: tanhLanes(y)
        case .exp: expLanes(y)
        case .log: logLanes(y)
        }
    }

    @_transparent
    private static func applyDerivative(_ function: Activation, _ e: Lanes, _ y: Lanes) -> Lanes {
        switch function {
        case .relu: select(y .> every(0), e, every(0))
        case .leakyRelu: select(y .> every(0), e, e * every(0.01))
        case .sigmoid: e * (y * (every(1) - y))
        case .tanh: e * fma(-y, y, every(1))
        }
    }

    @_transparent
    private static func mapChunks(
        _ y: UnsafeMutablePointer<Float>, _ count: Int, _ function: Function
    ) {
        var i = 0
        while i &+ 16 <= count {
            store(apply(function, load(y, i)), y, i)
            i &+= 16
        }
        if i < count {
            let last = apply(function, load(y, i))
            store(select(firstLanes(count &- i), last, Lanes.zero), y, i)
        }
    }

    @_transparent
    private static func mapChunks(
        _ e: UnsafeMutablePointer<Float>, _ y: UnsafePointer<Float>, _ count: Int,
        _ function: Activation
    ) {
        var i = 0
        while i &+ 16 <= count {
            store(applyDerivative(function, load(e, i), load(y, i)), e, i)
            i &+= 16
        }
        if i < count {
            let last = applyDerivative(function, load(e, i), load(y, i))
            store(select(firstLanes(count &- i), last, Lanes.zero), e, i)
        }
    }
}
