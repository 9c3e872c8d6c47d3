// The emulated device in replies. Sums are read from the pinned generation, like every other
// number of a reply; what queries cost is counted by the network loop.

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
            accesses: figures.accesses, energy: figures.energy)
    }

    /// The device in `status`.
    var deviceStatus: DeviceStatus? {
        guard let device, let section = pinnedSection else { return nil }
        let plan = device.plan
        let hasEnergy = plan.device.energy != nil
        let sums = description.layout.deviceSums(section)
        let total = sums.total
        let queried = inference.multiplied(by: counters.predictions)
        return DeviceStatus(
            name: plan.device.name, title: plan.device.title, identity: device.identity.digest,
            clockHertz: plan.device.clockHertz, schedule: plan.schedule.rawValue,
            memoryBits: plan.memory.totalBits, capacityBits: plan.memory.capacityBits,
            clocksPerSample: plan.clocksPerSample, clocksPerInference: plan.clocksPerInference,
            samplesPerSecond: plan.samplesPerSecond, energyUnit: plan.device.energyUnit,
            energyPerSample: hasEnergy ? Double(device.charge.learnedTotal.energy) / 1000 : nil,
            uncounted: device.charge.uncounted, seconds: plan.device.seconds(total.clocks),
            total: amounts(total), junctions: junctionStatus(sums, plan),
            queries: DeviceQueries(
                samples: counters.predictions, seconds: plan.device.seconds(queried.clocks),
                total: amounts(queried)))
    }

    private func junctionStatus(
        _ sums: DeviceChargeSums, _ plan: DevicePlan
    ) -> [DeviceJunctionStatus] {
        plan.junctions.enumerated().map { index, junction in
            DeviceJunctionStatus(
                junction: index, unit: junction.unit.rawValue, parallelism: junction.parallelism,
                utilisation: Self.share(plan.utilisation(index)),
                operations: Operation.allCases.compactMap { operation in
                    junction[operation].map { cost in
                        DeviceOperation(
                            operation: operation.rawValue, clocksPerSample: cost.clocks,
                            stallClocksPerSample: cost.stallClocks,
                            total: amounts(sums.operation(index, operation)))
                    }
                })
        }
    }

    /// JSON has no infinities.
    private static func share(_ value: Double) -> Double { value.isFinite ? value : 0 }

    private func amounts(_ figures: DeviceFigures) -> DeviceAmounts {
        let hasEnergy = device?.plan.device.energy != nil
        return DeviceAmounts(
            clocks: figures.clocks, accesses: figures.accesses, clashes: figures.clashes,
            energyThousandths: hasEnergy ? figures.energy : nil)
    }

    /// The sums of a readable slot; nil where they are another device's.
    func deviceFigures(slot: Int) -> DeviceFigures? {
        let section = UnsafeRawPointer(ring.learnerMemory(slot))
        guard let device,
            description.layout.deviceIdentity(section).digest == device.identity.digest
        else { return nil }
        return description.layout.deviceSums(section).total
    }

    /// Entries in the order of their generations get what the device spent, in all and since the
    /// entry before. `figures` are those of each entry.
    func addDevice(_ figures: [UInt64: DeviceFigures], to entries: inout [GenerationEntry]) {
        var before: DeviceFigures?
        for index in entries.indices {
            guard let now = figures[entries[index].generation] else { continue }
            entries[index].device = amounts(now)
            if let before, entries[index].restoredFrom == 0, now.clocks >= before.clocks {
                entries[index].deviceSince = amounts(now.less(before))
            }
            before = now
        }
    }

    /// What junctions in fixed point clipped until the pinned generation; nil where all are
    /// float32.
    var saturations: [JunctionSaturations]? {
        guard let section = pinnedSection else { return nil }
        let found = description.layout.saturations(section).enumerated().compactMap {
            index, counts in
            counts.map {
                JunctionSaturations(
                    junction: index, products: $0[0], sums: $0[1], backprop: $0[2], update: $0[3])
            }
        }
        return found.isEmpty ? nil : found
    }
}
