// Log lines on standard error, one per event, with the priority prefix that journald reads
// (sd-daemon(3)) when the journal is there.

import Logging
import Platform

struct LineLogHandler: LogHandler {
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]

    /// systemd sets JOURNAL_STREAM where standard error goes to the journal.
    private static let isJournal = ProcessFacts.environment("JOURNAL_STREAM") != nil

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let priority =
            switch event.level {
            case .critical: 2
            case .error: 3
            case .warning: 4
            case .notice: 5
            case .info: 6
            case .debug, .trace: 7
            }
        let prefix = Self.isJournal ? "<\(priority)>" : "millraced: "
        StandardError.write("\(prefix)\(event.message)\n")
    }
}
