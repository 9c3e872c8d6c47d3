// A .npz file: a zip archive of .npy files, stored without compression, every date 1980-01-01, so
// that the same arrays are the same bytes. No zip64: files and archive stay below 4 GiB.
// Format: PKWARE APPNOTE 6.3.3, sections 4.3.7, 4.3.12 and 4.3.16.

import Client

/// Writes one archive, file after file.
struct ZipFile {
    /// What an archive without zip64 can hold.
    static let mostBytes = Int(UInt32.max) - (1 << 20)

    private var directory: [UInt8] = []
    private var count = 0
    private var offset = 0

    /// Appends a file of `pieces` one after the other.
    mutating func add(
        _ name: String, _ pieces: [[UInt8]], to output: inout OutputFile
    ) throws(ClientError) {
        let size = pieces.reduce(0) { $0 + $1.count }
        let checksum = CRC32.of(pieces)
        // Version 2.0, no flags, stored, midnight, 1980-01-01.
        var facts: [UInt8] = []
        Self.append(20, 2, to: &facts)
        Self.append(0, 2, to: &facts)
        Self.append(0, 2, to: &facts)
        Self.append(0, 2, to: &facts)
        Self.append(0x21, 2, to: &facts)
        Self.append(Int(checksum), 4, to: &facts)
        Self.append(size, 4, to: &facts)
        Self.append(size, 4, to: &facts)
        Self.append(name.utf8.count, 2, to: &facts)
        Self.append(0, 2, to: &facts)
        let local = [0x50, 0x4B, 3, 4] + facts + Array(name.utf8)
        try output.write(local)
        for piece in pieces { try output.write(piece) }
        directory += [0x50, 0x4B, 1, 2, 20, 0] + facts
        // No comment, first disk, binary, no attributes, and where the file begins.
        Self.append(0, 2, to: &directory)
        Self.append(0, 2, to: &directory)
        Self.append(0, 2, to: &directory)
        Self.append(0, 4, to: &directory)
        Self.append(offset, 4, to: &directory)
        directory += Array(name.utf8)
        offset += local.count + size
        count += 1
    }

    /// Writes the directory; nothing may be added after it.
    func finish(_ output: inout OutputFile) throws(ClientError) {
        var end: [UInt8] = [0x50, 0x4B, 5, 6, 0, 0, 0, 0]
        Self.append(count, 2, to: &end)
        Self.append(count, 2, to: &end)
        Self.append(directory.count, 4, to: &end)
        Self.append(offset, 4, to: &end)
        Self.append(0, 2, to: &end)
        try output.write(directory)
        try output.write(end)
    }

    /// Little-endian.
    private static func append(_ value: Int, _ bytes: Int, to target: inout [UInt8]) {
        for byte in 0..<bytes { target.append(UInt8(truncatingIfNeeded: value >> (8 * byte))) }
    }
}

/// The CRC-32 of zip (polynomial 0xEDB88320, reflected).
enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { crc, _ in
            (crc >> 1) ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0)
        }
    }

    /// Of all pieces as one.
    static func of(_ pieces: [[UInt8]]) -> UInt32 {
        var crc = UInt32.max
        for piece in pieces {
            for byte in piece { crc = (crc >> 8) ^ table[Int((crc ^ UInt32(byte)) & 0xFF)] }
        }
        return ~crc
    }
}
