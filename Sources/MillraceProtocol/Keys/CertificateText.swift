// The lines of a certificate file, before they mean anything: a section at the margin, and
// below it indented `name = value`. ZPL (ZeroMQ RFC 4) as zmq.auth and zcert write it.
//
// Invariants: whatever the bytes are, the reader ends with lines or an error. A comment begins at
// the margin or behind a blank, so one changed byte cannot hide the next line or cut a key short.

/// What one line says.
struct CertificateLine: Equatable {
    enum Content: Equatable {
        case property(name: String, value: String)
        case section(String)
    }

    /// From 1.
    let number: Int
    let content: Content
}

/// Takes a file apart.
enum CertificateText {
    private typealias Bytes = ArraySlice<UInt8>

    /// The lines that say something.
    static func lines(
        _ file: UnsafeRawBufferPointer
    ) throws(CertificateError) -> [CertificateLine] {
        guard !file.isEmpty else { throw CertificateError(.empty) }
        guard file.count <= Certificate.largestFile else { throw CertificateError(.tooLarge) }
        var lines: [CertificateLine] = []
        let pieces = [UInt8](file).split(separator: 0x0A, omittingEmptySubsequences: false)
        for (index, piece) in pieces.enumerated() {
            let number = index &+ 1
            do throws(Fault) {
                guard let content = try content(withoutReturn(piece)) else { continue }
                lines.append(CertificateLine(number: number, content: content))
            } catch {
                throw CertificateError(error.problem, line: number)
            }
        }
        return lines
    }

    /// A problem whose line is not known yet.
    private struct Fault: Error {
        let problem: CertificateError.Problem
    }

    private static func content(_ line: Bytes) throws(Fault) -> CertificateLine.Content? {
        guard String(validating: line, as: UTF8.self) != nil,
            line.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) })
        else { throw Fault(problem: .notText) }
        let inner = line.drop(while: isBlank)
        guard let first = inner.first, first != 0x23 else { return nil }
        guard let margin = line.first, isBlank(margin) else { return .section(try section(line)) }
        return try property(inner)
    }

    private static func section(_ line: Bytes) throws(Fault) -> String {
        let name = line.prefix { !isBlank($0) }
        try requireNothing(behind: line.dropFirst(name.count), orElse: .unknownSection)
        return String(decoding: name, as: UTF8.self)
    }

    private static func property(_ line: Bytes) throws(Fault) -> CertificateLine.Content {
        let name = line.prefix(while: isNameCharacter)
        let behind = line.dropFirst(name.count).drop(while: isBlank)
        guard !name.isEmpty, name.count <= ProducerName.capacity, behind.first == 0x3D else {
            throw Fault(problem: .malformed)
        }
        let value = behind.dropFirst().drop(while: isBlank)
        return .property(
            name: String(decoding: name, as: UTF8.self),
            value: String(decoding: try unquoted(value), as: UTF8.self))
    }

    /// The value without its quotes and without a comment behind it.
    private static func unquoted(_ text: Bytes) throws(Fault) -> Bytes {
        guard let quote = text.first, quote == 0x22 || quote == 0x27 else { return bare(text) }
        let behindQuote = text.dropFirst()
        let value = behindQuote.prefix { $0 != quote }
        guard value.count < behindQuote.count else { throw Fault(problem: .quotes) }
        let rest = behindQuote.dropFirst(value.count).dropFirst()
        try requireNothing(behind: rest, orElse: .quotes)
        return value
    }

    /// A value without quotes: up to a comment, which begins behind a blank (keys may have #).
    private static func bare(_ text: Bytes) -> Bytes {
        var value = text
        var wasBlank = true
        for (offset, byte) in text.enumerated() {
            if byte == 0x23, wasBlank {
                value = text.prefix(offset)
                break
            }
            wasBlank = isBlank(byte)
        }
        while let last = value.last, isBlank(last) { value.removeLast() }
        return value
    }

    /// Only blanks, or blanks and a comment.
    private static func requireNothing(
        behind rest: Bytes, orElse problem: CertificateError.Problem
    ) throws(Fault) {
        let inner = rest.drop(while: isBlank)
        guard let first = inner.first else { return }
        guard first == 0x23, inner.count < rest.count else { throw Fault(problem: problem) }
    }

    private static func withoutReturn(_ line: Bytes) -> Bytes {
        line.last == 0x0D ? line.dropLast() : line
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// Letters, digits and $ - _ @ . & + / : the names that CZMQ takes.
    private static func isNameCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "$-_@.&+/".utf8.contains(byte)
        }
    }
}
