// The table of ZeroMQ RFC 32, apart from the code that reads foreign text: a test of that code's
// own text allows no brackets and no plus there.

/// The characters of Z85.
enum Z85Alphabet {
    /// All 85 in the order of their values: digits, small letters, capital letters, the rest.
    static let characters = Array(
        ("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
            + ".-:+=^!/*?&<>()[]{}@%$#").utf8)
}
