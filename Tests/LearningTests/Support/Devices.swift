// Emulated devices for tests, without a profile's file.

import Accelerator
import Learning

extension DeviceDescription {
    /// Edge processors that work floats as well as fixed point, with more memory than any test
    /// needs and a few energies.
    static func edge(
        name: String = "edge", clockHertz: Double = 15e6, energy: EnergyTable? = .few
    ) -> DeviceDescription {
        DeviceDescription(
            name: name, title: "edge processors for tests", source: "tests",
            clockHertz: clockHertz,
            memory: DeviceMemory(capacityBits: 1 << 24, widthBits: 32),
            arithmetic: DeviceArithmetic(fixedBits: 16, floatBits: 32),
            edgeProcessors: EdgeProcessors(count: 160, processClocks: 2), energy: energy)
    }
}

extension EnergyTable {
    /// Two rows, so that some actions are counted and some are not.
    static let few = EnergyTable(
        name: "few", node: "none", unit: .picojoules,
        rows: [
            EnergyRow(action: "multiply", isFloat: true, bits: 32, energy: 3.7, source: "tests"),
            EnergyRow(action: "add", isFloat: true, bits: 32, energy: 0.9, source: "tests"),
        ])
}

extension LearnerConfiguration {
    /// The same learner on a device, or on none.
    func on(_ device: DeviceDescription?) -> LearnerConfiguration {
        var other = self
        other.device = device
        return other
    }
}

extension LearnerHarness {
    /// All charges of the section, in their order.
    var charges: [UInt64] {
        let sums = layout.deviceSums(UnsafeRawPointer(section))
        let count = DeviceChargeLayout.count(junctionCount: sums.junctionCount)
        return (0..<count).map { sums[$0] }
    }

    /// What `learned` learned samples and `inferred` inferences cost.
    func expectedCharges(learned: UInt64, inferred: UInt64) -> [UInt64] {
        guard let charge = layout.device?.charge else { return [] }
        return zip(charge.learned, charge.inferred).map { $0 * learned + $1 * inferred }
    }
}
