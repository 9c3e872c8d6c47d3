// The windows of a pool over one plane.

/// Windows without padding.
struct PoolingWindows: Equatable, Sendable {
    let rows: WindowAxis
    let columns: WindowAxis

    /// Whether windows are pairs of columns side by side.
    private var arePairs: Bool { columns.taps == 2 && columns.stride == 2 }

    /// The entry of a window's first position.
    @inline(__always)
    private func start(_ row: Int, _ column: Int) -> Int {
        row * rows.stride * columns.count + column * columns.stride
    }

    // Largest values

    /// y = the largest value of each window.
    func largest(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
        let width = columns.windows
        for row in 0..<rows.windows {
            if arePairs && width >= 4 {
                var column = 0
                while column < width {
                    let (first, lanes) = Self.chunk(column, width)
                    let target = UnsafeMutableRawPointer(y + row * width + first)
                    if lanes == 8 {
                        target.storeBytes(of: largestOf8(x + start(row, first)), as: Lanes8.self)
                    } else {
                        target.storeBytes(of: largestOf4(x + start(row, first)), as: Lanes4.self)
                    }
                    column = first + lanes
                }
            } else {
                for column in 0..<width {
                    y[row * width + column] = largest(x + start(row, column))
                }
            }
        }
    }

    /// The next windows side by side, eight or four, from `column` or a little before it: what was
    /// written is written again with the same values.
    @inline(__always)
    private static func chunk(_ column: Int, _ width: Int) -> (first: Int, lanes: Int) {
        let lanes = width - column > 4 && width >= 8 ? 8 : 4
        return (min(column, width - lanes), lanes)
    }

    private typealias Lanes4 = SIMD4<Float>
    private typealias Lanes8 = SIMD8<Float>
    private typealias Lanes16 = SIMD16<Float>

    @inline(__always)
    private func largestOf8(_ x: UnsafePointer<Float>) -> Lanes8 {
        var best = Lanes8(repeating: -.infinity)
        for rowTap in 0..<rows.taps {
            let lanes = UnsafeRawPointer(x + rowTap * columns.count).loadUnaligned(as: Lanes16.self)
            best.replace(with: lanes.evenHalf, where: lanes.evenHalf .> best)
            best.replace(with: lanes.oddHalf, where: lanes.oddHalf .> best)
        }
        return best
    }

    @inline(__always)
    private func largestOf4(_ x: UnsafePointer<Float>) -> Lanes4 {
        var best = Lanes4(repeating: -.infinity)
        for rowTap in 0..<rows.taps {
            let lanes = UnsafeRawPointer(x + rowTap * columns.count).loadUnaligned(as: Lanes8.self)
            best.replace(with: lanes.evenHalf, where: lanes.evenHalf .> best)
            best.replace(with: lanes.oddHalf, where: lanes.oddHalf .> best)
        }
        return best
    }

    @inline(__always)
    private func largest(_ x: UnsafePointer<Float>) -> Float {
        var best = -Float.infinity
        for rowTap in 0..<rows.taps {
            let line = x + rowTap * columns.count
            for tap in 0..<columns.taps where line[tap] > best { best = line[tap] }
        }
        return best
    }

    /// e += δ at the first position of each window whose value is y; e was zero.
    func largestBack(
        _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>
    ) {
        let width = columns.windows
        let areApart = arePairs && rows.stride >= rows.taps && width >= 4
        for row in 0..<rows.windows {
            var column = 0
            while areApart, column < width {
                let (first, lanes) = Self.chunk(column, width)
                let (window, place) = (row * width + first, start(row, first))
                if lanes == 8 {
                    back8(x + place, y + window, delta + window, e + place)
                } else {
                    back4(x + place, y + window, delta + window, e + place)
                }
                column = first + lanes
            }
            while column < width {
                let (window, place) = (row * width + column, start(row, column))
                if let found = find(x + place, y[window]) { e[place + found] += delta[window] }
                column += 1
            }
        }
    }

    /// Eight windows that share no position.
    @inline(__always)
    private func back8(
        _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>
    ) {
        let best = UnsafeRawPointer(y).loadUnaligned(as: Lanes8.self)
        var left = UnsafeRawPointer(delta).loadUnaligned(as: Lanes8.self)
        let zero = Lanes8(repeating: 0)
        for rowTap in 0..<rows.taps {
            let lanes = UnsafeRawPointer(x + rowTap * columns.count).loadUnaligned(as: Lanes16.self)
            let (isEven, even) = (lanes.evenHalf .== best, left)
            left.replace(with: zero, where: isEven)
            let (isOdd, odd) = (lanes.oddHalf .== best, left)
            left.replace(with: zero, where: isOdd)
            var back = Lanes16()
            back.evenHalf = zero.replacing(with: even, where: isEven)
            back.oddHalf = zero.replacing(with: odd, where: isOdd)
            UnsafeMutableRawPointer(e + rowTap * columns.count).storeBytes(
                of: back, as: Lanes16.self)
        }
    }

    /// Four windows that share no position.
    @inline(__always)
    private func back4(
        _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>
    ) {
        let best = UnsafeRawPointer(y).loadUnaligned(as: Lanes4.self)
        var left = UnsafeRawPointer(delta).loadUnaligned(as: Lanes4.self)
        let zero = Lanes4(repeating: 0)
        for rowTap in 0..<rows.taps {
            let lanes = UnsafeRawPointer(x + rowTap * columns.count).loadUnaligned(as: Lanes8.self)
            let (isEven, even) = (lanes.evenHalf .== best, left)
            left.replace(with: zero, where: isEven)
            let (isOdd, odd) = (lanes.oddHalf .== best, left)
            left.replace(with: zero, where: isOdd)
            var back = Lanes8()
            back.evenHalf = zero.replacing(with: even, where: isEven)
            back.oddHalf = zero.replacing(with: odd, where: isOdd)
            UnsafeMutableRawPointer(e + rowTap * columns.count).storeBytes(
                of: back, as: Lanes8.self)
        }
    }

    /// Entries from a window's first position to the first with a value.
    @inline(__always)
    private func find(_ x: UnsafePointer<Float>, _ value: Float) -> Int? {
        for rowTap in 0..<rows.taps {
            for tap in 0..<columns.taps where x[rowTap * columns.count + tap] == value {
                return rowTap * columns.count + tap
            }
        }
        return nil
    }

    // Means

    /// Positions of a window as what its sum is multiplied by.
    private var share: Float { 1 / Float(rows.taps * columns.taps) }

    /// y = the sum of each window, row by row, times 1 / positions.
    func means(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
        let (width, share) = (columns.windows, share)
        if rows.windows * width == 1 {
            y[0] = sumOfAll(x) * share
            return
        }
        for row in 0..<rows.windows {
            for column in 0..<width {
                let first = x + start(row, column)
                var sum: Float = 0
                for rowTap in 0..<rows.taps {
                    for tap in 0..<columns.taps { sum += first[rowTap * columns.count + tap] }
                }
                y[row * width + column] = sum * share
            }
        }
    }

    /// One window: sixteen lanes, which are added by halves; then what is left of each row.
    private func sumOfAll(_ x: UnsafePointer<Float>) -> Float {
        var lanes = SIMD16<Float>(repeating: 0)
        var rest: Float = 0
        for rowTap in 0..<rows.taps {
            let line = UnsafeRawPointer(x + rowTap * columns.count)
            var tap = 0
            while tap + 16 <= columns.taps {
                lanes += line.loadUnaligned(fromByteOffset: 4 * tap, as: SIMD16<Float>.self)
                tap += 16
            }
            while tap < columns.taps {
                rest += x[rowTap * columns.count + tap]
                tap += 1
            }
        }
        let eight = lanes.lowHalf + lanes.highHalf
        let four = eight.lowHalf + eight.highHalf
        let two = four.lowHalf + four.highHalf
        return two[0] + two[1] + rest
    }

    /// e += δ / positions at every position of each window.
    func meansBack(_ delta: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>) {
        let (width, share) = (columns.windows, share)
        for row in 0..<rows.windows {
            for column in 0..<width {
                let part = delta[row * width + column] * share
                let first = e + start(row, column)
                for rowTap in 0..<rows.taps {
                    let line = first + rowTap * columns.count
                    for tap in 0..<columns.taps { line[tap] += part }
                }
            }
        }
    }
}
