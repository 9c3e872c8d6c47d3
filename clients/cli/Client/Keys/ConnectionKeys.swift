// Who a client is and which daemon it means, from flags and environment. Keys are for TCP; an ipc
// socket is guarded by the permissions of its file, and keys are not even read for it.

import Glibc
import Messaging
import MillraceProtocol
import Platform

/// Where the keys of a connection come from.
public struct ConnectionKeys: Equatable, Sendable {
    /// Path of the client's secret certificate (NAME.key_secret).
    public var key: String?
    /// The daemon's public key: 40 characters, or the path of its public certificate.
    public var serverKey: String?

    /// Finds them: what is named, else MILLRACE_KEY and MILLRACE_SERVER_KEY.
    ///
    /// - environment: looks up a variable.
    public init(
        key: String? = nil, serverKey: String? = nil,
        environment: (String) -> String? = Endpoints.variable
    ) {
        self.key = key ?? environment("MILLRACE_KEY")
        self.serverKey = serverKey ?? environment("MILLRACE_SERVER_KEY")
    }

    /// What a connection to `endpoint` needs; nil for plain connections.
    ///
    /// Errors: one of the two without the other, files that cannot or must not be read, files
    /// that are not certificates.
    public func curve(for endpoint: String) throws(ClientError) -> CurveClient? {
        guard endpoint.hasPrefix("tcp://") else { return nil }
        switch (key, serverKey) {
        case (nil, nil): return nil
        case (nil, _):
            throw ClientError(
                .usage, "a key of one's own is missing", why: "only the daemon's key is given",
                advice: "--key NAME.key_secret, or MILLRACE_KEY; millrace keygen NAME makes one")
        case (_, nil):
            throw ClientError(
                .usage, "the daemon's key is missing",
                why: "without it anybody could answer in the daemon's place",
                advice: "--server-key server.key, or MILLRACE_SERVER_KEY; the file or its 40 "
                    + "characters, from the daemon's machine")
        case (let key?, let serverKey?):
            let server = try Self.serverKey(serverKey)
            let own = try Self.certificate(key, isSecret: true)
            do throws(CertificateError) {
                return try CurveClient(serverKey: server, certificate: own)
            } catch {
                throw Self.failure(key, error)
            }
        }
    }

    /// The daemon's public key from its 40 characters or from a file.
    private static func serverKey(_ text: String) throws(ClientError) -> CurvePublicKey {
        // No file of that name can be confused with a key: keys are tried first, and forty
        // characters that are none are taken as a path.
        if let key = try? CurvePublicKey(z85: text) { return key }
        return try certificate(text, isSecret: false).publicKey
    }

    /// Reads a certificate of which the secret half is, or is not, wanted.
    static func certificate(
        _ path: String, isSecret: Bool
    ) throws(ClientError) -> Certificate {
        // Before the secret is in memory.
        if isSecret { ProcessSecrets.forbidDumps() }
        var bytes: [UInt8] = []
        defer { ProcessSecrets.wipe(&bytes) }
        do throws(KeyFileError) {
            bytes = try KeyFile.read(
                path, privacy: isSecret ? .owner : .everybody, limit: Certificate.largestFile)
        } catch {
            if isSecret, isPublic(path) { throw publicHalf(path) }
            throw ClientError(error)
        }
        let certificate: Certificate
        do throws(CertificateError) {
            certificate = try Certificate.parse(bytes, defaultName: fileName(path))
        } catch {
            throw failure(path, error)
        }
        if isSecret, certificate.secretKey == nil { throw publicHalf(path) }
        return certificate
    }

    /// Whether a file that others may read is a certificate without a secret, which they may.
    private static func isPublic(_ path: String) -> Bool {
        guard
            var bytes = try? KeyFile.read(
                path, privacy: .everybody, limit: Certificate.largestFile)
        else { return false }
        defer { ProcessSecrets.wipe(&bytes) }
        let certificate = try? Certificate.parse(bytes, defaultName: fileName(path))
        return certificate.map { $0.secretKey == nil } ?? false
    }

    private static func publicHalf(_ path: String) -> ClientError {
        ClientError(
            .badData, "\(path) is the public file of a pair: there is no secret-key in it",
            why: "--key takes the secret one, which millrace keygen wrote beside it",
            advice: "--key \(path.hasSuffix(".key") ? path + "_secret" : "NAME.key_secret")")
    }

    /// The name that a file without one gives its key.
    private static func fileName(_ path: String) -> ProducerName? {
        let file = path.split(separator: "/").last ?? ""
        let stem = file.lastIndex(of: ".").map { file[..<$0] } ?? file
        return ProducerName(String(stem)) ?? ProducerName("key")
    }

    private static func failure(_ path: String, _ error: CertificateError) -> ClientError {
        let line = error.line.map { ":\($0)" } ?? ""
        return ClientError(
            .badData, "\(path)\(line) is not a certificate that can be used", why: error.what,
            advice: error.advice)
    }
}

extension ClientError {
    /// What a file with a key says about why it is not used.
    public init(_ error: KeyFileError) {
        let status: ExitStatus =
            switch error.problem {
            case .exposed, .foreign, .failed(ELOOP), .failed(EACCES), .failed(EPERM): .notAllowed
            case .failed(EINVAL), .tooLarge: .badData
            case .failed(ENOENT), .failed(ENOTDIR): .noInput
            case .failed(EEXIST): .cannotCreate
            case .failed: .inputOutput
            }
        self.init(status, error.description, advice: error.advice)
    }
}
