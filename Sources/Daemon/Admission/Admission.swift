// Which samples may reach the learner. One NaN in a weight would be there for good, so the door
// is where values are judged: finite, inside their bounds, labels in range.

import Kernels
import MillraceProtocol

/// Bounds per feature: refused outside.
public struct FeatureBounds: Equatable, Sendable {
    /// The bound of a schema that states none: |x| ≤ 1e9.
    public static let standard: Float = 1e9

    /// Lower bounds, one per feature; empty when all features share `lowest`.
    public let lower: [Float]
    /// Upper bounds, one per feature; empty when all features share `highest`.
    public let upper: [Float]
    /// The smallest lower bound.
    public let lowest: Float
    /// The largest upper bound.
    public let highest: Float

    /// The same bounds for every feature.
    public init(lowest: Float = -Self.standard, highest: Float = Self.standard) {
        lower = []
        upper = []
        self.lowest = lowest
        self.highest = highest
    }

    /// Bounds per feature; both arrays have one entry per feature.
    public init(lower: [Float], upper: [Float]) {
        precondition(lower.count == upper.count && !lower.isEmpty)
        self.lower = lower
        self.upper = upper
        lowest = lower.min() ?? -Self.standard
        highest = upper.max() ?? Self.standard
    }
}

/// The judge of samples and labels.
struct Admission {
    let schema: WireSchema
    let bounds: FeatureBounds
    let kernels: KernelSet

    /// Why the sample at `features` must not be learned; nil if it may.
    func refusal(_ features: UnsafeRawBufferPointer) -> RefusalReason? {
        switch schema.elementType {
        case .f32: floatRefusal(features)
        case .u8: integerRefusal(features, UInt8.self)
        case .i16: integerRefusal(features, Int16.self)
        }
    }

    /// Why a class label is refused; −1 means "no label" and is none.
    func refusal(classLabel: Int32) -> RefusalReason? {
        classLabel >= -1 && Int(classLabel) < schema.outputCount ? nil : .labelOutOfRange
    }

    /// Why target values are refused.
    func refusal(valueLabels: UnsafeRawBufferPointer) -> RefusalReason? {
        for index in 0..<schema.outputCount {
            let value = valueLabels.loadUnaligned(fromByteOffset: index &* 4, as: Float.self)
            guard value.magnitude <= FeatureBounds.standard else {
                return value.isNaN ? .notANumber : value.isInfinite ? .infinite : .labelOutOfRange
            }
        }
        return nil
    }

    private func floatRefusal(_ features: UnsafeRawBufferPointer) -> RefusalReason? {
        guard let base = features.baseAddress else { return .wrongWidth }
        let outside = kernels.firstOutside(
            base.assumingMemoryBound(to: Float.self), schema.featureCount, bounds.lowest,
            bounds.highest)
        if outside >= 0 {
            let value = base.loadUnaligned(fromByteOffset: outside &* 4, as: Float.self)
            return value.isNaN ? .notANumber : value.isInfinite ? .infinite : .outOfBounds
        }
        guard !bounds.lower.isEmpty else { return nil }
        for index in 0..<schema.featureCount {
            let value = base.loadUnaligned(fromByteOffset: index &* 4, as: Float.self)
            if value < bounds.lower[index] || value > bounds.upper[index] { return .outOfBounds }
        }
        return nil
    }

    private func integerRefusal<Value: FixedWidthInteger & BitwiseCopyable>(
        _ features: UnsafeRawBufferPointer, _: Value.Type
    ) -> RefusalReason? {
        guard let base = features.baseAddress else { return .wrongWidth }
        if bounds.lower.isEmpty {
            return isInside(base, Value.self) ? nil : .outOfBounds
        }
        for index in 0..<schema.featureCount {
            let value = Float(
                base.loadUnaligned(
                    fromByteOffset: index &* MemoryLayout<Value>.stride, as: Value.self))
            if value < bounds.lower[index] || value > bounds.upper[index] { return .outOfBounds }
        }
        return nil
    }

    /// Whether every value is inside bounds that all features share.
    private func isInside<Value: FixedWidthInteger & BitwiseCopyable>(
        _ base: UnsafeRawPointer, _: Value.Type
    ) -> Bool {
        // Bounds that no value of the type can be outside of need no look: bytes from 0 to 255.
        if bounds.lowest <= Float(Value.min), bounds.highest >= Float(Value.max) { return true }
        var least = Value.max
        var most = Value.min
        // No way out of the loop, so that the compiler widens it.
        for index in 0..<schema.featureCount {
            let value = base.loadUnaligned(
                fromByteOffset: index &* MemoryLayout<Value>.stride, as: Value.self)
            least = value < least ? value : least
            most = value > most ? value : most
        }
        // Exact: a float holds every value of either type.
        return !(Float(least) < bounds.lowest || Float(most) > bounds.highest)
    }
}
