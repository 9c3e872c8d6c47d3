// A key with its name and what it may do: the file that `millrace keygen` writes, in the form of
// pyzmq's zmq.auth and CZMQ's zcert (ZPL, ZeroMQ RFC 4).
//
// Invariants: `text` parsed is the certificate again. A certificate says what its file says; that
// its two keys are halves of one pair is checked by `Messaging`, which knows the curve.

/// A name, a public key, perhaps the secret key, and rights.
public struct Certificate: Equatable, Sendable {
    /// Bytes of the largest file.
    public static let largestFile = 4096
    /// Producer names of one key at most.
    public static let mostProducers = 64

    /// Whose key it is; also the name of the producer, unless `producers` says otherwise.
    public var name: ProducerName
    /// Who it is to the daemon.
    public var publicKey: CurvePublicKey
    /// The other half, in its owner's file only.
    public var secretKey: CurveSecretKey?
    /// What the key may do. The daemon's copy counts, not the owner's.
    public var rights: AccessRights
    /// Names under which it may hand over samples; never empty.
    public var producers: [ProducerName]
    /// Metadata that means nothing to Millrace, in the order of the file.
    public var notes: [CertificateNote]

    /// - name: whose key it is. - publicKey, secretKey: the pair. - rights: none by default.
    /// - producers: nil or empty means the name itself. - notes: other metadata.
    public init(
        name: ProducerName, publicKey: CurvePublicKey, secretKey: CurveSecretKey? = nil,
        rights: AccessRights = [], producers: [ProducerName]? = nil,
        notes: [CertificateNote] = []
    ) {
        self.name = name
        self.publicKey = publicKey
        self.secretKey = secretKey
        self.rights = rights
        let named = producers ?? []
        self.producers = named.isEmpty ? [name] : named
        self.notes = notes
    }

    /// The same without the secret key.
    public var publicHalf: Certificate {
        var half = self
        half.secretKey = nil
        return half
    }

    /// Whether samples may be handed over under that name.
    public func allows(producer: ProducerName) -> Bool { producers.contains(producer) }
}

/// One line of metadata that Millrace only keeps.
public struct CertificateNote: Equatable, Sendable {
    /// Left of the equals sign.
    public let name: String
    /// Right of it, without quotes.
    public let value: String

    /// - name, value: as read; only the reader makes notes, so that `text` can write them.
    init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

extension Certificate {
    /// The file, in one fixed form. It has the secret key if the certificate has one.
    public var text: String {
        let kind =
            secretKey == nil
            ? "#   Millrace: public certificate (ZeroMQ CURVE). Everybody may know it.\n"
            : "#   Millrace: SECRET certificate (ZeroMQ CURVE). For its owner's eyes only.\n"
        var lines = ["metadata", Self.line("name", name.text)]
        if !rights.isEmpty { lines.append(Self.line("allow", rights.text)) }
        if producers != [name] {
            let names = producers.map(\.text).joined(separator: " ")
            lines.append(Self.line("producers", names))
        }
        for note in notes { lines.append(Self.line(note.name, note.value)) }
        lines.append("curve")
        lines.append(Self.line("public-key", publicKey.z85))
        if let secretKey { lines.append(Self.line("secret-key", secretKey.z85)) }
        return kind + "\n" + lines.joined(separator: "\n") + "\n"
    }

    private static func line(_ name: String, _ value: String) -> String {
        // A value with both quotes in it can only have been read without any.
        let quote = !value.utf8.contains(0x22) ? "\"" : value.utf8.contains(0x27) ? "" : "'"
        return "    \(name) = \(quote)\(value)\(quote)"
    }
}
