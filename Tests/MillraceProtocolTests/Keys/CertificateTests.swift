// Goal: a certificate is read as zmq.auth and zcert write it, written in one form, and everything
// else is refused with its line and a remedy.

import MillraceProtocol
import Testing

@Suite struct CertificateTests {
    static let publicText = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
    static let secretText = "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"

    /// As keygen writes it.
    static let own = """
        #   Millrace: public certificate (ZeroMQ CURVE). Everybody may know it.

        metadata
            name = "pump-1"
            allow = "ingest query"
            producers = "pump-1 pump-2"
            email = "a@example.org"
        curve
            public-key = "\(publicText)"

        """

    /// As pyzmq 27's zmq.auth.create_certificates writes it: values of metadata without quotes.
    static let pyzmq = """
        #   ****  Generated on 2026-11-21 by pyzmq  ****
        #   ZeroMQ CURVE **Secret** Certificate
        #   DO NOT PROVIDE THIS FILE TO OTHER USERS nor change its permissions.

        metadata
            name = pump-1
            allow = ingest,query
        curve
            public-key = "\(publicText)"
            secret-key = "\(secretText)"

        """

    @Test func aCertificateOfOursIsReadAndWritten() throws {
        let certificate = try Certificate.parse(Array(Self.own.utf8))
        #expect(certificate.name.text == "pump-1")
        #expect(certificate.publicKey.z85 == Self.publicText)
        #expect(certificate.secretKey == nil)
        #expect(certificate.rights == [.ingest, .query])
        #expect(certificate.producers.map(\.text) == ["pump-1", "pump-2"])
        #expect(certificate.notes == [try note("email", "a@example.org")])
        #expect(certificate.text == Self.own)
    }

    private func note(_ name: String, _ value: String) throws -> CertificateNote {
        let text =
            "metadata\n    \(name) = \"\(value)\"\ncurve\n"
            + "    public-key = \"\(Self.publicText)\"\n"
        let all = try Certificate.parse(Array(text.utf8), defaultName: ProducerName("x")).notes
        return try #require(all.first)
    }

    @Test func aCertificateOfPyzmqIsRead() throws {
        let certificate = try Certificate.parse(Array(Self.pyzmq.utf8))
        #expect(certificate.secretKey?.z85 == Self.secretText)
        #expect(certificate.rights == [.ingest, .query])
        #expect(certificate.producers.map(\.text) == ["pump-1"])
        #expect(certificate.allows(producer: certificate.name))
        #expect(try Certificate.parse(Array(certificate.text.utf8)) == certificate)
        #expect(!certificate.publicHalf.text.contains(Self.secretText))
    }

    @Test func aNameMayComeFromTheFile() throws {
        let text = "curve\n\tpublic-key='\(Self.publicText)' # mine\r\n"
        #expect(throws: CertificateError(.missing(name: "name"))) {
            try Certificate.parse(Array(text.utf8))
        }
        let certificate = try Certificate.parse(Array(text.utf8), defaultName: ProducerName("a"))
        #expect(certificate.name.text == "a" && certificate.rights == [])
    }

    static let wrong: [(String, Int?, String)] = [
        ("", nil, "empty"),
        (String(repeating: "#", count: 4097), nil, "4096 bytes"),
        ("# nothing\n", nil, "no public-key"),
        ("curve\n    public-key = \"\(publicText.dropLast())\"\n", 2, "39 characters"),
        ("curve\n    public-key = \"\(publicText.dropLast())~\"\n", 2, "character 40"),
        ("curve\n    secret-key = \"\(publicText.dropLast(5))#####\"\n", 2, "36 to 40"),
        ("curve\n    public-key = \"\(publicText)\n", 2, "quotes"),
        ("curve\n    public-key = \"\(publicText)\" x\n", 2, "quotes"),
        ("curve\n    public-key = \"\(publicText)\"#\n", 2, "quotes"),
        ("curve\n    public-key \"\(publicText)\"\n", 2, "NAME = \"VALUE\""),
        ("    public-key = \"\(publicText)\"\n", 1, "NAME = \"VALUE\""),
        ("public-key = \"\(publicText)\"\n", 1, "unknown section"),
        ("curve\n    publik-key = \"\(publicText)\"\n", 2, "public-key"),
        ("curve\n    key = \"\(publicText)\"\n", 2, "unknown property of curve"),
        ("metadata\n    secret-key = \"x\"\n", 2, "of curve, which has secret-key"),
        ("metadata\n    allows = \"ingest\"\n", 2, "which has allow"),
        ("metadata\n    Allow = \"ingest\"\n", 2, "which has allow"),
        ("metadata\n    allow = \"ingest root\"\n", 2, "\"root\" is not a right"),
        ("metadata\n    producer = \"a\"\n", 2, "which has producers"),
        ("metadata\n    producers = \"a b/c\"\n", 2, "each of producers must be"),
        (
            "metadata\n    producers = \"\((0..<65).map { "p\($0)" }.joined(separator: " "))\"\n",
            2,
            "more than 64"
        ),
        ("metadata\n    name = \"a b\"\n", 2, "name must be"),
        ("metadata\n    name = \"a\"\n    name = \"a\"\n", 3, "twice"),
        ("metadata\n    name = \"\(String(repeating: "n", count: 65))\"\n", 2, "name must be"),
        ("metadata\n    a = \"\u{1}\"\n", 2, "control characters"),
        ("metadata\r\r\n", 1, "control characters"),
    ]

    @Test(arguments: wrong)
    func whatIsWrongIsSaid(text: String, line: Int?, words: String) throws {
        do {
            _ = try Certificate.parse(Array(text.utf8), defaultName: ProducerName("x"))
            Issue.record("\(text) was taken")
        } catch {
            #expect(error.line == line, "\(error)")
            #expect("\(error)".contains(words), "\(error)")
            #expect("\(error)".contains("TRY: ") && !error.advice.isEmpty)
            #expect(!"\(error)".contains(Self.publicText.dropLast(5)), "a key is shown: \(error)")
        }
    }

    @Test func bytesThatAreNoTextAreRefused() {
        #expect(throws: CertificateError(.notText, line: 2)) {
            try Certificate.parse(Array("# a\n# ".utf8) + [0xC3, 0x28, 0x0A])
        }
        #expect(throws: CertificateError(.notText, line: 1)) { try Certificate.parse([0]) }
    }
}
