// Late labels as people write them: `sample,label` per line.

import Client
import Glibc
import MillraceProtocol

/// Reads labels for a daemon's schema.
struct LabelText {
    let schema: SchemaReply

    /// The labels of a file, of standard input ("-"), or the one given.
    func labels(
        file: String?, sample: UInt64?, label: String?
    ) throws(ClientError) -> [LateLabel] {
        guard let file else {
            guard let sample, let label else { return [] }
            return [try parse(sample, label, "--label")]
        }
        var labels: [LateLabel] = []
        var number = 0
        for line in try Self.text(file).split(separator: "\n", omittingEmptySubsequences: false) {
            number += 1
            let cells = line.split(separator: ",", maxSplits: 1).map(Self.trimmed)
            guard let first = cells.first, !first.isEmpty else { continue }
            guard cells.count == 2, let sample = UInt64(first) else {
                if number == 1, cells.count == 2 { continue }  // Names of columns.
                throw ClientError(
                    .badData, "\(file):\(number): found \"\(line.prefix(40))\"",
                    why: "expected the sample's number, a comma and its label")
            }
            labels.append(try parse(sample, cells[1], "\(file):\(number)"))
        }
        guard !labels.isEmpty else { throw ClientError(.badData, "\(file) holds no label") }
        return labels
    }

    private func parse(
        _ sample: UInt64, _ text: String, _ place: String
    ) throws(ClientError) -> LateLabel {
        guard schema.task != WireTask.regression.name else {
            let values = text.split(separator: ",").map { Float(Self.trimmed($0)) }
            guard !values.contains(nil), values.count == schema.outputs else {
                throw ClientError(
                    .badData, "\(place): found \"\(text)\"",
                    why: "expected \(schema.outputs) numbers with commas")
            }
            return LateLabel(sample: sample, values: values.compactMap { $0 })
        }
        if let index = schema.classNames.firstIndex(of: text) {
            return LateLabel(sample: sample, classIndex: Int32(clamping: index))
        }
        guard let index = Int32(text), (0..<Int32(clamping: schema.outputs)).contains(index) else {
            throw ClientError(
                .badData, "\(place): \"\(text)\" is not a class",
                why: "classes are 0 to \(schema.outputs - 1)"
                    + (schema.classNames.isEmpty
                        ? "" : " or " + schema.classNames.prefix(20).joined(separator: ", ")))
        }
        return LateLabel(sample: sample, classIndex: index)
    }

    private static func trimmed(_ text: Substring) -> String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" }
        return String(text.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }

    private static func text(_ path: String) throws(ClientError) -> String {
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw ClientError(
                errno == ENOENT ? .noInput : .inputOutput, "\(path) cannot be opened",
                why: String(cString: strerror(errno)))
        }
        defer { if path != "-" { close(descriptor) } }
        var facts = stat()
        guard
            path == "-" || fstat(descriptor, &facts) != 0 || facts.st_mode & S_IFMT == S_IFREG
                || facts.st_mode & S_IFMT == S_IFDIR
        else {
            throw ClientError(
                .badData, "\(path) is not a regular file",
                why: "it is a pipe, a socket or a device",
                advice: "- for standard input: millrace label - … < \(path)")
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw ClientError(
                    .inputOutput, "\(path) cannot be read",
                    why: String(cString: strerror(errno)))
            }
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
