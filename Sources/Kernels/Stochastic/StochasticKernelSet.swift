// Kernels of the stochastic outer product.

/// Bits from numbers, and the update from bits.
public struct StochasticKernels: Sendable {
}

extension StochasticKernels {
    /// The definitions.
    static let plain = StochasticKernels()
    /// The vector source as built for every machine of this architecture.
    static let portable = StochasticKernels()
}

#if arch(x86_64)
    extension StochasticKernels {
        static let v3 = StochasticKernels()
        static let v4 = StochasticKernels()
    }
#endif
