// Kernels of block-circulant junctions, in the spectral domain.

/// Transforms and spectral products.
public struct CirculantKernels: Sendable {
}

extension CirculantKernels {
    /// The definitions.
    static let plain = CirculantKernels()
    /// The vector source as built for every machine of this architecture.
    static let portable = CirculantKernels()
}

#if arch(x86_64)
    extension CirculantKernels {
        static let v3 = CirculantKernels()
        static let v4 = CirculantKernels()
    }
#endif
