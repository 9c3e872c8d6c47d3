// The emulated device in replies. Sums are read from the pinned generation, like every other
// number of a reply; what queries cost is counted by the network loop, because they write no
// generation.

import Accelerator
import Learning
import MillraceProtocol

extension NetworkLoop {
    private var device: DeviceAccounting? { description.layout.device }

    /// The learner section of the pinned generation.
    private var pinnedSection: UnsafeRawPointer? {
        pin.map { UnsafeRawPointer(ring.learnerMemory($0.slot)) }
    }

    /// What the device spent until the pinned generation; nil without a device. Allocates nothing.
    var durableCost: DeviceCost? {
        guard let device, let section = pinnedSection else { return nil }
        return Self.cost(description.layout.deviceSums(section).total, on: device)
    }

    /// What `count` queries cost; nil without a device.
    func queryCost(_ count: Int) -> DeviceCost? {
        device.map { Self.cost(inference.multiplied(by: UInt64(clamping: count)), on: $0) }
    }

    private static func cost(_ figures: DeviceFigures, on device: DeviceAccounting) -> DeviceCost {
        DeviceCost(
            clocks: figures.clocks,
            nanoseconds: device.plan.device.nanoseconds(figures.clocks),
            accesses: figures.accesses, energy: figures.wholeEnergy)
    }

    /// The device in `status`.
    var deviceStatus: DeviceStatus? {
        guard let device, let section = pinnedSection,
            var status = description.layout.deviceStatus(section)
        else { return nil }
        let queried = inference.multiplied(by: counters.predictions)
        status.queries = DeviceQueries(
            samples: counters.predictions, seconds: device.plan.device.seconds(queried.clocks),
            total: device.amounts(queried))
        return status
    }

    /// The sums of a readable slot; nil without a device and where they are another device's.
    func deviceFigures(slot: Int) -> DeviceFigures? {
        let section = UnsafeRawPointer(ring.learnerMemory(slot))
        guard device != nil, description.layout.ownsCharges(section) else { return nil }
        return description.layout.deviceSums(section).total
    }

    /// Adds to entries, oldest first, what the device spent: in all, and since the entry before.
    func addDevice(_ spent: [UInt64: DeviceFigures], to entries: inout [GenerationEntry]) {
        guard let device else { return }
        var before: DeviceFigures?
        for index in entries.indices {
            guard let now = spent[entries[index].generation] else { continue }
            entries[index].device = device.amounts(now)
            // A rollback leads back to where the entry before may never have been, and between two
            // entries of one device there may have been another.
            if let before, entries[index].restoredFrom == 0, now.clocks >= before.clocks {
                entries[index].deviceSince = device.amounts(now.less(before))
            }
            before = now
        }
    }

    /// What junctions in fixed point clipped until the pinned generation; nil where all are
    /// float32.
    var saturations: [JunctionSaturations]? {
        guard let section = pinnedSection else { return nil }
        let names = description.layout.junctionNames
        var found: [JunctionSaturations] = []
        for (index, counts) in description.layout.saturations(section).enumerated() {
            guard let counts else { continue }
            found.append(
                JunctionSaturations(
                    junction: index, name: names?[index], products: counts[0], sums: counts[1],
                    backprop: counts[2], update: counts[3]))
        }
        return found.isEmpty ? nil : found
    }
}
