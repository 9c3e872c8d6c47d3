// The features as planes: data comes with the channels of a position side by side, blocks want the
// positions of a channel side by side. One channel, or a vector, is already that.

/// The way of features to planes.
struct PlaneEntry: Sendable {
    /// Bytes from the start of the workspace to the planes.
    let valuesOffset: Int
    private let inputOffset: Int
    private let shape: BlockShape

    init(_ shape: BlockShape, _ input: Int, _ workspace: inout WorkspaceLayout) {
        self.shape = shape
        inputOffset = input
        if case .planar(_, _, let channels) = shape, channels > 1 {
            valuesOffset = workspace.take(4 * shape.paddedCount, "values between blocks")
        } else {
            valuesOffset = input
        }
    }

    /// planes[channel][position] = features[position][channel]; the planes' padding is zero from
    /// the start and never written.
    @inline(__always)
    func fill(_ workspace: UnsafeMutableRawPointer) {
        guard valuesOffset != inputOffset, case .planar(let rows, let columns, let channels) = shape
        else { return }
        let features = (workspace + inputOffset).assumingMemoryBound(to: Float.self)
        let planes = (workspace + valuesOffset).assumingMemoryBound(to: Float.self)
        for channel in 0..<channels {
            Rows.gather(
                features + channel, channels, planes + channel * shape.stride, rows * columns)
        }
    }
}
