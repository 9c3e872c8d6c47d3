// What the windows of a convolution see, as the left neurons of its junction: row [tap][channel] of
// the patches is that channel's plane, moved by the tap. Back again, errors of patches are added up
// in the plane, taps ascending.
//
// Most convolutions keep rows and columns (stride 1, as many windows as positions): then a plane is
// moved as a whole, and only the columns that would come from the neighbouring row are made zero.

import Junctions

/// Windows over channels of planes.
struct Patches: Equatable, Sendable {
    let rows: WindowAxis
    let columns: WindowAxis
    let channels: Int
    /// Floats from channel to channel of what is read.
    let planeStride: Int
    /// Floats from row to row of the patches.
    let stride: Int

    init(rows: WindowAxis, columns: WindowAxis, channels: Int, _ input: BlockShape) {
        self.rows = rows
        self.columns = columns
        self.channels = channels
        planeStride = input.stride
        stride = DenseJunction.paddedCount(rows.windows * columns.windows)
    }

    var taps: Int { rows.taps * columns.taps }

    /// Windows, and vectors of the junction.
    var count: Int { rows.windows * columns.windows }

    /// Whether the patches are the planes themselves.
    var areThePlanes: Bool {
        taps == 1 && rows.stride == 1 && columns.stride == 1 && rows.before == 0
            && columns.before == 0 && rows.windows == rows.count
            && columns.windows == columns.count
    }

    /// Bytes of the patches, and of what copies write behind them; 0 where they are the planes.
    var byteCount: Int { areThePlanes ? 0 : taps * channels * stride * 4 + 64 }

    /// Whether a plane moves as a whole.
    private var movesWhole: Bool {
        rows.stride == 1 && columns.stride == 1 && columns.windows == columns.count
    }

    /// Makes the patches of x, padding zero.
    func gather(_ x: UnsafePointer<Float>, into patches: UnsafeMutablePointer<Float>) {
        var to = patches
        for rowTap in 0..<rows.taps {
            for columnTap in 0..<columns.taps {
                let tap = Tap(self, rowTap, columnTap)
                var from = x
                for _ in 0..<channels {
                    if movesWhole {
                        move(tap, from, to)
                    } else {
                        gather(tap, from, to)
                    }
                    from += planeStride
                    to += stride
                }
            }
        }
    }

    /// e = Σ of the errors of the patches where they came from; padding zero. The errors of
    /// positions that were made up are lost, and zero afterwards.
    func scatter(_ patches: UnsafeMutablePointer<Float>, into e: UnsafeMutablePointer<Float>) {
        e.update(repeating: 0, count: channels * planeStride)
        var from = patches
        for rowTap in 0..<rows.taps {
            for columnTap in 0..<columns.taps {
                let tap = Tap(self, rowTap, columnTap)
                var to = e
                for _ in 0..<channels {
                    if movesWhole {
                        moveBack(tap, from, to)
                    } else {
                        scatter(tap, from, to)
                    }
                    from += stride
                    to += planeStride
                }
            }
        }
    }

    /// Which windows see real positions at one tap.
    private struct Tap {
        let rows: Range<Int>
        let firstRow: Int
        let columns: Range<Int>
        let firstColumn: Int
        /// Entries from a window to its position, where a plane moves as a whole.
        let shift: Int

        init(_ patches: Patches, _ rowTap: Int, _ columnTap: Int) {
            (rows, firstRow) = patches.rows.range(rowTap)
            (columns, firstColumn) = patches.columns.range(columnTap)
            let axes = (patches.rows, patches.columns)
            shift =
                (rowTap * axes.0.dilation - axes.0.before) * axes.1.count
                + columnTap * axes.1.dilation - axes.1.before
        }

        var isEmpty: Bool { rows.isEmpty || columns.isEmpty }
    }
}

// Whole planes

extension Patches {
    /// The windows that `tap` moves, made smaller by those whose position lies in no plane.
    private func windows(_ tap: Tap) -> Range<Int> {
        let width = columns.count
        let low = max(tap.rows.lowerBound * width, -tap.shift)
        let high = min(tap.rows.upperBound * width, rows.count * width - tap.shift)
        return low..<max(low, high)
    }

    /// Makes the columns zero that came from the neighbouring row.
    private func clearEdges(_ tap: Tap, _ plane: UnsafeMutablePointer<Float>) {
        let width = columns.count
        for column in 0..<width where !tap.columns.contains(column) {
            var entry = tap.rows.lowerBound * width + column
            for _ in tap.rows {
                plane[entry] = 0
                entry += width
            }
        }
    }

    private func move(
        _ tap: Tap, _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>
    ) {
        guard !tap.isEmpty else { return to.clear(0, stride) }
        let windows = windows(tap)
        to.clear(0, windows.lowerBound)
        (to + windows.lowerBound).update(
            from: from + windows.lowerBound + tap.shift, count: windows.count)
        to.clear(windows.upperBound, stride)
        clearEdges(tap, to)
    }

    private func moveBack(
        _ tap: Tap, _ from: UnsafeMutablePointer<Float>, _ to: UnsafeMutablePointer<Float>
    ) {
        guard !tap.isEmpty else { return }
        clearEdges(tap, from)
        let windows = windows(tap)
        Rows.add(
            from + windows.lowerBound, to + windows.lowerBound + tap.shift, windows.count)
    }
}

// Row by row

extension Patches {
    private func gather(
        _ tap: Tap, _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>
    ) {
        guard !tap.isEmpty else { return to.clear(0, stride) }
        let (width, seen) = (columns.windows, tap.columns)
        let isFull = seen.count == width
        to.clear(0, tap.rows.lowerBound * width)
        var source = from + tap.firstRow * columns.count + tap.firstColumn
        for row in tap.rows {
            let target = to + row * width
            if columns.stride > 1 {
                Rows.gather(source, columns.stride, target + seen.lowerBound, seen.count)
            } else if isFull && row + 1 < tap.rows.upperBound {
                // What is written too much, the next row or plane writes over.
                Rows.copyOver(source, target, width)
            } else {
                (target + seen.lowerBound).update(from: source, count: seen.count)
            }
            if !isFull {
                target.clear(0, seen.lowerBound)
                target.clear(seen.upperBound, width)
            }
            source += rows.stride * columns.count
        }
        to.clear(tap.rows.upperBound * width, stride)
    }

    private func scatter(
        _ tap: Tap, _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>
    ) {
        guard !tap.isEmpty else { return }
        let seen = tap.columns
        var target = to + tap.firstRow * columns.count + tap.firstColumn
        for row in tap.rows {
            let source = from + row * columns.windows + seen.lowerBound
            if columns.stride > 1 {
                Rows.scatter(source, target, columns.stride, seen.count)
            } else {
                Rows.add(source, target, seen.count)
            }
            target += rows.stride * columns.count
        }
    }
}
