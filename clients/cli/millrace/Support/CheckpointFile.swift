// Checkpoint files without a daemon: opening, reading whole, and errors in the client's words.

import Client
import Glibc
import Platform
import WeightStore

/// Opens a checkpoint file without a daemon.
func openCheckpoint(_ path: String) throws(ClientError) -> Checkpoint {
    do {
        return try CheckpointReader.open(storage: LinuxStorage(), path: path)
    } catch {
        throw checkpointFailure(error, path)
    }
}

/// What a checkpoint's error is to somebody who typed its path.
func checkpointFailure(_ error: CheckpointError, _ path: String) -> ClientError {
    switch error {
    case .storage(.notFound):
        ClientError(
            .noInput, "\(path): no such file",
            advice: "a file, not a name; millrace checkpoint list prints the daemon's")
    case .storage(.permissionDenied):
        ClientError(.notAllowed, "\(path): permission denied")
    case .storage(.inputOutput(.open, _, EINVAL)), .storage(.inputOutput(.open, _, ENXIO)):
        ClientError(
            .badData, "\(path) is not a regular file",
            why: "it is a pipe, a socket or a device", advice: "the checkpoint's own file")
    case .storage(let error):
        ClientError(.inputOutput, "\(path) cannot be read", why: "\(error)")
    default:
        ClientError(
            .badData, "\(path) is not an intact Millrace checkpoint", why: "\(error)",
            advice: "another checkpoint: millrace checkpoint list")
    }
}

extension Checkpoint {
    /// The bytes of one section as they lay in memory, checked against the checksums.
    func contents(
        _ section: CheckpointSection, _ layout: SectionLayout, _ path: String
    ) throws(ClientError) -> [UInt8] {
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: layout.byteCount, alignment: 64)
        defer { memory.deallocate() }
        do {
            try load(section, layout: layout, into: memory, mustBeFinite: { _ in false })
        } catch {
            throw checkpointFailure(error, path)
        }
        return Array(memory)
    }
}
