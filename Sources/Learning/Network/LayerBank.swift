// Where one sample's numbers lie at a layer of neurons. The passes of a junction get the bank at
// its left and the bank at its right, and nothing else says where x, y, f′, δ and e are: one bank
// per layer in the workspace when samples go through one at a time, and a ring of banks in the
// section when many are under way.

/// Addresses of one sample's numbers at one layer, each padded to whole vectors. What a layer
/// does not need (`LayerBoundary` says what it does) is an address that nobody follows.
struct LayerBank {
    /// Values as floats: x of the junction to the right, y of that to the left.
    var values: UnsafeMutablePointer<Float>
    /// Errors as floats: e of the junction to the right, δ of that to the left.
    var errors: UnsafeMutablePointer<Float>
    /// y of a fixed-point junction to the left.
    var produced: UnsafeMutablePointer<Int16>
    /// f′ of those values.
    var derivatives: UnsafeMutablePointer<Int16>
    /// δ of a fixed-point junction to the left.
    var producedErrors: UnsafeMutablePointer<Int16>
    /// x of a fixed-point junction to the right; `produced` where both have one format.
    var consumed: UnsafeMutablePointer<Int16>
    /// e of a fixed-point junction to the right; `producedErrors` where both have one format.
    var consumedErrors: UnsafeMutablePointer<Int16>
}

extension LayerBoundary {
    /// The bank of the layer in a workspace.
    @inline(__always)
    func bank(_ workspace: UnsafeMutableRawPointer) -> LayerBank {
        func fixed(_ offset: Int) -> UnsafeMutablePointer<Int16> {
            (workspace + offset).assumingMemoryBound(to: Int16.self)
        }
        return LayerBank(
            values: values(workspace), errors: errors(workspace),
            produced: fixed(produced.values), derivatives: fixed(produced.derivatives),
            producedErrors: fixed(produced.errors), consumed: fixed(consumed.values),
            consumedErrors: fixed(consumed.errors))
    }
}
