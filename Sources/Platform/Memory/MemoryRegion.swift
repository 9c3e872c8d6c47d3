// One region of zeroed memory straight from the kernel, taken at start and never grown.

import Glibc

/// The region could not be had.
public struct MemoryRegionError: Error, Equatable, Sendable {
    /// How much was asked for.
    public let bytes: Int
    /// The kernel's reason.
    public let errorNumber: Int32
}

extension MemoryRegionError: CustomStringConvertible {
    /// What is wrong, for a person; no full stop.
    public var description: String {
        "the machine would not give \(bytes) bytes of memory: \(errorText(errorNumber))"
    }
}

/// Page-aligned, zeroed, private memory. Freed with the value's last reference.
public final class MemoryRegion: @unchecked Sendable {
    /// The bytes; valid while this object lives.
    public let bytes: UnsafeMutableRawBufferPointer

    /// Takes `byteCount` (> 0) bytes from the kernel and touches every page, so that a machine without
    /// that much memory says so now and not in mid-stream.
    public init(byteCount bytes: Int) throws(MemoryRegionError) {
        precondition(bytes > 0)
        let base = mmap(
            nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let base, base != MAP_FAILED else {
            throw MemoryRegionError(bytes: bytes, errorNumber: errno)
        }
        self.bytes = UnsafeMutableRawBufferPointer(start: base, count: bytes)
        // Pages of 2 MiB where the kernel has them: 140 MB are taken in half the time. All of it is
        // touched anyway, so nothing more is resident.
        _ = madvise(base, bytes, MADV_HUGEPAGE)
        guard madvise(base, bytes, MADV_POPULATE_WRITE) != 0 else { return }
        // A kernel before 5.14.
        for offset in stride(from: 0, to: bytes, by: 4096) {
            self.bytes.storeBytes(of: 0, toByteOffset: offset, as: UInt8.self)
        }
    }

    deinit { munmap(bytes.baseAddress, bytes.count) }
}
