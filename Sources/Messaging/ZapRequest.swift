// The questions that libzmq asks before it lets a connection in, and the answers: ZAP, ZeroMQ
// RFC 27.
//
// Invariants: a request is read whatever its frames hold; of what is too long or too much only
// that it was so is kept. What is kept is bounded: six frames of at most 255 bytes and one
// credential.

import MillraceProtocol

/// One question: may this connection come in?
public struct ZapRequest: Equatable, Sendable {
    /// The domain of the endpoint: the name of a door.
    public var domain: String
    /// Where the connection comes from, in digits.
    public var address: String
    /// How it wants to prove who it is.
    public var mechanism: String
    /// The client's public key; nil unless there is exactly one credential of 32 bytes.
    public var key: CurvePublicKey?

    /// - domain, address, mechanism, key: see the properties.
    public init(domain: String, address: String, mechanism: String, key: CurvePublicKey?) {
        self.domain = domain
        self.address = address
        self.mechanism = mechanism
        self.key = key
    }
}

/// The answer to a question.
public enum ZapVerdict: Equatable, Sendable {
    /// Come in; messages of this connection carry the key's text as `User-Id`.
    case admitted(CurvePublicKey)
    /// Status 400: stay out; coming again is useless.
    case refused
    /// Status 500: the question could not be understood.
    case failed
}

/// The frames of a request as they came.
struct ZapFrames {
    /// Frames of a CURVE request: version, request id, domain, address, routing id, mechanism and
    /// the one credential (RFC 27, "ZAP over ZeroMQ").
    static let count = 7
    static let largestFrame = 255
    static let version = Array("1.0".utf8)

    private var frames: [[UInt8]] = []
    private var isOdd = false

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        guard frames.count < Self.count, bytes.count <= Self.largestFrame else {
            isOdd = true
            // The answer needs the request's id, which is the second frame.
            if frames.count < 2 { frames.append([]) }
            return
        }
        frames.append(Array(bytes))
    }

    /// What an answer has to repeat.
    var requestId: [UInt8] { frames.dropFirst(1).first ?? [] }

    /// The question; nil when these are not the frames of one.
    var request: ZapRequest? {
        guard frames.count >= 6, frames.first == Self.version else { return nil }
        let texts = frames.map { String(decoding: $0, as: UTF8.self) }
        let credential = frames.count == Self.count && !isOdd ? frames.last : nil
        return ZapRequest(
            domain: texts[2], address: texts[3], mechanism: texts[5],
            key: credential?.withUnsafeBytes { CurvePublicKey($0) })
    }
}
