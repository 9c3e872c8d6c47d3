// Standard error, written without stdio: whole lines in one call, from any thread.

import Glibc

/// Text for the person or the log behind standard error.
public enum StandardError {
    /// Whether a person is there.
    public static var isTerminal: Bool { isatty(2) == 1 }

    /// Writes `text` as it is; what cannot be written is lost.
    public static func write(_ text: String) {
        _ = Descriptor.write(text, to: STDERR_FILENO)
    }
}
