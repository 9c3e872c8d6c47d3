// CRC-32C of a file in which the eight digits of the checksum count as `00000000`.

import MillraceProtocol
import Platform

/// Reads a file in pieces.
enum FileChecksum {
    /// Bytes of one piece: the only buffer that reading and writing a checkpoint need.
    static let chunkBytes = 65_536

    static func compute(
        _ storage: any Storage, _ file: StorageFile, bytes total: Int, zeroedAt zeroed: Int
    ) throws(CheckpointError) -> UInt32 {
        var checksum: UInt32 = 0
        var buffer = [UInt8](repeating: 0, count: min(total, chunkBytes))
        var position = 0
        while position < total {
            let count = min(chunkBytes, total - position)
            try read(storage, file, &buffer, count: count, at: position)
            for offset in zeroed..<(zeroed + 8)
            where offset >= position && offset < position + count {
                buffer[offset - position] = 0x30
            }
            buffer.withUnsafeBytes { bytes in
                checksum = CRC32C.checksum(
                    UnsafeRawBufferPointer(rebasing: bytes[..<count]), seed: checksum)
            }
            position += count
        }
        return checksum
    }

    /// Reads `count` bytes into the start of `buffer`.
    static func read(
        _ storage: any Storage, _ file: StorageFile, _ buffer: inout [UInt8], count: Int,
        at offset: Int
    ) throws(CheckpointError) {
        try CheckpointWriter.wrapped { () throws(StorageError) in
            try buffer.withUnsafeMutableBytes { bytes in
                Result { () throws(StorageError) in
                    try storage.read(
                        file, into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<count]),
                        at: offset)
                }
            }.get()
        }
    }
}
