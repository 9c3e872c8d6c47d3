// `millraced --init FILE.csv`: a commented configuration on standard output.

import Configuration
import Glibc
import SampleSources

/// The --init command.
enum InitCommand {
    /// Prints a configuration for the data in `path`.
    ///
    /// - Returns: the exit code: 0, 65 (data that cannot be used), 66 (no such file).
    static func run(path: String, labelColumn: String? = nil) -> Int32 {
        do throws(SourceError) {
            let text = try ConfigurationWriter.describe(path: path, labelColumn: labelColumn)
            print(text, terminator: "")
            return 0
        } catch {
            let message = Array("error: \(error)\n".utf8)
            _ = message.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
            switch error {
            case .notFound, .permissionDenied: return 66
            default: return 65
            }
        }
    }
}
