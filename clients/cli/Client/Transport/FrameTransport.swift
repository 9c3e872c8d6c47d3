// How frames travel, as small as a session needs it, so that the same session runs over ZeroMQ
// and inside a test.

/// A two-way path for frames to one daemon. Frames may be lost when the other side goes away.
public protocol FrameTransport: AnyObject {
    /// Sends one frame without waiting; false when it cannot be taken now.
    func send(_ frame: UnsafeRawBufferPointer) throws(ClientError) -> Bool
    /// Takes the next frame into `memory` without waiting: its bytes, or nil.
    func receive(into memory: UnsafeMutableRawBufferPointer) throws(ClientError) -> Int?
    /// Waits until a frame is there, at most `milliseconds`.
    func wait(milliseconds: Int)
    /// Where frames go, for messages.
    var endpoint: String { get }
    /// What is known of why nobody answers; asked for once, at the end of all patience.
    var silence: Silence { get }
}

extension FrameTransport {
    /// Nothing is known.
    public var silence: Silence { .unknown }

    /// A path without a name.
    public var endpoint: String { "the other side" }
}
