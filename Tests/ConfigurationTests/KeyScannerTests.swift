// Lines of keys in every shape that TOML allows.

import Configuration
import Testing

@Suite struct KeyScannerTests {
    static let document = #"""
        # [no] = 1
        top = 1
        [a]        # "[x]"
        plain = "# not a comment ] }"
        'quoted key' = '\'
        "es\"c" = "a\"b"
        dotted.key.deep = 1
        list = [ # comment ]
          1,
          "two, ]", [3,
          4],
        ]
        text = """
        b = 1
        \""" [c]
        """"
        raw = '''
        d = '' 1
        '''
        inline = { x = 1, "y z" = [
          7 ], w.v = { u = 2 } }
        after = 1979-05-27T07:32:00Z
        [ "e f" . g ]
        last = true
        [[h]]
        i = 1
        """#

    @Test(arguments: [
        (["top"], 2), (["a"], 3), (["a", "plain"], 4), (["a", "quoted key"], 5),
        (["a", "es\"c"], 6), (["a", "dotted"], 7), (["a", "dotted", "key", "deep"], 7),
        (["a", "list"], 8), (["a", "list", "0"], 9), (["a", "list", "1"], 10),
        (["a", "list", "2"], 10), (["a", "list", "2", "1"], 11), (["a", "text"], 13),
        (["a", "raw"], 17), (["a", "inline"], 20), (["a", "inline", "y z"], 20),
        (["a", "inline", "y z", "0"], 21), (["a", "inline", "w", "v", "u"], 21),
        (["a", "after"], 22), (["e f", "g"], 23), (["e f", "g", "last"], 24), (["h"], 25),
        (["h", "i"], 26),
    ])
    func finds(path: [String], line: Int) {
        #expect(KeyScanner.lines(of: Self.document)[path] == line)
    }

    @Test func isTomlAtAll() {
        #expect(problems(Self.document).allSatisfy { $0.expected != "TOML" })
    }

    @Test func findsNothingElse() {
        let keys = KeyScanner.lines(of: Self.document).keys
        for ghost in [["no"], ["b"], ["a", "b"], ["c"], ["a", "d"], ["x"]] {
            #expect(!keys.contains(ghost))
        }
    }
}
