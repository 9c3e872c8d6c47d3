// Energies of a plan: its actions by the device's table.

extension DevicePlan {
    /// Energy of one learned sample; nil without a table.
    public var energyPerSample: Energy? { device.energy?.energy(of: actionsPerSample) }

    /// Energy of one question; nil without a table.
    public var energyPerInference: Energy? { device.energy?.energy(of: actionsPerInference) }
}
