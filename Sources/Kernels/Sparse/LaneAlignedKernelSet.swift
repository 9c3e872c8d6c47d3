// Kernels of lane-aligned clash-free junctions: sixteen edges are one vector.

/// FF, BP and UP over lane-aligned blocks.
public struct LaneAlignedKernels: Sendable {
}

extension LaneAlignedKernels {
    /// The definitions.
    static let plain = LaneAlignedKernels()
    /// The vector source as built for every machine of this architecture.
    static let portable = LaneAlignedKernels()
}

#if arch(x86_64)
    extension LaneAlignedKernels {
        static let v3 = LaneAlignedKernels()
        static let v4 = LaneAlignedKernels()
    }
#endif
