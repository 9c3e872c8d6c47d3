// A terminal that is drawn again in place: the lines below each other where the last drawing
// began, nothing ever wider or higher than the screen. Without the alternate screen, so that the
// last drawing stays when the command ends.

import Glibc
import Platform

/// One line as pieces of text, each with how it looks.
struct ScreenLine {
    enum Look { case plain, bold, dim, alarm }
    private(set) var pieces: [(text: String, look: Look)] = []

    init() {}

    init(_ text: String, _ look: Look = .plain) { add(text, look) }

    mutating func add(_ text: String, _ look: Look = .plain) { pieces.append((text, look)) }

    /// Characters.
    var width: Int { pieces.reduce(0) { $0 + $1.text.count } }

    /// The same line, all of it looking like `look`.
    func looking(_ look: Look) -> ScreenLine {
        ScreenLine(pieces.map(\.text).joined(), look)
    }

    /// At most `width` characters, with the escapes that the page allows.
    func text(width: Int, _ page: Page) -> String {
        var rest = width
        var text = ""
        for piece in pieces where rest > 0 {
            let part = String(piece.text.prefix(rest))
            rest -= part.count
            switch piece.look {
            case .plain: text += part
            case .bold: text += page.bold(part)
            case .dim: text += page.dim(part)
            case .alarm: text += page.alarm(part)
            }
        }
        return text
    }
}

/// The terminal at standard output.
struct Screen {
    /// Whether there is one on which a cursor moves.
    static var isThere: Bool {
        let kind = ProcessFacts.environment("TERM") ?? "dumb"
        return isatty(STDOUT_FILENO) == 1 && !kind.isEmpty && kind != "dumb"
    }

    /// Columns and rows now; 80 x 24 when the terminal does not say.
    static var size: (columns: Int, rows: Int) {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0
        else { return (80, 24) }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    private var drawn = 0
    private var drawnSize = (columns: 0, rows: 0)

    /// Draws the lines instead of those before; what does not fit is left out.
    ///
    /// - size: for which the lines were made.
    mutating func draw(_ lines: [ScreenLine], size: (columns: Int, rows: Int)) {
        let page = Page()
        var text = ""
        if drawn > 0 {
            // After a change of size nobody knows where the old lines are.
            text = size == drawnSize ? "\r\u{1B}[\(drawn)A" : "\u{1B}[H\u{1B}[2J"
        }
        let shown = lines.prefix(max(1, size.rows - 1))
        for line in shown {
            // The last column stays empty: terminals differ in where the cursor is behind it.
            text += line.text(width: max(1, size.columns - 1), page) + "\u{1B}[K\n"
        }
        Console.write(text + "\u{1B}[J")
        drawn = shown.count
        drawnSize = size
    }
}
