// Kernels in fixed point.

/// FF, BP, UP and activation functions in fixed point.
public struct FixedKernels: Sendable {
}

extension FixedKernels {
    /// The definitions.
    static let plain = FixedKernels()
    /// The vector source as built for every machine of this architecture.
    static let portable = FixedKernels()
}

#if arch(x86_64)
    extension FixedKernels {
        static let v3 = FixedKernels()
        static let v4 = FixedKernels()
    }
#endif
