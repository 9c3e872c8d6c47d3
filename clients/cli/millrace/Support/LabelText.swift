// Late labels as people write them: `sample,label` per line.

import Client
import Glibc
import MillraceProtocol
import SampleSources

/// Reads labels for a daemon's schema.
struct LabelText {
    let schema: SchemaReply

    /// The labels of a file, of standard input ("-"), or the one given.
    func labels(
        file: String?, sample: UInt64?, label: String?
    ) throws(ClientError) -> [LateLabel] {
        guard [WireTask.classification.name, WireTask.regression.name].contains(schema.task) else {
            throw ClientError(
                .usage, "this daemon takes no labels",
                why: "its task is \(schema.task): a sample is learned from samples")
        }
        guard let file else {
            guard let sample, let label else { return [] }
            return [try parse(sample, label, "--label")]
        }
        var labels: [LateLabel] = []
        var number = 0
        for line in Self.lines(try Self.bytes(file)) {
            number += 1
            let cells = line.split(separator: ",", maxSplits: 1).map(Self.trimmed)
            guard let first = cells.first, !first.isEmpty else { continue }
            guard cells.count == 2, let sample = UInt64(first) else {
                if number == 1, cells.count == 2, Self.isWord(first) {
                    Console.talk(
                        "note: \(file):1 names columns: \(legible(String(line.prefix(40))))")
                    continue
                }
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
        guard sample > 0 else {
            throw ClientError(
                .badData, "\(place): there is no sample 0", why: "the first sample has number 1",
                advice: "numbers that are one higher, if these count from 0")
        }
        guard schema.task != WireTask.regression.name else {
            let values = text.split(separator: ",").map { Float(Self.trimmed($0)) }
            guard !values.contains(nil), values.count == schema.outputs else {
                throw ClientError(
                    .badData, "\(place): found \"\(text)\"",
                    why: "expected \(schema.outputs) numbers with commas")
            }
            return LateLabel(sample: sample, values: values.compactMap { $0 })
        }
        // Where classes have names only names count: a 1 is no class "worn" because that is the second.
        let names = schema.classNames
        let number = names.isEmpty ? Int32(text).flatMap { Int(exactly: $0) } : nil
        guard let index = names.firstIndex(of: text) ?? number,
            (0..<schema.outputs).contains(index)
        else {
            throw ClientError(
                .badData, "\(place): \"\(legible(text))\" is not a class",
                why: "classes are "
                    + (names.isEmpty
                        ? "0 to \(schema.outputs - 1)" : names.prefix(20).joined(separator: ", ")))
        }
        return LateLabel(sample: sample, classIndex: Int32(clamping: index))
    }

    /// The lines of a text, without their ends (\n or \r\n) and without a byte order mark.
    private static func lines(_ bytes: [UInt8]) -> [Substring] {
        let isMarked = bytes.starts(with: [0xEF, 0xBB, 0xBF])
        return bytes.dropFirst(isMarked ? 3 : 0)
            .split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map {
                Substring(String(decoding: $0.last == 0x0D ? $0.dropLast() : $0, as: UTF8.self))
            }
    }

    /// Whether a cell is a name and no number that was spelled wrongly.
    private static func isWord(_ text: String) -> Bool {
        !text.utf8.contains { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private static func trimmed(_ text: Substring) -> String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" }
        return String(text.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }

    private static func bytes(_ path: String) throws(ClientError) -> [UInt8] {
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
        return bytes
    }
}
