// The files that say who may come in: the daemon's secret certificate, and the folder of the
// clients' public ones.
//
// Invariants: whatever is wrong with one file refuses the whole folder, because a table without the
// one key whose file is damaged would look like a removal; nothing is read beyond the limits of a
// table; no link is followed; no message has a byte of a secret in it.

import Glibc
import Messaging
import MillraceProtocol
import Platform

/// Why the keys cannot be used: which file, what is wrong, and what to do.
public struct AccessFileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// For a person.
    public let description: String

    init(_ path: String, _ what: String, try advice: String) {
        description = "\(path): \(what)" + (advice.isEmpty ? "" : ". TRY: \(advice)")
    }

    init(_ path: String, _ error: CertificateError) {
        description = "\(path): \(error)"
    }

    init(_ error: KeyFileError) {
        description =
            error.description + (error.advice.isEmpty ? "" : ". TRY: \(error.advice)")
    }
}

/// Reads the files of [keys].
public enum AccessFiles {
    /// Ends the names of the files in the folder that are read.
    public static let suffix = ".key"
    /// Names in the folder at most, whatever they are.
    static let mostNames = 4 * ClientTable.mostClients

    /// The daemon's key from its secret certificate.
    /// - isCredential: whether the service manager put the file there for this service.
    public static func server(
        _ path: String, isCredential: Bool
    ) throws(AccessFileError) -> CurveServer {
        // Before the secret is in memory.
        ProcessSecrets.forbidDumps()
        var bytes = try read(path, isCredential ? .credential : .owner)
        defer { ProcessSecrets.wipe(&bytes) }
        let certificate = try parse(path, bytes, defaultName: ProducerName("server"))
        do throws(CertificateError) {
            try certificate.requirePair()
        } catch {
            throw AccessFileError(path, error)
        }
        guard let secretKey = certificate.secretKey else {
            throw AccessFileError(
                path, "there is no secret key", try: "the file that ends in .key_secret")
        }
        return CurveServer(secretKey: secretKey)
    }

    /// The table of the certificates `*.key` in `folder`; other names, and those that begin with a
    /// dot, are none of ours.
    public static func clients(_ folder: String) throws(AccessFileError) -> ClientTable {
        var clients: [Client] = []
        var files: [CurvePublicKey: String] = [:]
        var names: [ProducerName: String] = [:]
        var producers = 0
        for name in try list(folder) {
            let path = "\(folder)/\(name)"
            let client = try client(path, name)
            if let other = files.updateValue(path, forKey: client.key) {
                throw AccessFileError(
                    path, "the same key as in \(other)",
                    try: "remove one of the two; rights of one key stand in one file")
            }
            if let other = names.updateValue(path, forKey: client.name) {
                throw AccessFileError(
                    path, "the same name, \(client.name.text), as in \(other)",
                    try: "another name in one of the two, or remove it")
            }
            producers += client.producers.count
            guard producers <= ClientTable.mostProducers else {
                throw AccessFileError(
                    path, "with it there are more than \(ClientTable.mostProducers) producers",
                    try: "fewer names in producers = ...")
            }
            clients.append(client)
        }
        return ClientTable(clients)
    }

    /// The names of the certificates in `folder`, sorted.
    private static func list(_ folder: String) throws(AccessFileError) -> [String] {
        try forbidStrangers(folder, what: "the folder")
        let names: [String]
        do throws(StorageError) {
            names = try LinuxStorage().list(folder)
        } catch {
            throw AccessFileError(
                folder, "the folder of keys cannot be read: \(error)",
                try: "mkdir it, or another [keys] clients")
        }
        let keys = names.filter { $0.hasSuffix(suffix) && !$0.hasPrefix(".") }
        guard keys.count <= ClientTable.mostClients, names.count <= mostNames else {
            throw AccessFileError(
                folder,
                "\(keys.count) keys among \(names.count) names; at most "
                    + "\(ClientTable.mostClients) among \(mostNames) are read",
                try: "remove those that nobody uses any more")
        }
        return keys
    }

    private static func client(_ path: String, _ name: String) throws(AccessFileError) -> Client {
        try forbidStrangers(path, what: "the file")
        var bytes = try read(path, .everybody)
        defer { ProcessSecrets.wipe(&bytes) }
        let certificate = try parse(
            path, bytes, defaultName: ProducerName(String(name.dropLast(suffix.count))))
        guard certificate.secretKey == nil else {
            throw AccessFileError(
                path, "it has the client's secret key, which nobody but the client may know",
                try: "the client's other file, NAME.key, in its place; a new pair is safer")
        }
        return Client(certificate)
    }

    /// Whoever can write these can let anybody in.
    private static func forbidStrangers(
        _ path: String, what: String
    ) throws(AccessFileError) {
        var facts = stat()
        // What cannot be looked at cannot be read either; that has words of its own.
        guard lstat(path, &facts) == 0, facts.st_mode & S_IFMT != S_IFLNK else { return }
        guard facts.st_mode & 0o002 == 0 else {
            throw AccessFileError(
                path, "every user of this machine may write \(what)", try: "chmod o-w \(path)")
        }
    }

    private static func read(
        _ path: String, _ privacy: KeyFile.Privacy
    ) throws(AccessFileError) -> [UInt8] {
        do throws(KeyFileError) {
            return try KeyFile.read(path, privacy: privacy, limit: Certificate.largestFile)
        } catch {
            throw AccessFileError(error)
        }
    }

    private static func parse(
        _ path: String, _ bytes: [UInt8], defaultName: ProducerName?
    ) throws(AccessFileError) -> Certificate {
        do throws(CertificateError) {
            return try Certificate.parse(bytes, defaultName: defaultName)
        } catch {
            throw AccessFileError(path, error)
        }
    }
}
