// Kernels of N:M junctions: compressed views of a dense master.

/// FF and BP over views; UP of the master and the views.
public struct PrunedKernels: Sendable {
}

extension PrunedKernels {
    /// The definitions.
    static let plain = PrunedKernels()
    /// The vector source as built for every machine of this architecture.
    static let portable = PrunedKernels()
}

#if arch(x86_64)
    extension PrunedKernels {
        static let v3 = PrunedKernels()
        static let v4 = PrunedKernels()
    }
#endif
