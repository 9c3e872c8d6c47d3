// The shape of a block-circulant weight matrix, checked.

/// Blocks of k × k circulants: ⌈outputs/k⌉ × ⌈inputs/k⌉ of them. Neurons that fill up a ragged
/// edge do not exist: padded inputs are zero, padded outputs are dropped and their δ is zero.
public struct CirculantStructure: Equatable, Sendable {
    /// Left neurons.
    public let inputs: Int
    /// Right neurons.
    public let outputs: Int
    /// k, a power of two from 2 to 256.
    public let blockSize: Int

    /// A structure; `StructureError` about `block` unless that is a power of two from 2 to 256.
    public init(inputs: Int, outputs: Int, blockSize: Int) throws(StructureError) {
        precondition(inputs > 0 && outputs > 0, "a junction has neurons on both sides")
        guard (2...256).contains(blockSize), blockSize.nonzeroBitCount == 1 else {
            throw StructureError(
                "block", found: "\(blockSize)", expected: Self.nearest(to: blockSize))
        }
        self.inputs = inputs
        self.outputs = outputs
        self.blockSize = blockSize
    }

    /// q: blocks along the inputs.
    public var inputBlocks: Int { (inputs + blockSize - 1) / blockSize }
    /// p: blocks along the outputs.
    public var outputBlocks: Int { (outputs + blockSize - 1) / blockSize }

    /// The legal sizes, those next to `blockSize` first.
    private static func nearest(to blockSize: Int) -> String {
        let held = min(max(blockSize, 2), 256)
        let below = 1 << (Int.bitWidth - 1 - held.leadingZeroBitCount)
        let nearest = below == held ? "\(below)" : "\(below) or \(2 * below)"
        return "a power of two from 2 to 256: \(nearest)"
    }
}
