// One step of the cells of a recurrent layer, sixteen cells at a time, and matrices turned over.
//
// Invariant: where the last chunk of a gate is not whole, nothing behind the gate is read or
// written: the next gate begins there.

import CLanes

extension VectorKernels {
    /// Sixteen values from `p + i`, or as many as are left; zeros behind them.
    @_transparent
    private static func loadLeft(
        _ p: UnsafePointer<Float>, _ i: Int, _ left: Int
    ) -> Lanes {
        left >= 16 ? load(p, i) : edge_load_first(p + i, left)
    }

    /// Sixteen values to `p + i`, or as many as are left.
    @_transparent
    private static func storeLeft(
        _ value: Lanes, _ p: UnsafeMutablePointer<Float>, _ i: Int, _ left: Int
    ) {
        if left >= 16 { store(value, p, i) } else { edge_store_first(p + i, left, value) }
    }

    /// Zero where lanes are padding.
    @_transparent
    private static func real(_ value: Lanes, _ left: Int) -> Lanes {
        left >= 16 ? value : select(firstLanes(left), value, Lanes.zero)
    }

    /// One step forward. See `RecurrentKernels.forward`.
    @inline(never)
    package static func cellForward(
        _ gates: UnsafeMutablePointer<Float>, _ recurrent: UnsafePointer<Float>,
        _ before: UnsafePointer<Float>, _ cells: UnsafeMutablePointer<Float>,
        _ tanhs: UnsafeMutablePointer<Float>, _ h: UnsafeMutablePointer<Float>, _ units: Int
    ) {
        let (second, third, fourth) = (units, 2 &* units, 3 &* units)
        var u = 0
        while u < units {
            let left = units &- u
            let i = sigmoidLanes(loadLeft(gates, u, left) + loadLeft(recurrent, u, left))
            let f = sigmoidLanes(
                loadLeft(gates, second &+ u, left) + loadLeft(recurrent, second &+ u, left))
            let g = tanhLanes(
                loadLeft(gates, third &+ u, left) + loadLeft(recurrent, third &+ u, left))
            let o = sigmoidLanes(
                loadLeft(gates, fourth &+ u, left) + loadLeft(recurrent, fourth &+ u, left))
            let c = fma(f, load(before, u), i * g)
            let t = tanhLanes(c)
            storeLeft(i, gates, u, left)
            storeLeft(f, gates, second &+ u, left)
            storeLeft(g, gates, third &+ u, left)
            storeLeft(o, gates, fourth &+ u, left)
            store(real(c, left), cells, u)
            store(real(t, left), tanhs, u)
            store(real(o * t, left), h, u)
            u &+= 16
        }
    }

    /// One step back. See `RecurrentKernels.backward`.
    @inline(never)
    package static func cellBackward(
        _ gates: UnsafeMutablePointer<Float>, _ e: UnsafePointer<Float>,
        _ later: UnsafePointer<Float>, _ cellError: UnsafeMutablePointer<Float>,
        _ before: UnsafePointer<Float>, _ tanhs: UnsafePointer<Float>, _ units: Int
    ) {
        let (second, third, fourth) = (units, 2 &* units, 3 &* units)
        let one: Lanes = every(1)
        var u = 0
        while u < units {
            let left = units &- u
            let i = loadLeft(gates, u, left)
            let f = loadLeft(gates, second &+ u, left)
            let g = loadLeft(gates, third &+ u, left)
            let o = loadLeft(gates, fourth &+ u, left)
            let t = load(tanhs, u)
            let error = load(e, u) + load(later, u)
            let dc = fma(error * o, fma(-t, t, one), load(cellError, u))
            storeLeft((dc * g) * (i * (one - i)), gates, u, left)
            storeLeft((dc * load(before, u)) * (f * (one - f)), gates, second &+ u, left)
            storeLeft((dc * i) * fma(-g, g, one), gates, third &+ u, left)
            storeLeft((error * t) * (o * (one - o)), gates, fourth &+ u, left)
            store(real(dc * f, left), cellError, u)
            u &+= 16
        }
    }

    /// A matrix turned over. See `RecurrentKernels.turn`.
    @inline(never)
    package static func turn(
        _ from: UnsafePointer<Float>, _ stride: Int, _ rows: Int, _ columns: Int,
        _ to: UnsafeMutablePointer<Float>, _ toStride: Int
    ) {
        var c = 0
        while c < columns {
            let width = columns &- c < 16 ? columns &- c : 16
            var r = 0
            while r < rows {
                let height = rows &- r < 16 ? rows &- r : 16
                lanes_turn_part(
                    from + (r &* stride &+ c), stride, height, to + (c &* toStride &+ r), toStride,
                    width)
                r &+= 16
            }
            c &+= 16
        }
    }
}
