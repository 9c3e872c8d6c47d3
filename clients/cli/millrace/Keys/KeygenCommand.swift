// `millrace keygen`: a pair of keys as two files, the secret one for its owner's eyes only.
//
// Invariants: nothing that is there is ever written over; both files are there and durable, or
// neither; the secret key goes into its file and nowhere else.

import ArgumentParser
import Client
import Glibc
import Messaging
import MillraceProtocol
import Platform

/// `millrace keygen NAME`
struct KeygenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keygen", abstract: "Makes a pair of keys for a client or for the daemon.",
        discussion: """
            NAME.key is the public certificate: who it is, and what it may do. NAME.key_secret is \
            the secret one; it has mode 0600, stays with its owner, and is never printed. Both are \
            read and written by pyzmq's zmq.auth and CZMQ, too. Files that are there are never \
            written over.

            The rights that count are those in the daemon's copy of NAME.key, in the folder of \
            [keys] clients. Without --allow a key may hand over samples, ask for predictions and \
            read status.

            RIGHTS
              ingest   hand over samples and labels, as one of the key's producers; millrace stream
                       and label need query, too: they ask what a sample is made of
              query    ask for predictions
              metrics  read status, generations and checkpoints
              admin    change the daemon: checkpoints, rollback, hold, forget, stop
            """)

    @Argument(help: "The client's name; with --server the daemon's, or nothing for \"server\".")
    var name: String?
    @Option(
        help: ArgumentHelp("Where the two files go.", valueName: "dir"), completion: .directory)
    var directory = "."
    @Option(
        help: ArgumentHelp(
            "What the key may do: some of ingest,query,metrics,admin.", valueName: "rights"),
        completion: .list(AccessRights.words.map(\.word)))
    var allow: String?
    @Option(
        help: ArgumentHelp(
            "Names under which it may hand over samples; default: its own.", valueName: "names"))
    var producers: String?
    @Flag(help: "The daemon's own pair, for [keys] server.")
    var server = false
    @OptionGroup var output: OutputOptions

    /// What a client usually needs.
    private static let usual: AccessRights = [.ingest, .query, .metrics]

    func validate() throws {
        guard let name = name ?? (server ? "server" : nil) else {
            throw ValidationError("a name is missing. TRY: millrace keygen NAME")
        }
        guard ProducerName(name) != nil, !name.hasPrefix(".") else {
            throw ValidationError(
                "NAME takes 1 to 64 of A-Z a-z 0-9 . _ - and does not begin with a dot.")
        }
        if server, allow != nil || producers != nil {
            throw ValidationError("--allow and --producers are for clients, not for --server.")
        }
        for word in words(allow) where AccessRights(word: word) == nil {
            throw ValidationError(
                "\(word) is no right. TRY: --allow "
                    + AccessRights.words.map(\.word).joined(separator: ","))
        }
        if let allow, words(allow).isEmpty { throw ValidationError("--allow takes a right.") }
        let names = words(producers)
        guard producers == nil || !names.isEmpty, names.allSatisfy({ ProducerName($0) != nil })
        else {
            throw ValidationError("--producers takes names of 1 to 64 of A-Z a-z 0-9 . _ -")
        }
        guard names.count <= Certificate.mostProducers else {
            throw ValidationError("--producers takes at most \(Certificate.mostProducers) names.")
        }
    }

    private func words(_ text: String?) -> [String] {
        (text ?? "").split { $0 == "," || $0 == " " }.map(String.init)
    }

    func run() throws {
        try reporting(output) {
            // Before the secret is in memory.
            ProcessSecrets.forbidDumps()
            let pair = try KeyPairFiles(directory: directory, certificate: try certificate())
            try pair.write()
            let report = KeygenReport(pair, isServer: server)
            if output.json { return Console.printJSON(report) }
            report.lines.forEach(Console.print)
        }
    }

    private func certificate() throws(ClientError) -> Certificate {
        guard let name = ProducerName(name ?? "server") else {
            throw ClientError(.usage, "the name is not one")
        }
        do throws(MessagingError) {
            let keys = try Curve.makePair()
            return Certificate(
                name: name, publicKey: keys.publicKey, secretKey: keys.secretKey,
                rights: server
                    ? []
                    : allow.map { rights in
                        AccessRights(words(rights).compactMap { AccessRights(word: $0) })
                    } ?? Self.usual,
                producers: words(producers).compactMap { ProducerName($0) })
        } catch {
            throw ClientError(
                .internalError, "no keys can be made", why: "\(error)",
                advice: "a libzmq with CURVE, like that of Debian and Ubuntu")
        }
    }
}

/// The two files of a pair.
struct KeyPairFiles {
    let publicPath: String
    let secretPath: String
    let certificate: Certificate

    /// - directory: must be there. - certificate: with its secret key.
    init(directory: String, certificate: Certificate) throws(ClientError) {
        var facts = stat()
        guard stat(directory, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR else {
            throw ClientError(
                .cannotCreate, "\(directory) is not a directory", advice: "mkdir -p \(directory)")
        }
        let folder = directory.hasSuffix("/") ? directory : directory + "/"
        let stem = (folder == "./" ? "" : folder) + certificate.name.text
        publicPath = stem + ".key"
        secretPath = stem + ".key_secret"
        self.certificate = certificate
    }

    /// Writes both files durably, or leaves neither.
    func write() throws(ClientError) {
        do throws(KeyFileError) {
            // Told before anything is made, when only the second one is in the way.
            var facts = stat()
            guard lstat(publicPath, &facts) != 0 else {
                throw KeyFileError(publicPath, .failed(EEXIST))
            }
            var secret = Array(secretHalf.text.utf8)
            defer { ProcessSecrets.wipe(&secret) }
            try KeyFile.create(secretPath, secret, mode: 0o600)
            do throws(KeyFileError) {
                try KeyFile.create(
                    publicPath, Array(certificate.publicHalf.text.utf8), mode: 0o644)
            } catch {
                unlink(secretPath)
                throw error
            }
        } catch {
            throw ClientError(error)
        }
    }

    /// The owner's file says who it is, not what it may do: only the daemon's copy counts.
    private var secretHalf: Certificate {
        Certificate(
            name: certificate.name, publicKey: certificate.publicKey,
            secretKey: certificate.secretKey)
    }
}

/// What `--json` prints (protocol/schema/keygen.json), and what people read.
struct KeygenReport: Encodable {
    let allow: [String]
    let name: String
    let ok = true
    let producers: [String]
    let publicFile: String
    let publicKey: String
    let secretFile: String
    let server: Bool

    private enum CodingKeys: CodingKey {
        case allow, name, ok, producers, publicFile, publicKey, secretFile, server
    }

    init(_ pair: KeyPairFiles, isServer: Bool) {
        let rights = pair.certificate.rights
        allow = AccessRights.words.filter { rights.contains($0.right) }.map(\.word)
        name = pair.certificate.name.text
        producers = isServer ? [] : pair.certificate.producers.map(\.text)
        publicFile = pair.publicPath
        publicKey = pair.certificate.publicKey.z85
        secretFile = pair.secretPath
        server = isServer
    }

    /// A command that the key is good for.
    private var use: String {
        if allow.contains("metrics") { return "status --query tcp://HOST:PORT" }
        if allow.contains("query") { return "predict SOURCE --query tcp://HOST:PORT" }
        if allow.contains("admin") { return "checkpoint save --admin tcp://HOST:PORT" }
        return "… (or Producer of the Python client, which needs no other right)"
    }

    /// What was made and what to do with it.
    var lines: [String] {
        var table = TextTable()
        table.add("public", publicFile, publicKey)
        table.add("secret", secretFile, "mode 0600; never copy it to another machine but its own")
        guard !server else {
            return table.lines + [
                "",
                "next: in the daemon's configuration",
                "  [keys]",
                "  server = \"\(Endpoints.absolute(secretFile))\"",
                "  clients = \"clients.d\"      # the folder with each client's NAME.key",
                "or, for the service, as a credential in place of the line with server:",
                "  sudo install -d -m 0700 /etc/credstore",
                "  sudo install -m 0600 \(secretFile) /etc/credstore/millrace.curve.secret",
                "and \(publicFile) to every client: --server-key \(publicFile), or its 40 "
                    + "characters",
            ]
        }
        return table.lines + [
            "may     \(allow.joined(separator: ", "))"
                + (allow.contains("ingest")
                    ? "; as producer \(producers.joined(separator: ", "))" : ""),
            "",
            "next: copy \(publicFile) into the daemon's folder of clients ([keys] clients), then "
                + "reload: kill -HUP, or systemctl reload",
            "use:  millrace \(use) --key \(secretFile) --server-key server.key",
        ]
    }
}
