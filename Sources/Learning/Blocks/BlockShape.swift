// The shape of what lies between two blocks.

/// Extents of a sample's values between two blocks.
public enum BlockShape: Equatable, Sendable {
    /// [channels][rows · columns]; a sequence has one row.
    case planar(rows: Int, columns: Int, channels: Int)
    /// One vector.
    case flat(count: Int)

    /// Values, padding not counted.
    public var count: Int {
        switch self {
        case .planar(let rows, let columns, let channels): rows * columns * channels
        case .flat(let count): count
        }
    }

    /// Floats from channel to channel: positions, padded to whole vectors.
    public var stride: Int {
        switch self {
        case .planar(let rows, let columns, _): (rows * columns + 15) & ~15
        case .flat(let count): (count + 15) & ~15
        }
    }

    /// Floats in memory, padding included.
    public var paddedCount: Int {
        switch self {
        case .planar(_, _, let channels): channels * stride
        case .flat: stride
        }
    }
}

extension BlockShape: CustomStringConvertible {
    /// `16 channels of 28 x 28`, `6 channels of 128`, `40`
    public var description: String {
        switch self {
        case .planar(1, let columns, let channels): "\(channels) channels of \(columns)"
        case .planar(let rows, let columns, let channels):
            "\(channels) channels of \(rows) x \(columns)"
        case .flat(let count): "\(count)"
        }
    }
}
