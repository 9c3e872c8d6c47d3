// Why a file is not a certificate: where, what, and what to do about it. No message has a key in
// it, because nobody knows yet which half it was.

/// What is wrong with a certificate.
public struct CertificateError: Error, Equatable, Sendable {
    /// The line, from 1; nil when it is about the whole file.
    public var line: Int?
    /// What is wrong there.
    public var problem: Problem

    /// - problem: what is wrong. - line: where, from 1.
    public init(_ problem: Problem, line: Int? = nil) {
        self.problem = problem
        self.line = line
    }

    /// One case per cause.
    public enum Problem: Equatable, Sendable {
        /// A property that is there a second time.
        case duplicate(name: String)
        /// No byte at all.
        case empty
        /// A key that is not 40 characters of Z85.
        case key(name: String, Z85Error)
        /// The secret key belongs to another public key.
        case keysDoNotBelong
        /// Not a line of the format.
        case malformed
        /// A property that must be there.
        case missing(name: String)
        /// Not 1 to 64 of A-Z a-z 0-9 . _ -
        case name(of: String)
        /// A control character, or bytes that are not UTF-8.
        case notText
        /// No closing quote, or something behind it.
        case quotes
        /// More bytes than a certificate may have.
        case tooLarge
        /// More producer names than a key may have.
        case tooManyProducers
        /// A property that is not known in its section; the nearest one that is.
        case unknownProperty(nearest: String, section: String)
        /// A right that does not exist.
        case unknownRight(String)
        /// A section that is not `metadata` or `curve`.
        case unknownSection
    }
}

extension CertificateError: CustomStringConvertible {
    /// `line 7: WHAT. TRY: what to do`
    public var description: String {
        (line.map { "line \($0): " } ?? "") + what + ". TRY: " + advice
    }

    /// What is wrong, without a full stop.
    public var what: String {
        switch problem {
        case .duplicate(let name): "\(name) is there twice"
        case .empty: "the file is empty"
        case .key(let name, let error): "\(name) is not a key: \(Self.words(error))"
        case .keysDoNotBelong: "the secret key belongs to another public key"
        case .malformed: "neither a section, nor NAME = \"VALUE\" indented by blanks"
        case .missing(let name): "there is no \(name)"
        case .name(let property):
            "\(property) must be 1 to 64 characters from A-Z a-z 0-9 . _ -"
        case .notText: "there are control characters, or bytes that are not UTF-8"
        case .quotes: "the quotes of the value are not closed, or something follows them"
        case .tooLarge: "a certificate has at most \(Certificate.largestFile) bytes"
        case .tooManyProducers:
            "producers has more than \(Certificate.mostProducers) names"
        case .unknownProperty(let nearest, let section):
            "an unknown property of \(section), which has \(nearest)"
        case .unknownRight(let word): "\"\(word)\" is not a right"
        case .unknownSection: "an unknown section; there are metadata and curve"
        }
    }

    /// What to do, without a full stop.
    public var advice: String {
        switch problem {
        case .duplicate: "remove one of the two lines"
        case .key, .keysDoNotBelong: "copy the file again, or a new pair: millrace keygen NAME"
        case .missing("name"), .name: "a line like     name = \"pump-1\" below metadata"
        case .missing("secret-key"):
            "the file that ends in .key_secret, which stays with its owner"
        case .tooManyProducers: "another key for the rest of them"
        case .unknownProperty(let nearest, let section):
            "\(nearest) below \(section), or remove the line"
        case .unknownRight:
            "allow = \"" + AccessRights.words.map(\.word).joined(separator: " ")
                + "\", or some of them"
        case .quotes: "NAME = \"VALUE\", and nothing behind it but blanks and a # comment"
        case .empty, .malformed, .missing, .notText, .tooLarge, .unknownSection:
            "a file that millrace keygen, pyzmq's zmq.auth or CZMQ's zcert wrote"
        }
    }

    private static func words(_ error: Z85Error) -> String {
        switch error {
        case .character(let index): "character \(index &+ 1) is not Z85"
        case .count(let found): "\(found) characters instead of \(CurvePublicKey.characterCount)"
        case .group(let index): "characters \(index &+ 1) to \(index &+ 5) are no Z85 group"
        }
    }
}
