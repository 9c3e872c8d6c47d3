// Finished runs, one JSON object a line, appended whole; a run that is there is not repeated.
//
// A line belongs to a run if experiment, variant, seed and recipe digest are its own. The digest
// covers everything that the recipe says and `version`, which is raised when the code of the
// runs itself changes what they find.

import Glibc
import Platform
import Synchronization

/// The file of results; used by all workers.
final class ResultsFile: Sendable {
    /// Raised when runs of an equal recipe find something else than before.
    static let version = 1

    private let path: String
    private let known: Mutex<Set<String>>

    /// - path: made when the first run ends
    init(path: String) {
        self.path = path
        var keys: Set<String> = []
        for line in Self.text(of: path).split(separator: "\n") {
            // A line starts with its key: {"key":"…",
            let parts = line.split(separator: "\"", maxSplits: 4, omittingEmptySubsequences: false)
            if parts.count == 5, parts[1] == "key", line.hasSuffix("}") {
                keys.insert(String(parts[3]))
            }
        }
        known = Mutex(keys)
    }

    private static func text(of path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { break }
            bytes += chunk[0..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether the run's line is there.
    func has(_ run: Run) -> Bool { known.withLock { $0.contains(run.key) } }

    /// Appends a line; false if the file takes none.
    func append(_ run: Run, _ result: RunResult) -> Bool {
        known.withLock { keys in
            keys.insert(run.key)
            guard let file = fopen(path, "a") else { return false }
            let written = fputs(run.json(result) + "\n", file)
            return fclose(file) == 0 && written >= 0
        }
    }
}

extension Run {
    /// What names the run in the file.
    var key: String {
        "\(recipe.experiment) \(recipe.variant) \(seed) \(digest)"
    }

    /// FNV-1a of everything that the run depends on.
    private var digest: String {
        let configuration = recipe.configuration(seed: seed, features: 1, classes: 2)
        let text =
            "\(ResultsFile.version) \(configuration) \(recipe.data) \(recipe.trainCount ?? 0) "
            + "\(recipe.testCount) \(recipe.isShuffled) \(recipe.epochs) \(recipe.rates) "
            + "\(recipe.microBatch) \(recipe.inputBits ?? 0) \(recipe.manner)"
        var value: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return String(value, radix: 16)
    }

    /// The line.
    func json(_ result: RunResult) -> String {
        let settings = recipe.settings.map { "\"\($0.name)\":\($0.value)" }.joined(separator: ",")
        return "{\"key\":\"\(key)\",\"experiment\":\"\(recipe.experiment)\","
            + "\"variant\":\"\(recipe.variant)\",\"seed\":\(seed),\"settings\":{\(settings)},"
            + "\"prequential\":\(result.prequential),\"streamed\":\(result.streamed),"
            + "\"test\":\(result.test),"
            + "\"weights\":\(result.weights),\"bytes\":\(result.bytes),"
            + "\"seconds\":\((result.seconds * 100).rounded() / 100)}"
    }
}
