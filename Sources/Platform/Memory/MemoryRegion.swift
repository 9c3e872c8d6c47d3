// Memory as the operating system gives it: whole pages, zeroed, taken once.
//
// Invariants: the bytes are page-aligned, start as zero, and stay at one address until `deinit`;
// the pages are present from the start (a machine without the memory says so now, not later).

import Glibc

/// The operating system refused memory.
public struct MemoryRegionError: Error, Equatable, Sendable {
    /// Bytes that were asked for.
    public let bytes: Int
    /// What the system answered.
    public let errorNumber: Int32
}

/// One page-aligned private mapping, unmapped when the object goes.
///
/// The object hands out its bytes without any guard: its owner divides them (see `Arena`).
public final class MemoryRegion: @unchecked Sendable {
    /// All bytes of the region, a whole number of pages.
    public let bytes: UnsafeMutableRawBufferPointer

    /// Maps at least `byteCount` (> 0) zeroed bytes.
    public init(byteCount: Int) throws(MemoryRegionError) {
        precondition(byteCount > 0, "a region holds at least one byte")
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let rounded = (byteCount + page - 1) / page * page
        let address = mmap(
            nil, rounded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0)
        guard let address, address != MAP_FAILED else {
            throw MemoryRegionError(bytes: rounded, errorNumber: errno)
        }
        bytes = UnsafeMutableRawBufferPointer(start: address, count: rounded)
    }

    deinit {
        munmap(bytes.baseAddress, bytes.count)
    }
}
