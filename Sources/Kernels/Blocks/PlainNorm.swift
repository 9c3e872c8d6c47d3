// The definitions of normalisation: scalar, in the order of the documentation.

extension PlainKernels {
    static func channelSum(_ x: UnsafePointer<Float>, _ count: Int) -> Float {
        laneSum(count) { $0 + x[$1] }
    }

    static func channelSquares(
        _ x: UnsafePointer<Float>, _ mean: Float, _ count: Int
    ) -> Float {
        laneSum(count) {
            let difference = x[$1] - mean
            return $0.addingProduct(difference, difference)
        }
    }

    static func channelApply(
        _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ mean: Float,
        _ scale: Float, _ gamma: Float, _ beta: Float, _ count: Int
    ) {
        for i in 0..<count { y[i] = beta.addingProduct(gamma, (x[i] - mean) * scale) }
        clearPads(y, count)
    }

    static func channelProducts(
        _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>, _ mean: Float,
        _ scale: Float, _ count: Int
    ) -> Float {
        laneSum(count) { $0.addingProduct(delta[$1], (x[$1] - mean) * scale) }
    }

    static func channelErrors(
        _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>, _ mean: Float, _ scale: Float, _ factor: Float,
        _ slope: Float, _ offset: Float, _ count: Int
    ) {
        for i in 0..<count {
            let line = offset.addingProduct(slope, (x[i] - mean) * scale)
            e[i] = (-line).addingProduct(factor, delta[i])
        }
        clearPads(e, count)
    }
}
