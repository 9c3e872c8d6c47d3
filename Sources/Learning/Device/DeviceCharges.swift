// Charging: what a sample costs on the emulated device.
//
// Costs follow from shapes and patterns, never from values, so it is enough to count the samples;
// what they cost is kept beside the counts and multiplied by whoever asks.
//
// Invariants: sums = learned samples · their cost + inferences · theirs, exactly, since the counts
// began; without a device nothing is written; nothing is allocated.

import Accelerator
import WeightStore

/// The charges of one learner.
struct DeviceCharges {
    private let section: UnsafeMutableRawPointer
    private let fields: DeviceFields
    private let device: DeviceAccounting?
    /// Learned samples, then inferences; nil without a device.
    private let passes: UnsafeMutablePointer<UInt64>?

    /// The charges in a section.
    init(_ layout: LearnerLayout, _ section: UnsafeMutableRawPointer) {
        self.section = section
        fields = layout.deviceFields
        device = layout.device
        let counts = (section + fields.passes.offset).assumingMemoryBound(to: UInt64.self)
        passes = device == nil ? nil : counts
    }

    /// One sample went through FF, BP and UP. A sample whose update is skipped, because its loss
    /// is not a number, has taken its clocks like any other.
    @inline(__always)
    func learned() {
        if let passes { passes[0] &+= 1 }
    }

    /// One sample went through FF alone.
    @inline(__always)
    func inferred() {
        if let passes { passes[1] &+= 1 }
    }

    /// Lets the counts start again at 0 where they belong to another device, or to one that is no
    /// longer emulated; says so, or nil.
    func adopt(_ before: DeviceIdentity) -> DeviceChange? {
        let identity = device?.identity ?? .none
        // What a state from outside says of costs is not believed.
        defer { writeCosts() }
        guard before.digest != identity.digest else { return nil }
        for field in [fields.costs, fields.passes, fields.identity, fields.name] {
            (section + field.offset).initializeMemory(
                as: UInt8.self, repeating: 0, count: field.byteCount)
        }
        (section + fields.identity.offset).storeBytes(of: identity.digest, as: UInt64.self)
        let name = section + fields.name.offset
        for (index, byte) in identity.name.utf8.enumerated() {
            name.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
        }
        return DeviceChange(before: before, after: identity)
    }

    private func writeCosts() {
        guard let charge = device?.charge else { return }
        let costs = (section + fields.costs.offset).assumingMemoryBound(to: UInt64.self)
        let all = charge.learned + charge.inferred
        costs.update(from: all, count: all.count)
    }
}
