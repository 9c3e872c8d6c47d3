// What a forecast of several steps needs to be scored and learned when its last step has come: the
// newest H samples of each producer, raw, and the H forecasts that were fixed when they came.
//
// Legend: H steps, F features, n samples of the producer so far in its epoch.
//
// Invariants:
//   - sample n (from 0) lies in slot n mod H, so the slot that it will take holds sample n − H,
//     whose last step it is;
//   - a forecast is written once, by the sample it starts from, and read once, H samples later;
//   - the bytes are a function of the samples, in their order.

import Junctions
import WeightStore

/// Where the histories lie in the section.
struct HistoryFields: Sendable {
    let stepCount: Int
    /// Samples of the epoch.
    let count: SectionField
    /// [producers, H, F], raw.
    let features: SectionField
    /// [producers, H, H · F], converted features (before the normaliser), step after step.
    let forecasts: SectionField

    /// nil unless more than one step is foretold.
    init?(_ c: LearnerConfiguration, _ section: inout SectionLayout) {
        guard c.task.forecastSteps > 1 else { return nil }
        stepCount = c.task.forecastSteps
        count = section.add("history.count", .u64, shape: [c.producerCapacity])
        features = section.add(
            "history.features", c.elementType,
            shape: [c.producerCapacity, stepCount, c.featureCount])
        forecasts = section.add(
            "history.forecasts", .f32, shape: [c.producerCapacity, stepCount, c.outputCount])
    }
}

/// A view of the histories in one section.
struct ForecastHistory {
    let stepCount: Int
    private let counts: UnsafeMutablePointer<UInt64>
    private let featuresBase: UnsafeMutableRawPointer
    private let sampleBytes: Int
    private let forecastsBase: UnsafeMutablePointer<Float>
    private let outputCount: Int

    init(_ fields: HistoryFields, _ section: UnsafeMutableRawPointer) {
        stepCount = fields.stepCount
        counts = (section + fields.count.offset).assumingMemoryBound(to: UInt64.self)
        featuresBase = section + fields.features.offset
        sampleBytes = fields.features.rowElements * fields.features.element.bytes
        forecastsBase = (section + fields.forecasts.offset).assumingMemoryBound(to: Float.self)
        outputCount = fields.forecasts.rowElements
    }

    /// Samples of the producer's epoch.
    func count(_ producer: Int) -> UInt64 { counts[producer] }

    /// The slot of the sample `ago` samples before the one that comes now, 1 ... H.
    func slot(_ producer: Int, ago: Int) -> Int {
        let steps = UInt64(stepCount)
        return Int((counts[producer] % steps + steps - UInt64(ago)) % steps)
    }

    /// The raw features in a slot.
    func features(_ producer: Int, _ slot: Int) -> UnsafeMutableRawPointer {
        featuresBase + (producer * stepCount + slot) * sampleBytes
    }

    /// The forecast that was fixed with the sample in a slot.
    func forecast(_ producer: Int, _ slot: Int) -> UnsafeMutablePointer<Float> {
        forecastsBase + (producer * stepCount + slot) * outputCount
    }

    /// The sample that comes now takes its slot, in place of the oldest; returns where its
    /// forecast is to be written.
    func append(_ producer: Int, _ source: UnsafeRawPointer) -> UnsafeMutablePointer<Float> {
        let slot = slot(producer, ago: stepCount)
        features(producer, slot).copyMemory(from: source, byteCount: sampleBytes)
        counts[producer] &+= 1
        return forecast(producer, slot)
    }

    /// Forgets a producer's samples and forecasts, bytes and all.
    func forget(_ producer: Int) {
        counts[producer] = 0
        features(producer, 0)
            .initializeMemory(as: UInt8.self, repeating: 0, count: stepCount * sampleBytes)
        forecast(producer, 0).update(repeating: 0, count: stepCount * outputCount)
    }
}

/// Vectors of one sample each in the workspace, where several steps are compared; each padded to
/// whole vectors. None for other tasks.
struct TaskVectors: Sendable {
    private let offset: Int
    private let stride: Int
    /// Bytes of all of them; a multiple of 64.
    let byteCount: Int

    /// - offset: bytes from the start of the workspace
    init(_ c: LearnerConfiguration, offset: Int) {
        self.offset = offset
        stride = (DenseJunction.paddedCount(c.featureCount) * MemoryLayout<Float>.size + 63) & ~63
        byteCount = c.task.forecastSteps > 1 ? 4 * stride : 0
    }

    /// Vector 0 ... 3.
    func vector(
        _ index: Int, _ workspace: UnsafeMutableRawPointer
    ) -> UnsafeMutablePointer<Float> {
        precondition(index * stride < byteCount, "there are four vectors, and only for steps")
        return (workspace + offset + index * stride).assumingMemoryBound(to: Float.self)
    }
}
