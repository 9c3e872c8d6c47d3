// What all frame types share: the checks around a body, and writing one behind its header.

enum Body {
    /// Refuses a header of another type as unknownType.
    static func check(_ header: FrameHeader, is type: FrameType) throws(FrameError) {
        guard header.type == type else { throw FrameError(.unknownType) }
    }

    /// Refuses bytes that are left over.
    static func finish(_ cursor: ByteCursor) throws(FrameError) {
        guard cursor.remaining == 0 else { throw FrameError(.longBody) }
    }

    /// Checks the numbers that a frame consumes: at least one, from 1 on, inside 64 bits.
    static func checkNumbers(_ header: FrameHeader) throws(FrameError) {
        guard header.count > 0 else { throw FrameError(.emptyBatch) }
        let (_, overflow) = header.sequence.addingReportingOverflow(
            UInt64(truncatingIfNeeded: header.count))
        guard header.sequence > 0, overflow == false else { throw FrameError(.badRequest) }
    }

    /// Lets `write` fill the body behind `header`, then seals; returns the frame's bytes.
    @inline(__always)
    static func write(
        _ memory: UnsafeMutableRawBufferPointer, _ header: FrameHeader,
        _ write: (inout ByteWriter) -> Void
    ) -> Int {
        var writer = ByteWriter(memory, from: FrameHeader.byteCount)
        write(&writer)
        let frame = UnsafeMutableRawBufferPointer(start: memory.baseAddress, count: writer.offset)
        Frame.seal(frame, header: header)
        return frame.count
    }
}
