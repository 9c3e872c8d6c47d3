// Kernels of a recurrent layer: one step of its cells, and matrices turned over between [neurons]
// [steps], which junctions with many vectors take, and [steps][neurons], which a recurrence takes.
//
// Legend: U (`units`) cells; a step has 4 U gates, packed: input, forget, cell and output gates
// (i, f, g, o; the order of PyTorch). Vectors of U values are padded to whole chunks with zeros;
// gates lie side by side without padding between them.

#if arch(x86_64)
    import KernelsV3
    import KernelsV4
#endif

/// One step of the cells, forward and back.
public struct RecurrentKernels: Sendable {
    /// See `forward`.
    public typealias Forward =
        @Sendable (
            _ gates: UnsafeMutablePointer<Float>, _ recurrent: UnsafePointer<Float>,
            _ before: UnsafePointer<Float>, _ cells: UnsafeMutablePointer<Float>,
            _ tanhs: UnsafeMutablePointer<Float>, _ h: UnsafeMutablePointer<Float>, _ units: Int
        ) -> Void
    /// See `backward`.
    public typealias Backward =
        @Sendable (
            _ gates: UnsafeMutablePointer<Float>, _ e: UnsafePointer<Float>,
            _ later: UnsafePointer<Float>, _ cellError: UnsafeMutablePointer<Float>,
            _ before: UnsafePointer<Float>, _ tanhs: UnsafePointer<Float>, _ units: Int
        ) -> Void
    /// See `turn`.
    public typealias Turn =
        @Sendable (
            _ from: UnsafePointer<Float>, _ stride: Int, _ rows: Int, _ columns: Int,
            _ to: UnsafeMutablePointer<Float>, _ toStride: Int
        ) -> Void

    /// FF: with z = gates + recurrent, i = σ(zᵢ), f = σ(z_f), g = tanh(z_g), o = σ(z_o);
    /// c = fma(f, c₀, i·g); h = o · tanh c. σ and tanh as `sigmoidFMA` and `tanhFMA` define them.
    /// - gates: 4 U values of the input junction; i, f, g and o take their place
    /// - recurrent: 4 U values. - before: c₀, U. - cells, tanhs, h: c, tanh c and h; with padding
    public let forward: Forward
    /// BP: with δh = e + later and dc = fma(δh · o, 1 − tanh² c, cellError):
    /// δᵢ = (dc·g)·(i·(1 − i)), δ_f = (dc·c₀)·(f·(1 − f)), δ_g = (dc·i)·fma(−g, g, 1),
    /// δ_o = (δh·tanh c)·(o·(1 − o)); cellError = dc·f. 1 − tanh² c is fma(−tanh c, tanh c, 1).
    /// - gates: i, f, g, o; their errors take their place
    /// - e, later: U values: the error from the right, and what the step after this one says
    /// - cellError: U values, in and out; with padding
    public let backward: Backward
    /// to[c, r] = from[r, c], and 0 where r is padding.
    /// - stride: floats from row to row of `from`, whose rows have whole chunks
    /// - toStride: the same of `to`, at least `rows` padded to whole chunks
    public let turn: Turn
}

extension RecurrentKernels {
    /// The definitions.
    static let plain = RecurrentKernels(
        forward: PlainKernels.cellForward, backward: PlainKernels.cellBackward,
        turn: PlainKernels.turn)
    /// The vector source as built for every machine of this architecture.
    static let portable = RecurrentKernels(
        forward: VectorKernels.cellForward, backward: VectorKernels.cellBackward,
        turn: VectorKernels.turn)
}

#if arch(x86_64)
    extension RecurrentKernels {
        static let v3 = RecurrentKernels(
            forward: KernelsV3.VectorKernels.cellForward,
            backward: KernelsV3.VectorKernels.cellBackward,
            turn: KernelsV3.VectorKernels.turn)
        static let v4 = RecurrentKernels(
            forward: KernelsV4.VectorKernels.cellForward,
            backward: KernelsV4.VectorKernels.cellBackward,
            turn: KernelsV4.VectorKernels.turn)
    }
#endif
