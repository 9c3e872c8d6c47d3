// What the learner remembers of each producer's previous sample: the label that the no-change
// baseline repeats, or the whole sample where it is what a forecast starts from.

import WeightStore

/// Where previous samples lie in the section.
struct PreviousFields: Sendable {
    /// 1 where the producer has a previous sample (or label).
    let isKnown: SectionField
    /// Classification: the previous label. Regression: the previous targets. Forecast: the
    /// previous features, raw; so of an autoencoder.
    let value: SectionField
    /// More than one sample, for forecasts of more than one step.
    let history: HistoryFields?

    init(_ c: LearnerConfiguration, _ section: inout SectionLayout) {
        isKnown = section.add("previous.known", .u8, shape: [c.producerCapacity])
        switch c.task {
        case .classification:
            value = section.add("previous.class", .i32, shape: [c.producerCapacity])
        case .regression(let targetCount):
            value = section.add(
                "previous.targets", .f32, shape: [c.producerCapacity, targetCount])
        case .forecast, .autoencoder:
            value = section.add(
                "previous.features", c.elementType, shape: [c.producerCapacity, c.featureCount])
        }
        history = HistoryFields(c, &section)
    }
}

/// A view of previous samples in one section.
struct PreviousSamples {
    private let known: UnsafeMutablePointer<UInt8>
    private let base: UnsafeMutableRawPointer
    private let bytes: Int

    init(_ fields: PreviousFields, _ section: UnsafeMutableRawPointer) {
        known = (section + fields.isKnown.offset).assumingMemoryBound(to: UInt8.self)
        base = section + fields.value.offset
        let isPerProducerScalar = fields.value.shape.count == 1
        bytes = fields.value.element.bytes * (isPerProducerScalar ? 1 : fields.value.rowElements)
    }

    /// Whether the producer has a previous sample.
    func isKnown(_ producer: Int) -> Bool { known[producer] == 1 }

    /// What is remembered; meaningful only where `isKnown`.
    func value(_ producer: Int) -> UnsafeMutableRawPointer { base + producer * bytes }

    /// The previous label, or −1.
    func classIndex(_ producer: Int) -> Int32 {
        isKnown(producer) ? value(producer).load(as: Int32.self) : -1
    }

    /// Remembers a copy of `bytes` bytes.
    func remember(_ producer: Int, _ source: UnsafeRawPointer) {
        value(producer).copyMemory(from: source, byteCount: bytes)
        known[producer] = 1
    }

    /// Remembers a label.
    func remember(_ producer: Int, classIndex: Int32) {
        value(producer).storeBytes(of: classIndex, as: Int32.self)
        known[producer] = 1
    }

    /// Forgets the producer's previous sample, bytes and all.
    func forget(_ producer: Int) {
        known[producer] = 0
        value(producer).initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    }
}
