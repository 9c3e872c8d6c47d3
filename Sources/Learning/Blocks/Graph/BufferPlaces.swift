// Places for buffers that are needed only for a while: two that are never needed at once may lie
// over each other.

/// Buffers with the times of their first and last use.
struct BufferPlaces {
    private struct Buffer {
        let bytes: Int
        let first: Int
        let last: Int
        let offset: Int
    }

    private var buffers: [Buffer] = []
    /// Bytes that all need.
    private(set) var byteCount = 0

    /// The lowest place where a buffer meets none that is needed while it is.
    mutating func place(_ bytes: Int, from first: Int, through last: Int) -> Int {
        let size = (bytes + 63) & ~63
        let met = buffers.filter { $0.first <= last && first <= $0.last }
            .sorted { $0.offset < $1.offset }
        var offset = 0
        for other in met where offset + size > other.offset {
            offset = max(offset, other.offset + other.bytes)
        }
        buffers.append(Buffer(bytes: size, first: first, last: last, offset: offset))
        byteCount = max(byteCount, offset + size)
        return offset
    }
}
