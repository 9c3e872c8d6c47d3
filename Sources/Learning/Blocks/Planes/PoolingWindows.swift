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
            var column = 0
            if arePairs {
                while column + 8 <= width {
                    let pooled = largestOfPairs(x + start(row, column))
                    UnsafeMutableRawPointer(y + row * width + column).storeBytes(
                        of: pooled, as: SIMD8<Float>.self)
                    column += 8
                }
            }
            while column < width {
                y[row * width + column] = largest(x + start(row, column))
                column += 1
            }
        }
    }

    /// Eight windows of pairs of columns.
    @inline(__always)
    private func largestOfPairs(_ x: UnsafePointer<Float>) -> SIMD8<Float> {
        var best = SIMD8<Float>(repeating: -.infinity)
        for rowTap in 0..<rows.taps {
            let lanes = Self.pairs(x + rowTap * columns.count)
            best.replace(with: lanes.evenHalf, where: lanes.evenHalf .> best)
            best.replace(with: lanes.oddHalf, where: lanes.oddHalf .> best)
        }
        return best
    }

    @inline(__always)
    private static func pairs(_ x: UnsafePointer<Float>) -> SIMD16<Float> {
        UnsafeRawPointer(x).loadUnaligned(as: SIMD16<Float>.self)
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

    /// e += δ at the first position of each window whose value is y; δ is lost.
    func largestBack(
        _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>,
        _ delta: UnsafeMutablePointer<Float>, _ e: UnsafeMutablePointer<Float>
    ) {
        let width = columns.windows
        let areApart = arePairs && rows.stride >= rows.taps
        for row in 0..<rows.windows {
            var column = 0
            if areApart {
                while column + 8 <= width {
                    let window = row * width + column
                    let place = start(row, column)
                    largestOfPairsBack(x + place, y + window, delta + window, e + place)
                    column += 8
                }
            }
            while column < width {
                let window = row * width + column
                let place = start(row, column)
                if let found = find(x + place, y[window]) { e[place + found] += delta[window] }
                column += 1
            }
        }
    }

    /// Eight windows that share no position.
    @inline(__always)
    private func largestOfPairsBack(
        _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>
    ) {
        let best = UnsafeRawPointer(y).loadUnaligned(as: SIMD8<Float>.self)
        var left = UnsafeRawPointer(delta).loadUnaligned(as: SIMD8<Float>.self)
        let zero = SIMD8<Float>(repeating: 0)
        for rowTap in 0..<rows.taps {
            let lanes = Self.pairs(x + rowTap * columns.count)
            let isEven = lanes.evenHalf .== best
            let even = zero.replacing(with: left, where: isEven)
            left.replace(with: zero, where: isEven)
            let isOdd = lanes.oddHalf .== best
            let odd = zero.replacing(with: left, where: isOdd)
            left.replace(with: zero, where: isOdd)
            var back = SIMD16<Float>()
            back.evenHalf = even
            back.oddHalf = odd
            UnsafeMutableRawPointer(e + rowTap * columns.count).storeBytes(
                of: back, as: SIMD16<Float>.self)
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
