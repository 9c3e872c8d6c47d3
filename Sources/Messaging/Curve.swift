// Keys made and put to use: CURVE, ZeroMQ RFC 26, in libzmq's own implementation.
//
// Invariants: a socket speaks CURVE from its first endpoint on or not at all: libzmq copies the
// keys when an endpoint is bound or connected, so `use` comes before. A server that uses a key
// admits whoever knows its public half, unless a ZAP handler decides; that is not made here.

import CZeroMQ
import Glibc
import MillraceProtocol

/// Pairs of keys.
public enum Curve {
    /// Characters of a key with the zero behind them, as libzmq's C interface counts.
    private static let textBytes = CurvePublicKey.characterCount + 1

    /// A new pair from the kernel's random numbers (zmq_curve_keypair).
    ///
    /// Errors: a libzmq that was built without CURVE.
    public static func makePair() throws(MessagingError) -> (
        publicKey: CurvePublicKey, secretKey: CurveSecretKey
    ) {
        var publicText = [CChar](repeating: 0, count: textBytes)
        var secretText = [CChar](repeating: 0, count: textBytes)
        defer { explicit_bzero(&secretText, secretText.count) }
        guard zmq_curve_keypair(&publicText, &secretText) == 0 else {
            throw MessagingError(call: "zmq_curve_keypair", subject: "")
        }
        do {
            return (
                try CurvePublicKey(z85: text(publicText)),
                try CurveSecretKey(z85: text(secretText))
            )
        } catch {
            preconditionFailure("libzmq's own key is not Z85: \(error)")
        }
    }

    /// The public half of a secret key (zmq_curve_public).
    ///
    /// Errors: a libzmq that was built without CURVE.
    public static func publicKey(
        of secretKey: CurveSecretKey
    ) throws(MessagingError) -> CurvePublicKey {
        var publicText = [CChar](repeating: 0, count: textBytes)
        guard zmq_curve_public(&publicText, secretKey.z85) == 0 else {
            throw MessagingError(call: "zmq_curve_public", subject: "")
        }
        do {
            return try CurvePublicKey(z85: text(publicText))
        } catch {
            preconditionFailure("libzmq's own key is not Z85: \(error)")
        }
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

extension Certificate {
    /// Checks that the secret key is there and belongs to the public key, so that a character
    /// that was changed in either of them is found before somebody relies on it.
    ///
    /// Errors: `missing("secret-key")`, `keysDoNotBelong`.
    public func requirePair() throws(CertificateError) {
        guard let secretKey else { throw CertificateError(.missing(name: "secret-key")) }
        guard let own = try? Curve.publicKey(of: secretKey), own == publicKey else {
            throw CertificateError(.keysDoNotBelong)
        }
    }
}

/// The daemon's side of CURVE: whoever connects must know its public key.
public struct CurveServer: Equatable, Sendable {
    /// The daemon's own.
    public let secretKey: CurveSecretKey

    /// - secretKey: the daemon's own.
    public init(secretKey: CurveSecretKey) { self.secretKey = secretKey }
}

/// A client's side of CURVE: which daemon it expects, and who it is.
public struct CurveClient: Equatable, Sendable {
    /// The daemon's public key: another daemon cannot answer for it.
    public let serverKey: CurvePublicKey
    /// Who the client is.
    public let publicKey: CurvePublicKey
    /// The other half.
    public let secretKey: CurveSecretKey

    /// - serverKey: the daemon's public key. - certificate: the client's, with its secret key.
    ///
    /// Errors: see `Certificate.requirePair()`.
    public init(
        serverKey: CurvePublicKey, certificate: Certificate
    ) throws(CertificateError) {
        try certificate.requirePair()
        guard let secretKey = certificate.secretKey else {
            throw CertificateError(.missing(name: "secret-key"))
        }
        self.serverKey = serverKey
        publicKey = certificate.publicKey
        self.secretKey = secretKey
    }
}

extension Socket {
    /// What CURVE puts around a message (RFC 26, MESSAGE): its name, a nonce, a seal, flags; bytes.
    private static let curveOverhead: Int64 = 8 + 8 + 16 + 1

    /// Endpoints bound from now on take only clients that know the daemon's public key. Once.
    ///
    /// Errors: a libzmq without CURVE.
    public func use(_ server: CurveServer) throws(MessagingError) {
        // libzmq compares its limit with the sealed message: the longest one that is allowed would
        // be cut off with its connection, again and again.
        var limit: Int64 = 0
        var size = MemoryLayout<Int64>.size
        guard zmq_getsockopt(pointer, ZMQ_MAXMSGSIZE, &limit, &size) == 0 else {
            throw MessagingError(call: "zmq_getsockopt", subject: "ZMQ_MAXMSGSIZE")
        }
        if limit >= 0 { try set(ZMQ_MAXMSGSIZE, limit + Self.curveOverhead) }
        try set(ZMQ_CURVE_SERVER, Int32(1))
        try server.secretKey.withBytes { (key) throws(MessagingError) in
            try set(ZMQ_CURVE_SECRETKEY, key, named: "curve secret key")
        }
    }

    /// Endpoints connected from now on are spoken to with these keys.
    ///
    /// Errors: a libzmq without CURVE.
    public func use(_ client: CurveClient) throws(MessagingError) {
        try client.serverKey.withBytes { (key) throws(MessagingError) in
            try set(ZMQ_CURVE_SERVERKEY, key, named: "curve server key")
        }
        try client.publicKey.withBytes { (key) throws(MessagingError) in
            try set(ZMQ_CURVE_PUBLICKEY, key, named: "curve public key")
        }
        try client.secretKey.withBytes { (key) throws(MessagingError) in
            try set(ZMQ_CURVE_SECRETKEY, key, named: "curve secret key")
        }
    }

    private func set(
        _ option: Int32, _ bytes: UnsafeRawBufferPointer, named name: String
    ) throws(MessagingError) {
        guard zmq_setsockopt(pointer, option, bytes.baseAddress, bytes.count) == 0 else {
            throw MessagingError(call: "zmq_setsockopt", subject: name)
        }
    }
}
