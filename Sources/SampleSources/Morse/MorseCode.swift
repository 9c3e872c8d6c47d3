// The 64 symbols of Dey, Chugg and Beerel, "Morse Code Datasets for Machine Learning" (2018), in
// their label order, with their International Morse codes. A letter followed by ^ ` ~ .. , - is
// an accented one: A.. is ä, E` is è, N~ is ñ.
//
// H^ (label 1) and ( (label 10) share a code word in the authors' table, and so here: 63 code
// words for 64 labels, which puts a ceiling of 127/128 ≈ 99.2 % on any classifier.

/// The code table.
public enum MorseCode {
    /// Symbol names in label order.
    public static let names: [String] = table.map(\.name)
    /// Code words in label order, of `.` and `-`.
    public static let words: [String] = table.map(\.word)

    private static let table: [(name: String, word: String)] = [
        ("J^", ".---."), ("H^", "-.--."), ("N~", "--.--"), ("CH", "----"),
        ("G^", "--.-."), ("!", "-.-.--"), ("\"", ".-..-."), ("'", ".----."),
        ("C,", "-.-.."), (")", "-.--.-"), ("(", "-.--."), ("+", ".-.-."),
        ("-", "-....-"), (",", "--..--"), ("/", "-..-."), (".", ".-.-.-"),
        ("1", ".----"), ("0", "-----"), ("3", "...--"), ("2", "..---"),
        ("5", "....."), ("4", "....-"), ("7", "--..."), ("6", "-...."),
        ("9", "----."), ("8", "---.."), (";", "-.-.-."), (":", "---..."),
        ("=", "-...-"), ("?", "..--.."), ("A", ".-"), ("@", ".--.-."),
        ("C", "-.-."), ("B", "-..."), ("E", "."), ("D", "-.."),
        ("G", "--."), ("F", "..-."), ("I", ".."), ("H", "...."),
        ("K", "-.-"), ("J", ".---"), ("M", "--"), ("L", ".-.."),
        ("O", "---"), ("N", "-."), ("Q", "--.-"), ("S", "..."),
        ("U", "..-"), ("T", "-"), ("W", ".--"), ("V", "...-"),
        ("Y", "-.--"), ("X", "-..-"), ("Z", "--.."), ("_", "..--.-"),
        ("U..", "..--"), ("D-", "..--."), ("O..", "---."), ("S^", "...-."),
        ("P", ".--."), ("A..", ".-.-"), ("E`", "..-.."), ("R", ".-."),
    ]
}
