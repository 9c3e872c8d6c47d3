// Sums over a plan that both the table and the search look at.

extension DevicePlan {
    /// Energy of one learned sample; nil without a table.
    public var energyPerSample: Energy? { nil }
    /// Energy of one question; nil without a table.
    public var energyPerInference: Energy? { nil }
}
