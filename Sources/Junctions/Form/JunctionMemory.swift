// Memory that a junction works on and does not own.

/// Where a junction's memory lies; every address is 64-byte aligned.
public struct JunctionMemory {
    /// The fields, back to back.
    public let parameters: UnsafeMutableRawPointer
    /// The velocities of the learned fields, back to back; nil without momentum.
    public let velocity: UnsafeMutableRawPointer?
    /// Tables and scratch memory: what follows from the seed and the parameters, and nothing else.
    public let workspace: UnsafeMutableRawPointer

    /// Names memory that the caller owns.
    public init(
        parameters: UnsafeMutableRawPointer, velocity: UnsafeMutableRawPointer?,
        workspace: UnsafeMutableRawPointer
    ) {
        self.parameters = parameters
        self.velocity = velocity
        self.workspace = workspace
    }
}
