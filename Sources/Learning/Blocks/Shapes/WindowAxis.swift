// Where windows stand along one axis.

import Junctions

/// Windows of taps along one axis: window w covers positions w · stride + t · dilation − before for
/// taps t. Positions outside the axis are zero.
struct WindowAxis: Equatable, Sendable {
    /// Positions that are there.
    let count: Int
    /// Positions of a window.
    let taps: Int
    /// Positions from window to window.
    let stride: Int
    /// Positions from tap to tap.
    let dilation: Int
    /// Made-up positions before the first.
    let before: Int
    /// Windows.
    let windows: Int

    /// Windows with made-up positions at both ends; nil where none fits.
    init?(count: Int, taps: Int, stride: Int, dilation: Int, padding: Padding) {
        let extent = dilation * (taps - 1) + 1
        self.count = count
        self.taps = taps
        self.stride = stride
        self.dilation = dilation
        switch padding {
        case .same:
            windows = (count + stride - 1) / stride
            before = max((windows - 1) * stride + extent - count, 0) / 2
        case .zeros(let zeros):
            before = zeros
            guard count + 2 * zeros >= extent else { return nil }
            windows = (count + 2 * zeros - extent) / stride + 1
        }
    }

    /// How much is made up.
    enum Padding {
        case same
        case zeros(Int)
    }

    /// The windows whose tap t is a real position, and that of the first of them.
    func range(_ tap: Int) -> (windows: Range<Int>, first: Int) {
        let shift = tap * dilation - before
        let low = shift >= 0 ? 0 : (-shift + stride - 1) / stride
        let high = shift >= count ? 0 : min(windows, (count - 1 - shift) / stride + 1)
        guard low < high else { return (0..<0, 0) }
        return (low..<high, low * stride + shift)
    }
}

extension ConvolutionPadding {
    var rows: WindowAxis.Padding {
        switch self {
        case .valid: .zeros(0)
        case .same: .same
        case .zeros(let rows, _): .zeros(rows)
        }
    }

    var columns: WindowAxis.Padding {
        switch self {
        case .valid: .zeros(0)
        case .same: .same
        case .zeros(_, let columns): .zeros(columns)
        }
    }
}
