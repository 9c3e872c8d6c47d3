// What can be wrong with pipeline registers that came from outside: indices that point nowhere and
// rates that no junction can take. Numbers in banks may be any.

import Junctions

extension LearnerLayout {
    /// The first thing that is wrong with the registers of a section, or nil.
    func pipelineFinding(_ section: UnsafeRawPointer) -> String? {
        guard let pipeline else { return nil }
        let cycle = section.load(fromByteOffset: pipeline.cycle.offset, as: UInt64.self)
        guard cycle < 1 << 62 else { return "pipeline.cycle: \(cycle) is no count of samples" }
        let isFixed = network.layers.contains { $0.junction.format != nil }
        for slot in 0..<Int(min(cycle, UInt64(2 * pipeline.junctionCount))) {
            let producer = section.load(
                fromByteOffset: pipeline.producer.offset + 4 * slot, as: UInt32.self)
            guard producer < UInt32(configuration.producerCapacity) else {
                return "pipeline.producer: \(producer) is none of "
                    + "\(configuration.producerCapacity) producers"
            }
            let rate = section.load(
                fromByteOffset: pipeline.rate.offset + 4 * slot, as: Float.self)
            let isShift = rate.significand == 1 && (-15...0).contains(rate.exponent)
            guard rate.isFinite, rate > 0, isShift || !isFixed else {
                return "pipeline.rate: \(rate) is no learning rate"
            }
        }
        guard let classes = pipeline.classes else { return nil }
        for slot in 0..<Int(min(cycle, UInt64(pipeline.junctionCount))) {
            let label = section.load(
                fromByteOffset: classes.offset + 12 * slot, as: Int32.self)
            guard label >= 0, label < Int32(configuration.outputCount) else {
                return "pipeline.classes: \(label) is none of \(configuration.outputCount) classes"
            }
        }
        return nil
    }
}
