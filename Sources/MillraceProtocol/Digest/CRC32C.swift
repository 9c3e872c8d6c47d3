// CRC-32C (Castagnoli), the checksum of frames, ring slots and checkpoints. The instruction or
// the table behind it live in CMachine; both give the same number.

import CMachine

/// CRC-32C: reflected polynomial 0x82F63B78, initial value and final exclusive-or ~0
/// (RFC 3720, appendix B.4). The digits "123456789" give 0xE3069283.
public enum CRC32C {
    /// The checksum of `bytes`.
    ///
    /// - seed: the checksum of what came before, 0 at the start, so that
    ///   `checksum(b, seed: checksum(a)) == checksum(a followed by b)`.
    public static func checksum(_ bytes: UnsafeRawBufferPointer, seed: UInt32 = 0) -> UInt32 {
        machine_crc32c(seed, bytes.baseAddress, bytes.count)
    }
}
