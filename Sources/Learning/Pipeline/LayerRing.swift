// A layer's banks in the section, and what needs to be kept for the length of one cycle only in
// the workspace, behind the one name that the passes know (`LayerBank`).

import WeightStore

/// The banks of one layer of neurons.
struct LayerRing {
    private let bankCount: Int
    /// (1 − h) mod banks, for h ≥ 1: FF of junction h is h − 1 samples behind the first one.
    private let lag: Int
    private let first: LayerBank
    /// Elements from bank to bank; 0 for what is not kept.
    private let valuesStride: Int
    private let numbersStride: Int
    private let derivativesStride: Int
    /// Whether what the left junction writes is what the right one reads.
    private let isProducedRead: Bool

    /// The ring of layer `layer`, 0 … J.
    init(
        _ layer: Int, _ fields: PipelineFields, _ network: Network,
        _ section: UnsafeMutableRawPointer, _ workspace: UnsafeMutableRawPointer
    ) {
        let boundary = network.boundaries[layer]
        var bank = boundary.bank(workspace)
        let kept = layer < fields.layers.count ? fields.layers[layer] : nil
        bankCount = kept?.bankCount ?? 1
        lag = layer == 0 ? 0 : (layer * bankCount - layer + 1) % bankCount
        valuesStride = kept?.values?.rowStride ?? 0
        numbersStride = kept?.numbers?.rowStride ?? 0
        derivativesStride = kept?.derivatives?.rowStride ?? 0
        func numbers(_ field: SectionField) -> UnsafeMutablePointer<Int16> {
            (section + field.offset).assumingMemoryBound(to: Int16.self)
        }
        if let field = kept?.values {
            bank.values = (section + field.offset).assumingMemoryBound(to: Float.self)
        }
        if let field = kept?.numbers {
            bank.consumed = numbers(field)
        }
        if let field = kept?.derivatives { bank.derivatives = numbers(field) }
        if layer > 0 {
            let field = fields.errors[layer - 1]
            if boundary.producedFormat == nil {
                bank.errors = (section + field.offset).assumingMemoryBound(to: Float.self)
            } else {
                bank.producedErrors = numbers(field)
                if boundary.consumedFormat == nil { bank.consumedErrors = bank.producedErrors }
            }
        }
        first = bank
        isProducedRead =
            boundary.producedFormat != nil && boundary.consumedFormat == nil
            && kept?.numbers != nil
    }

    /// The bank that is filled in cycle `cycle`: by FF of the junction to the left, or with inputs.
    @inline(__always)
    func newest(_ cycle: Int) -> Int {
        bankCount == 1 ? 0 : (cycle &+ lag) % bankCount
    }

    /// The bank that was filled a cycle before that.
    @inline(__always)
    func before(_ bank: Int) -> Int { bank == 0 ? bankCount &- 1 : bank &- 1 }

    /// The bank that is filled in the next cycle, and holds the oldest sample until then: that of
    /// BP and UP of the junction to the right.
    @inline(__always)
    func oldest(_ bank: Int) -> Int { bank &+ 1 == bankCount ? 0 : bank &+ 1 }

    /// Where the numbers of a bank are.
    @inline(__always)
    subscript(index: Int) -> LayerBank {
        var bank = first
        bank.values += index &* valuesStride
        bank.consumed += index &* numbersStride
        if isProducedRead { bank.produced = bank.consumed }
        bank.derivatives += index &* derivativesStride
        return bank
    }
}
