// The limit that a service manager enforces, from the plan: if it is ever reached, something is
// wrong that the plan did not foresee, and only this daemon shall suffer.

extension DaemonPlan {
    /// What the program takes besides its plan: executable, libraries, libzmq's own structures,
    /// malloc's arenas. 10 to 12 MB were measured.
    public static let runtimeBaseBytes = 16 << 20

    /// The ceiling for the whole process: (plan + base) × 1.25, in whole MiB.
    public var memoryMaxBytes: Int {
        let wanted = (memory.totalBytes + Self.runtimeBaseBytes) / 4 * 5
        return ((wanted + (1 << 20) - 1) >> 20) << 20
    }
}
