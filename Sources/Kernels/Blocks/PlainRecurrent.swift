// The definitions of a recurrent layer's step and of turning over: scalar, in the order of the
// documentation.

import Arithmetic

extension PlainKernels {
    static func cellForward(
        _ gates: UnsafeMutablePointer<Float>, _ recurrent: UnsafePointer<Float>,
        _ before: UnsafePointer<Float>, _ cells: UnsafeMutablePointer<Float>,
        _ tanhs: UnsafeMutablePointer<Float>, _ h: UnsafeMutablePointer<Float>, _ units: Int
    ) {
        for u in 0..<units {
            let places = (u, units + u, 2 * units + u, 3 * units + u)
            let i = sigmoidFMA(gates[places.0] + recurrent[places.0])
            let f = sigmoidFMA(gates[places.1] + recurrent[places.1])
            let g = tanhFMA(gates[places.2] + recurrent[places.2])
            let o = sigmoidFMA(gates[places.3] + recurrent[places.3])
            gates[places.0] = i
            gates[places.1] = f
            gates[places.2] = g
            gates[places.3] = o
            cells[u] = (i * g).addingProduct(f, before[u])
            tanhs[u] = tanhFMA(cells[u])
            h[u] = o * tanhs[u]
        }
        clearPads(cells, units)
        clearPads(tanhs, units)
        clearPads(h, units)
    }

    static func cellBackward(
        _ gates: UnsafeMutablePointer<Float>, _ e: UnsafePointer<Float>,
        _ later: UnsafePointer<Float>, _ cellError: UnsafeMutablePointer<Float>,
        _ before: UnsafePointer<Float>, _ tanhs: UnsafePointer<Float>, _ units: Int
    ) {
        for u in 0..<units {
            let (i, f) = (gates[u], gates[units + u])
            let (g, o) = (gates[2 * units + u], gates[3 * units + u])
            let t = tanhs[u]
            let error = e[u] + later[u]
            let dc = cellError[u].addingProduct(error * o, Float(1).addingProduct(-t, t))
            gates[u] = (dc * g) * (i * (1 - i))
            gates[units + u] = (dc * before[u]) * (f * (1 - f))
            gates[2 * units + u] = (dc * i) * Float(1).addingProduct(-g, g)
            gates[3 * units + u] = (error * t) * (o * (1 - o))
            cellError[u] = dc * f
        }
        clearPads(cellError, units)
    }

    static func turn(
        _ from: UnsafePointer<Float>, _ stride: Int, _ rows: Int, _ columns: Int,
        _ to: UnsafeMutablePointer<Float>, _ toStride: Int
    ) {
        for c in 0..<columns {
            for r in 0..<rows { to[c * toStride + r] = from[r * stride + c] }
            clearPads(to + c * toStride, rows)
        }
    }
}
