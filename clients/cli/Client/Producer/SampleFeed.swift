// Where a session gets its frames from. A feed can make the frame for any number that is not
// acknowledged yet, again and again, with the same content: from a file that can be read again,
// or from a spool.

import MillraceProtocol

/// What a feed has for a number.
public enum FeedStep: Equatable, Sendable {
    /// A whole frame of `bytes` that stands for `numbers` numbers from the one asked for.
    case frame(bytes: Int, numbers: Int)
    /// Nothing yet; ask again later.
    case notYet
    /// There is nothing at this number and there never will be.
    case end
}

/// Makes the frames of a producer.
public protocol SampleFeed: AnyObject {
    /// The daemon's answer to HELLO. When it returns, the epoch is stored durably, since
    /// numbers of this epoch are sent next.
    func opened(_ welcome: Welcome) throws(ClientError)

    /// Writes the frame that starts at number `sequence`, of at most `count` numbers.
    func frame(
        at sequence: UInt64, atMost count: Int, into memory: UnsafeMutableRawBufferPointer
    ) throws(ClientError) -> FeedStep

    /// Everything up to `sequence` is durably decided and will not be asked for again.
    func acknowledged(_ sequence: UInt64) throws(ClientError)
}
