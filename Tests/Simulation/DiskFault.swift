// What can go wrong on the simulated disk, and what a restart finds.

import Platform

/// A fault at one operation.
public struct DiskFault: Equatable, Sendable {
    /// What happens.
    public enum Kind: String, CaseIterable, Sendable {
        /// The process dies in the operation: it happened, or half, or not at all (seeded), and
        /// every later operation fails until `SimulatedDisk.restart`.
        case crash
        /// This operation fails with EIO; of a write or sync any part may have happened.
        case inputOutputOnce
        /// This operation and all later ones fail with EIO.
        case inputOutputPersistent
        /// This operation fails with ENOSPC if it takes space.
        case noSpaceOnce
        /// This and all later operations that take space fail with ENOSPC.
        case noSpacePersistent
        /// Half of this write happens, the rest fails with ENOSPC.
        case shortWrite
    }

    /// What happens.
    public let kind: Kind
    /// At which operation, counted from 0 since the disk was made; with `operation`, counted from
    /// 0 among those since the fault was armed.
    public let operationIndex: Int
    /// The only operation that it strikes; nil: any.
    public let operation: StorageOperation?

    /// A fault.
    public init(_ kind: Kind, at operationIndex: Int, of operation: StorageOperation? = nil) {
        self.kind = kind
        self.operationIndex = operationIndex
        self.operation = operation
    }
}

/// A fault that came up.
public struct DiskFaultHit: Hashable, Sendable {
    /// What happened.
    public let kind: DiskFault.Kind
    /// In which operation.
    public let operation: StorageOperation
    /// On what.
    public let path: String
    /// Which operation it was, counted from the start of the process.
    public let place: Int
}

/// What a restart finds of what was never synchronised.
public enum RestartMode: String, CaseIterable, Sendable {
    /// Only the process died: everything written is still there, and still not durable.
    case processKilled
    /// Power cut: nothing unsynchronised reached the disk.
    case dropUnsynchronized
    /// Power cut: any of the unsynchronised writes did, whatever their order.
    case keepSubset
    /// Power cut: any 512-byte sectors of the unsynchronised writes did.
    case tearSectors
    /// Power cut: everything did.
    case keepAll
}
