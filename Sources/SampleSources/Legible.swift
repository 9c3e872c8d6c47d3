// Text from outside (names of columns, cells, keys of a header) on its way into a message: always
// short, and never with characters that a terminal obeys.

/// `text` for a message: at most `limit` characters of it (Unicode scalars), then "…"; control
/// and format characters, line and paragraph separators and what was no UTF-8 as `\u{…}`.
///
/// - keepsLines: leaves line ends as they are, for messages that have several lines.
public func legible(_ text: String, atMost limit: Int = 40, keepsLines: Bool = false) -> String {
    var result = ""
    var count = 0
    for scalar in text.unicodeScalars {
        guard count < limit else { return result + "…" }
        count += 1
        if isObeyed(scalar), !(keepsLines && scalar == "\n") {
            result += "\\u{" + String(scalar.value, radix: 16) + "}"
        } else {
            result.unicodeScalars.append(scalar)
        }
    }
    return result
}

/// Bytes as text for a message: at most 40, as `legible` has them, in quotes.
func quoted(_ bytes: some Collection<UInt8>) -> String {
    let text = legible(String(decoding: bytes.prefix(40), as: UTF8.self))
    return "\"" + text + (bytes.count > 40 ? "…" : "") + "\""
}

/// Whether all of a text came from UTF-8: what did not reads as U+FFFD, and two such texts as one.
func isUnicode(_ text: String) -> Bool {
    !text.unicodeScalars.contains("\u{fffd}")
}

private func isObeyed(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar.value < 0x20 || scalar.value == 0x7f }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: return true
    default: return scalar == "\u{fffd}"
    }
}
