// Kernels of pre-defined sparse junctions whose edges are listed one by one.

/// FF, BP and UP over listed edges.
public struct EdgeKernels: Sendable {
}

extension EdgeKernels {
    /// The definitions.
    static let plain = EdgeKernels()
    /// The vector source as built for every machine of this architecture.
    static let portable = EdgeKernels()
}

#if arch(x86_64)
    extension EdgeKernels {
        static let v3 = EdgeKernels()
        static let v4 = EdgeKernels()
    }
#endif
