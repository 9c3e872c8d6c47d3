// Little-endian fields in a page of 4 KiB whose last four bytes are the CRC-32C of the others.
// Superblocks and slot headers are such pages; offsets are constants below `checksumOffset`.

import MillraceProtocol

/// A view of one page of memory.
struct Page {
    static let checksumOffset = RingGeometry.pageBytes - 4
    let base: UnsafeMutableRawPointer

    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base, count: RingGeometry.pageBytes)
    }

    var isZero: Bool {
        for offset in stride(from: 0, to: RingGeometry.pageBytes, by: 8)
        where base.load(fromByteOffset: offset, as: UInt64.self) != 0 {
            return false
        }
        return true
    }

    func clear() {
        base.initializeMemory(as: UInt8.self, repeating: 0, count: RingGeometry.pageBytes)
    }

    func set<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _ value: T) {
        assert(offset + MemoryLayout<T>.size <= RingGeometry.pageBytes)
        base.storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self)
    }

    func value<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as type: T.Type) -> T {
        assert(offset + MemoryLayout<T>.size <= RingGeometry.pageBytes)
        return T(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: T.self))
    }

    /// The CRC-32C that the page should carry.
    var computedChecksum: UInt32 {
        CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<Self.checksumOffset]))
    }

    var storedChecksum: UInt32 { value(Self.checksumOffset, as: UInt32.self) }

    func seal() {
        set(Self.checksumOffset, computedChecksum)
    }
}
