// What a section that somebody kept says of its device, in the words of the protocol: the daemon
// answers with it, and whoever looks at a checkpoint prints it.

import Accelerator
import MillraceProtocol

extension LearnerLayout {
    /// The device and what was charged until the section; nil without a device, and where the
    /// charges are another device's. Queries are in no section.
    public func deviceStatus(_ section: UnsafeRawPointer) -> DeviceStatus? {
        guard let device, ownsCharges(section) else { return nil }
        let plan = device.plan
        let sums = deviceSums(section)
        let total = sums.total
        return DeviceStatus(
            name: plan.device.name, title: plan.device.title, identity: device.identity.digest,
            clockHertz: plan.device.clockHertz, schedule: plan.schedule.rawValue,
            memoryBits: plan.memory.totalBits, capacityBits: plan.memory.capacityBits,
            clocksPerSample: plan.clocksPerSample, clocksPerInference: plan.clocksPerInference,
            samplesPerSecond: Self.finite(plan.samplesPerSecond),
            energyUnit: plan.device.energyUnit,
            energyPerSample: device.amounts(device.charge.learnedTotal).energy,
            uncounted: device.charge.uncounted, seconds: plan.device.seconds(total.clocks),
            total: device.amounts(total),
            junctions: plan.junctions.indices.map { Self.junction($0, device, sums) })
    }

    /// Whether a section's charges are those of the configured device.
    public func ownsCharges(_ section: UnsafeRawPointer) -> Bool {
        deviceIdentity(section).digest == device?.identity.digest ?? 0
    }

    private static func junction(
        _ index: Int, _ device: DeviceAccounting, _ sums: DeviceChargeSums
    ) -> DeviceJunctionStatus {
        let junction = device.plan.junctions[index]
        return DeviceJunctionStatus(
            junction: index, name: device.plan.hasBlocks ? device.plan.names[index] : nil,
            unit: junction.unit.rawValue, parallelism: junction.parallelism,
            utilisation: finite(device.plan.utilisation(index)),
            operations: Operation.allCases.compactMap { operation in
                junction[operation].map { cost in
                    DeviceOperation(
                        operation: operation.rawValue, clocksPerSample: cost.clocks,
                        stallClocksPerSample: cost.stallClocks,
                        total: device.amounts(sums.operation(index, operation)))
                }
            })
    }

    /// JSON has no infinities: what a device without clocks divides by is nothing.
    private static func finite(_ value: Double) -> Double { value.isFinite ? value : 0 }
}

extension DeviceAccounting {
    /// Figures in the words of the protocol; without an energy table they have no energy.
    public func amounts(_ figures: DeviceFigures) -> DeviceAmounts {
        DeviceAmounts(
            clocks: figures.clocks, accesses: figures.accesses, clashes: figures.clashes,
            energy: plan.device.energy == nil ? nil : figures.energyAmount)
    }
}
