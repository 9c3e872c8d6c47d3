// From the lines of a certificate file to the certificate.
//
// Invariants: every property at most once; names that nearly are ours are refused, so that a
// slip of the pen cannot take away a limit silently; a secret key is never kept as a note.

extension Certificate {
    /// Reads a certificate file: Millrace's own, pyzmq's or CZMQ's.
    ///
    /// - bytes: the file, any bytes. - defaultName: the name when the file gives none, as a
    ///   file of pyzmq's may; usually the file's own name.
    ///
    /// Errors: what is wrong, and in which line; see `CertificateError`.
    public static func parse(
        _ bytes: UnsafeRawBufferPointer, defaultName: ProducerName? = nil
    ) throws(CertificateError) -> Certificate {
        var reader = CertificateReader()
        for line in try CertificateText.lines(bytes) { try reader.take(line) }
        return try reader.finish(defaultName)
    }

    /// Reads a certificate file. See `parse(_:defaultName:)`.
    public static func parse(
        _ bytes: [UInt8], defaultName: ProducerName? = nil
    ) throws(CertificateError) -> Certificate {
        let result: Result<Certificate, CertificateError> = bytes.withUnsafeBytes { memory in
            do throws(CertificateError) {
                return .success(try parse(memory, defaultName: defaultName))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}

/// Collects what the lines say.
private struct CertificateReader {
    private enum Section: String {
        case curve, metadata
    }

    private static let known: [(name: String, section: Section)] = [
        ("name", .metadata), ("allow", .metadata), ("producers", .metadata),
        ("public-key", .curve), ("secret-key", .curve),
    ]

    private var section: Section?
    private var seen: Set<String> = []
    private var name: ProducerName?
    private var rights: AccessRights = []
    private var producers: [ProducerName]?
    private var notes: [CertificateNote] = []
    private var publicKey: CurvePublicKey?
    private var secretKey: CurveSecretKey?

    mutating func take(_ line: CertificateLine) throws(CertificateError) {
        switch line.content {
        case .section(let word):
            guard let next = Section(rawValue: word) else {
                throw CertificateError(.unknownSection, line: line.number)
            }
            section = next
        case .property(let name, let value):
            guard let section else { throw CertificateError(.malformed, line: line.number) }
            guard seen.insert(name).inserted else {
                throw CertificateError(.duplicate(name: name), line: line.number)
            }
            try take(name, value, in: section, line: line.number)
        }
    }

    private mutating func take(
        _ name: String, _ value: String, in section: Section, line: Int
    ) throws(CertificateError) {
        switch (section, name) {
        case (.metadata, "name"):
            guard let found = ProducerName(value) else {
                throw CertificateError(.name(of: name), line: line)
            }
            self.name = found
        case (.metadata, "allow"): rights = try Self.rights(value, line)
        case (.metadata, "producers"): producers = try Self.producers(value, line)
        case (.curve, "public-key"):
            do { publicKey = try CurvePublicKey(z85: value) } catch {
                throw CertificateError(.key(name: name, error), line: line)
            }
        case (.curve, "secret-key"):
            do { secretKey = try CurveSecretKey(z85: value) } catch {
                throw CertificateError(.key(name: name, error), line: line)
            }
        default:
            try requireHarmless(name, in: section, line)
            notes.append(CertificateNote(name: name, value: value))
        }
    }

    func finish(_ defaultName: ProducerName?) throws(CertificateError) -> Certificate {
        guard let publicKey else { throw CertificateError(.missing(name: "public-key")) }
        guard let name = name ?? defaultName else {
            throw CertificateError(.missing(name: "name"))
        }
        return Certificate(
            name: name, publicKey: publicKey, secretKey: secretKey, rights: rights,
            producers: producers, notes: notes)
    }

    private static func rights(_ value: String, _ line: Int) throws(CertificateError)
        -> AccessRights
    {
        var rights: AccessRights = []
        for word in words(value) {
            guard let right = AccessRights(word: word) else {
                throw CertificateError(.unknownRight(String(word.prefix(32))), line: line)
            }
            rights.insert(right)
        }
        return rights
    }

    private static func producers(
        _ value: String, _ line: Int
    ) throws(CertificateError) -> [ProducerName] {
        var names: [ProducerName] = []
        for word in words(value) {
            guard let name = ProducerName(String(word)) else {
                throw CertificateError(.name(of: "each of producers"), line: line)
            }
            if !names.contains(name) { names.append(name) }
            guard names.count <= Certificate.mostProducers else {
                throw CertificateError(.tooManyProducers, line: line)
            }
        }
        return names
    }

    /// What blanks and commas separate.
    private static func words(_ value: String) -> [Substring] {
        value.split { $0 == " " || $0 == "," || $0 == "\t" }
    }

    /// A property that is not ours: kept as a note if it is metadata and not nearly ours.
    private func requireHarmless(
        _ name: String, in section: Section, _ line: Int
    ) throws(CertificateError) {
        if let near = Self.known.first(where: { Self.isNear(name, $0.name) }) {
            throw CertificateError(
                .unknownProperty(nearest: near.name, section: near.section.rawValue), line: line)
        }
        guard section == .metadata else {
            throw CertificateError(
                .unknownProperty(nearest: "public-key", section: "curve"), line: line)
        }
    }

    /// Whether one character more, less or other makes the names equal, whatever the case.
    private static func isNear(_ left: String, _ right: String) -> Bool {
        let first = Array(left.lowercased().utf8)
        let second = Array(right.lowercased().utf8)
        let same = zip(first, second).prefix { $0 == $1 }.count
        let behind = zip(first.dropFirst(same).reversed(), second.dropFirst(same).reversed())
            .prefix { $0 == $1 }.count
        let common = CheckedSize.sum(same, behind) ?? 0
        return CheckedSize.rest(max(first.count, second.count), after: common).map { $0 <= 1 }
            ?? false
    }
}
