// The running normaliser: out = clip((x − mean) / σ), causal and hard to poison.
//
// A feature passes through three phases, told apart by its count n and its variance:
//   1. warming up (n < 100): its values are kept sorted; mean is their median and σ a robust
//      scale (`WarmUp`), so that one outlier moves neither;
//   2. settled (n ≥ 100, variance > 0): exponential or cumulative statistics with weight
//      w = 1/n, n capped at the horizon: d = x − mean limited to ± 10σ,
//      mean ← mean + w·d, variance ← (1 − w)(variance + w·d²). The limit keeps one 1e8 from
//      freezing the feature; a lasting change of scale still gets through, by a factor per value;
//   3. constant (n ≥ 100, variance = 0): nothing was learned about its scale. The first value
//      that deviates starts the warm-up anew with that value, so statistics come from how the
//      column behaves from now on, and an outlier alone in a constant column is dropped again.
//
// Invariants:
//   - σ = 0 means out = 0: nothing divides by zero;
//   - a sample is normalised with statistics that do not contain it, in learning as in
//     prediction, which only reads;
//   - a σ of at most max(2⁻²⁰·|mean|, 2⁻⁴⁰) is 0, here as in the kernel: at that height a Float
//     has hardly finer steps, so what is left is rounding noise.

import Kernels
import WeightStore

/// Where a normaliser's statistics lie in the section.
struct NormaliserFields: Sendable {
    let featureCount: Int
    let count: SectionField
    let mean: SectionField
    let variance: SectionField
    let warmUp: SectionField

    init(_ name: String, count featureCount: Int, _ section: inout SectionLayout) {
        let padded = (featureCount + 15) & ~15
        self.featureCount = featureCount
        count = section.add(
            "\(name).count", .u64, shape: [featureCount], rowStride: padded)
        mean = section.add("\(name).mean", .f64, shape: [featureCount], rowStride: padded)
        variance = section.add("\(name).variance", .f64, shape: [featureCount], rowStride: padded)
        warmUp = section.add("\(name).warmup", .f32, shape: [featureCount, WarmUp.length])
    }
}

/// A view of the statistics in one section, with the rule that updates them.
package struct RunningNormaliser {
    /// How far from the mean a value may pull the statistics, in σ.
    package static let pullLimit = 10.0

    package let featureCount: Int
    private let counts: UnsafeMutablePointer<UInt64>
    package let means: UnsafeMutablePointer<Double>
    package let variances: UnsafeMutablePointer<Double>
    private let warmUps: UnsafeMutablePointer<Float>
    private let clip: Float
    private let horizon: UInt64

    init(
        _ fields: NormaliserFields, _ section: UnsafeMutableRawPointer, clip: Float, horizon: UInt64
    ) {
        featureCount = fields.featureCount
        counts = (section + fields.count.offset).assumingMemoryBound(to: UInt64.self)
        means = (section + fields.mean.offset).assumingMemoryBound(to: Double.self)
        variances = (section + fields.variance.offset).assumingMemoryBound(to: Double.self)
        warmUps = (section + fields.warmUp.offset).assumingMemoryBound(to: Float.self)
        self.clip = clip
        self.horizon = horizon == 0 ? .max : horizon
    }

    /// out[i] = clip((x[i] − mean[i]) / σ[i]), 0 where σ is 0; reads the statistics only.
    ///
    /// - x, out: values padded with zeros to whole vectors; may be the same memory
    func normalise(
        _ x: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>, _ kernels: KernelSet
    ) {
        kernels.normalise(x, means, variances, out, (featureCount + 15) & ~15, 0, clip, false)
    }

    /// The same as `normalise` with no limit but that of a Float.
    func normaliseUnlimited(
        _ x: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>, _ kernels: KernelSet
    ) {
        let limit = Float.greatestFiniteMagnitude
        kernels.normalise(x, means, variances, out, (featureCount + 15) & ~15, 0, limit, false)
    }

    /// Takes one sample into the statistics.
    ///
    /// - x: featureCount finite values
    package func learn(_ x: UnsafePointer<Float>) {
        // Features mostly have the same count, so the division 1/n is made once for all of them.
        var weight = Weight(count: 0, horizon: horizon)
        for index in 0..<featureCount { learn(index, x[index], &weight) }
    }

    /// Lets every settled feature count as if it came from at most `count` values: mean and variance
    /// stay, and the next value weighs 1 / (count + 1). Features in their warm-up are left alone.
    ///
    /// - count: at least the length of a warm-up
    func forget(to count: UInt64) {
        precondition(count >= UInt64(WarmUp.length), "a settled feature stays settled")
        for index in 0..<featureCount where counts[index] > count { counts[index] = count }
    }

    /// The value that out = z came from: mean + z·σ.
    func original(_ index: Int, _ z: Float) -> Float {
        Float(means[index] + Double(z) * variances[index].squareRoot())
    }

    /// The variance that counts as none for a column of that mean: (max(2⁻²⁰·|mean|, 2⁻⁴⁰))².
    @inline(__always)
    static func floorSquared(_ mean: Double) -> Double {
        max(mean * mean * 0x1p-40, 0x1p-80)
    }

    @inline(__always)
    private func learn(_ index: Int, _ value: Float, _ weight: inout Weight) {
        let count = counts[index]
        if count < UInt64(WarmUp.length) {
            warmUp(index, value, Int(count))
            return
        }
        let mean = means[index]
        let variance = variances[index]
        var difference = Double(value) - mean
        let square = difference * difference
        if variance == 0 {
            if square > Self.floorSquared(mean) {
                warmUp(index, value, 0)
            } else {
                counts[index] = count &+ 1
            }
            return
        }
        if square > Self.pullLimit * Self.pullLimit * variance {
            let limit = Self.pullLimit * variance.squareRoot()
            difference = difference < 0 ? -limit : limit
        }
        if weight.count != count { weight = Weight(count: count, horizon: horizon) }
        let newMean = mean + weight.value * difference
        let newVariance = (1 - weight.value) * (variance + weight.value * difference * difference)
        counts[index] = count &+ 1
        means[index] = newMean
        variances[index] = newVariance > Self.floorSquared(newMean) ? newVariance : 0
    }

    @inline(never)
    private func warmUp(_ index: Int, _ value: Float, _ count: Int) {
        let sorted = warmUps + index * WarmUp.length
        if count == 0 { sorted.update(repeating: 0, count: WarmUp.length) }
        WarmUp.insert(value, into: sorted, count: count)
        let mean = WarmUp.median(sorted, count: count + 1)
        let scale = WarmUp.scale(sorted, count: count + 1, median: mean)
        let variance = scale * scale
        counts[index] = UInt64(count + 1)
        means[index] = mean
        variances[index] = variance > Self.floorSquared(mean) ? variance : 0
    }
}

/// What the next value weighs after `count` values: 1 / min(count + 1, horizon).
private struct Weight {
    let count: UInt64
    let value: Double

    init(count: UInt64, horizon: UInt64) {
        self.count = count
        value = 1 / Double(min(count &+ 1, horizon))
    }
}
