// The junction pipeline with operational parallelism (Dey et al., arXiv 1711.01343): in every
// junction cycle each junction does FF for one sample, and BP and UP for an older one.
//
// With samples and cycles numbered from 0, cycle t is, for junctions i = 1 … J in this order,
//
//     FF of i:           sample t − i + 1
//     BP and UP of i:    sample t − 2J + i
//     after FF of J:     loss and output error of sample t − J + 1
//
// and all of it sees the weights as they were at the start of t. One junction after the other is
// the same as all at once:
//   - weights: junction i alone reads and writes W_i, and does FF before UP;
//   - values: FF of i reads the bank of sample t − i + 1 at layer i − 1, which FF of i − 1 wrote a
//     cycle ago, and writes that of a sample that nobody else is at (`PipelineFields`);
//   - errors: δ of layer i is read by junction i before junction i + 1, or the output error, writes
//     the next sample's. From J to 1 it would have to be kept twice.
// Stochastic increments draw from the one generator in this order, too: junction 1 first.
//
// Samples below 0 never were, and what would be done with them is not.

import Junctions
import Kernels
import WeightStore

/// A view of the registers in one section.
struct Pipeline {
    /// J.
    let junctionCount: Int
    let rings: [LayerRing]
    private let cycle: UnsafeMutablePointer<UInt64>
    private let producers: UnsafeMutablePointer<UInt32>
    private let epochs: UnsafeMutablePointer<UInt32>
    private let sequences: UnsafeMutablePointer<UInt64>
    private let rates: UnsafeMutablePointer<Float>
    private let flagWords: UnsafeMutablePointer<UInt32>
    private let classesBase: UnsafeMutablePointer<Int32>?
    private let valuesBase: UnsafeMutablePointer<Float>?
    private let valuesStride: Int

    init(
        _ fields: PipelineFields, _ network: Network, _ section: UnsafeMutableRawPointer,
        _ workspace: UnsafeMutableRawPointer
    ) {
        func place<Element>(_ field: SectionField) -> UnsafeMutablePointer<Element> {
            (section + field.offset).assumingMemoryBound(to: Element.self)
        }
        junctionCount = fields.junctionCount
        rings = (0...fields.junctionCount).map {
            LayerRing($0, fields, network, section, workspace)
        }
        cycle = place(fields.cycle)
        producers = place(fields.producer)
        epochs = place(fields.epoch)
        sequences = place(fields.sequence)
        rates = place(fields.rate)
        flagWords = place(fields.flags)
        classesBase = fields.classes.map { place($0) }
        valuesBase = fields.values.map { place($0) }
        valuesStride = fields.values?.rowStride ?? 0
    }

    /// The number of the sample that enters next, and of the cycle in which it does.
    var next: Int { Int(truncatingIfNeeded: cycle.pointee) }

    /// Ends the cycle.
    func advance() { cycle.pointee &+= 1 }

    /// Samples that have entered and whose last UP is yet to come.
    var inFlightCount: Int { min(next, 2 * junctionCount - 1) }

    /// Where the registers of a sample are that it keeps to the end.
    func slot(_ sample: Int) -> Int { sample % (2 * junctionCount) }

    /// The slot that many samples after another one, 0 … 2J: as many before, cyclically.
    func slot(_ slot: Int, after count: Int) -> Int {
        let sum = slot &+ count
        return sum >= 2 &* junctionCount ? sum &- 2 &* junctionCount : sum
    }

    /// Writes what a sample carries along.
    func enter(_ slot: Int, _ name: SampleName, rate: Float, flags: UInt32) {
        producers[slot] = UInt32(truncatingIfNeeded: name.producer)
        epochs[slot] = name.epoch
        sequences[slot] = name.sequence
        rates[slot] = rate
        flagWords[slot] = flags
    }

    func name(_ slot: Int) -> SampleName {
        SampleName(
            producer: Int(producers[slot]), epoch: epochs[slot], sequence: sequences[slot])
    }

    func rate(_ slot: Int) -> Float { rates[slot] }

    func has(_ flag: UInt32, _ slot: Int) -> Bool { flagWords[slot] & flag != 0 }

    func set(_ flag: UInt32, _ slot: Int) { flagWords[slot] |= flag }

    /// Label, no-change class and predicted class; classification only.
    func classes(_ slot: Int) -> UnsafeMutablePointer<Int32> {
        guard let classesBase else { preconditionFailure("classes belong to a classification") }
        return classesBase + 3 * half(slot)
    }

    /// Vector `index` of three; regression and forecast only.
    func values(_ slot: Int, _ index: Int) -> UnsafeMutablePointer<Float> {
        guard let valuesBase else { preconditionFailure("a classification has no values") }
        return valuesBase + (3 * half(slot) + index) * valuesStride
    }

    /// Where the registers of a sample are that it keeps until it comes out.
    private func half(_ slot: Int) -> Int { slot < junctionCount ? slot : slot - junctionCount }
}
