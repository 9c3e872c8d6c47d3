// The registers of the junction pipeline, as fields of the learner section: what every sample under
// way carries along, and the banks of every layer of neurons. They are part of a generation like
// the weights: nothing is drained when a daemon stops.
//
// Legend: J junctions, layers of neurons h = 0 … J, samples and junction cycles numbered from 0 (a
// sample enters in the cycle of its own number), and sample m in bank m mod (number of banks).
//
// How many banks. Values of sample m at layer h ≥ 1 are written by FF of junction h in cycle
// m + h − 1 and read for the last time by UP of junction h + 1 in cycle m + 2J − h − 1, so
// 2(J − h) + 1 samples have some there: the 2(L − h) − 1 of the hardware, whose L = J + 1. The
// inputs of sample m come in the very cycle in which FF reads them, and not in the one before: 2J
// banks and not 2J + 1. Errors are written in one cycle and read in the next, by the junction whose
// turn comes before: one bank, where the hardware, whose junctions run at once, has two.

import Junctions
import WeightStore

/// Where the registers of a pipeline lie in the section.
struct PipelineFields: Sendable {
    /// J.
    let junctionCount: Int
    /// Junction cycles so far, which is also how many samples have entered.
    let cycle: SectionField
    /// By sample number mod 2J: the name of the sample.
    let producer: SectionField
    let epoch: SectionField
    let sequence: SectionField
    /// By sample number mod 2J: η of the sample, as it was when it entered.
    let rate: SectionField
    /// By sample number mod 2J: `PipelineFlag`s.
    let flags: SectionField
    /// By sample number mod J: label, no-change class, and predicted class where that was fixed
    /// when the sample came; classification only.
    let classes: SectionField?
    /// By sample number mod J, padded vectors. Regression: targets, no-change targets, predicted
    /// targets where those were fixed. Forecast: the sample, the change to the next one, and the
    /// next one without limit, all in network units; of several steps the changes alone, as the
    /// second. Autoencoder: the sample, the previous one, and the sample without limit.
    let values: SectionField?
    /// Banks of the layers 0 ..< J.
    let layers: [PipelineLayerFields]
    /// δ at the layers 1 … J.
    let errors: [SectionField]

    init(_ c: LearnerConfiguration, _ network: Network, _ section: inout SectionLayout) {
        let junctionCount = network.layers.count
        let underWay = 2 * junctionCount
        self.junctionCount = junctionCount
        cycle = section.add("pipeline.cycle", .u64, shape: [1])
        producer = section.add("pipeline.producer", .u32, shape: [underWay])
        epoch = section.add("pipeline.epoch", .u32, shape: [underWay])
        sequence = section.add("pipeline.sequence", .u64, shape: [underWay])
        rate = section.add("pipeline.rate", .f32, shape: [underWay])
        flags = section.add("pipeline.flags", .u32, shape: [underWay])
        if case .classification = c.task {
            classes = section.add("pipeline.classes", .i32, shape: [junctionCount, 3])
            values = nil
        } else {
            classes = nil
            values = section.add(
                "pipeline.values", .f32, shape: [junctionCount, 3, c.outputCount],
                rowStride: DenseJunction.paddedCount(c.outputCount))
        }
        layers = (0..<junctionCount).map { PipelineLayerFields($0, network, &section) }
        errors = (1...junctionCount).map { layer in
            let boundary = network.boundaries[layer]
            return section.add(
                "pipeline.layer.\(layer).errors", boundary.producedFormat == nil ? .f32 : .i16,
                shape: [boundary.count],
                rowStride: boundary.producedFormat == nil
                    ? boundary.paddedCount : FixedPlace.paddedCount(boundary.count))
        }
    }
}

/// The banks of one layer; each [banks, neurons].
struct PipelineLayerFields: Sendable {
    let bankCount: Int
    /// Floats: x of a float32 junction, or y where f′ follows from it.
    let values: SectionField?
    /// Numbers that a fixed-point junction to the right reads.
    let numbers: SectionField?
    /// f′ where a fixed-point junction to the left produced it.
    let derivatives: SectionField?

    init(_ layer: Int, _ network: Network, _ section: inout SectionLayout) {
        let boundary = network.boundaries[layer]
        let junctionCount = network.layers.count
        let bankCount = layer == 0 ? 2 * junctionCount : 2 * (junctionCount - layer) + 1
        self.bankCount = bankCount
        let readsFloats = network.layers[layer].junction.format == nil
        let isDerived = layer > 0 && network.layers[layer - 1].activation != .identity
        let keepsFloats = readsFloats || (isDerived && boundary.producedFormat == nil)
        func numbers(_ name: String) -> SectionField {
            section.add(
                "pipeline.layer.\(layer).\(name)", .i16, shape: [bankCount, boundary.count],
                rowStride: FixedPlace.paddedCount(boundary.count))
        }
        values =
            keepsFloats
            ? section.add(
                "pipeline.layer.\(layer).values", .f32, shape: [bankCount, boundary.count],
                rowStride: boundary.paddedCount) : nil
        self.numbers = readsFloats ? nil : numbers("numbers")
        derivatives =
            isDerived && boundary.producedFormat != nil ? numbers("derivatives") : nil
    }
}

/// Bits of `pipeline.flags`.
enum PipelineFlag {
    /// The prediction was fixed when the sample came, before it had a label.
    static let isPredicted: UInt32 = 1
    /// There are no-change targets.
    static let hasBaseline: UInt32 = 2
    /// Scored, but not (or no longer) learned from.
    static let isSkipped: UInt32 = 4
}
