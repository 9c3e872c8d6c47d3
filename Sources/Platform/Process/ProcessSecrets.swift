// What a process does once it knows a secret: no core file may hold it, and what was read is
// overwritten when it is not needed any more.

import CMachine

/// Care for secrets in this process's memory.
public enum ProcessSecrets {
    /// From now on a crash leaves no core file, and no other process of this user may read the
    /// memory (prctl(2), PR_SET_DUMPABLE). Call before a secret is read.
    public static func forbidDumps() { machine_forbid_dumps() }

    /// Overwrites `bytes` with zeros; copies that were made of them stay.
    public static func wipe(_ bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes { machine_wipe($0.baseAddress, $0.count) }
    }
}
