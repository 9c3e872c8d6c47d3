// Standard error, written without stdio: whole lines in one call, from any thread.

import Glibc

/// Text for the person or the log behind standard error.
public enum StandardError {
    /// Whether a person is there.
    public static var isTerminal: Bool { isatty(2) == 1 }

    /// Writes `text` as it is; what cannot be written is lost.
    public static func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = Glibc.write(2, rest.baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
    }
}
