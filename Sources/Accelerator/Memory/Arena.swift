// The arena: the one region that all living memory comes from. It is filled at start, line by
// line, and then sealed.
//
// Invariants: reservations never overlap and are zero when handed out; every reservation is a
// line of a plan that can be printed; after `seal` a reservation traps.

import Platform

/// One region of memory, divided among owners until it is sealed.
///
/// Used by one thread until `seal`; afterwards it only keeps the memory alive.
public final class Arena {
    private enum State {
        case filling(usedBytes: Int)
        case sealed(usedBytes: Int)
    }

    private let region: MemoryRegion
    private var state = State.filling(usedBytes: 0)
    private var reserved: [MemoryLine] = []

    /// Takes `byteCount` bytes (rounded up to pages), all zero.
    public init(byteCount: Int) throws(MemoryRegionError) {
        region = try MemoryRegion(byteCount: byteCount)
    }

    /// Bytes of the whole region.
    public var byteCount: Int { region.bytes.count }

    /// Bytes reserved so far, alignment gaps included.
    public var usedBytes: Int {
        switch state {
        case .filling(let usedBytes), .sealed(let usedBytes): usedBytes
        }
    }

    /// One line per reservation, in order.
    public var lines: [MemoryLine] { reserved }

    /// Whether `seal` was called.
    public var isSealed: Bool {
        if case .sealed = state { true } else { false }
    }

    /// Hands out `byteCount` zeroed bytes for `owner`.
    ///
    /// Traps when the arena is sealed or too small: the plan is checked before.
    /// - alignment: a power of two, at most one page.
    public func reserve(
        _ byteCount: Int, owner: String, detail: String = "", alignment: Int = 64
    ) -> UnsafeMutableRawBufferPointer {
        guard case .filling(let usedBytes) = state else {
            preconditionFailure("the arena is sealed: \(owner) asked for \(byteCount) bytes")
        }
        precondition(byteCount >= 0, "memory is not negative: \(owner)")
        precondition(
            alignment > 0 && alignment & (alignment - 1) == 0 && alignment <= 4096,
            "alignment is a power of two up to a page: \(owner)")
        let start = (usedBytes + alignment - 1) & ~(alignment - 1)
        precondition(
            byteCount <= region.bytes.count - start,
            "the arena is too small: \(owner) asked for \(byteCount) bytes")
        state = .filling(usedBytes: start + byteCount)
        reserved.append(MemoryLine(owner: owner, detail: detail, bytes: byteCount))
        return UnsafeMutableRawBufferPointer(rebasing: region.bytes[start..<(start + byteCount)])
    }

    /// Ends filling: from now on `reserve` traps.
    public func seal() {
        state = .sealed(usedBytes: usedBytes)
    }
}
