// Where a device's charges lie in the learner section, and whose they are.
//
// Invariants: the fields are always there, and their shape follows from the number of junctions
// alone (those inside blocks first), so that a device can be added to a state, changed and taken
// away; without a device all of them are 0.

import Accelerator
import WeightStore

/// Where the charges of a device lie in the section.
struct DeviceFields: Sendable {
    /// What a learned sample costs, and what an inference costs, in the order of
    /// `DeviceChargeLayout`: a state tells what it cost without its configuration.
    let costs: SectionField
    /// Learned samples, and inferences, since the device is this one.
    let passes: SectionField
    /// The digest of the device that they belong to; 0: none.
    let identity: SectionField
    /// Its name in UTF-8, padded with zeros.
    let name: SectionField

    init(junctionCount: Int, _ section: inout SectionLayout) {
        costs = section.add(
            "device.costs", .u64,
            shape: [2, DeviceChargeLayout.count(junctionCount: junctionCount)])
        passes = section.add("device.passes", .u64, shape: [2])
        identity = section.add("device.identity", .u64, shape: [1])
        name = section.add("device.name", .u8, shape: [DeviceIdentity.nameBytes])
    }
}

/// A network on its device, with the constants that are charged.
public struct DeviceAccounting: Sendable {
    /// Memory map, z and costs.
    public let plan: DevicePlan
    /// What a sample costs.
    public let charge: DeviceCharge
    /// Whom the charges belong to.
    public let identity: DeviceIdentity

    /// The network of a valid configuration on its device; nil without one, and where the network
    /// does not run on it (which whoever starts a learner refuses).
    init?(_ configuration: LearnerConfiguration) {
        guard configuration.device != nil else { return nil }
        do throws(DeviceError) {
            guard let plan = try configuration.devicePlan() else { return nil }
            self.plan = plan
            charge = DeviceCharge(plan)
            identity = DeviceIdentity(plan, charge)
        } catch {
            return nil
        }
    }
}

/// Charges that start again at 0, because they belonged to another device.
public struct DeviceChange: Equatable, Sendable {
    /// Whose charges they were.
    public let before: DeviceIdentity
    /// Whose they are now.
    public let after: DeviceIdentity
}

extension LearnerLayout {
    /// The sums of a section of this layout; only read.
    public func deviceSums(_ section: UnsafeRawPointer) -> DeviceChargeSums {
        let passes = section + deviceFields.passes.offset
        return DeviceChargeSums(
            costs: (section + deviceFields.costs.offset).assumingMemoryBound(to: UInt64.self),
            learned: passes.load(as: UInt64.self),
            inferred: passes.load(fromByteOffset: 8, as: UInt64.self),
            junctionCount: network.junctionCount)
    }

    /// The device that a section's sums belong to.
    public func deviceIdentity(_ section: UnsafeRawPointer) -> DeviceIdentity {
        let digest = section.load(fromByteOffset: deviceFields.identity.offset, as: UInt64.self)
        let bytes = UnsafeRawBufferPointer(
            start: section + deviceFields.name.offset, count: DeviceIdentity.nameBytes)
        return DeviceIdentity(
            digest: digest, name: String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))
    }
}
