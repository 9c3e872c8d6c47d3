// Everything that can be wrong, and what is said about it.

import Configuration
import Simulation
import Testing

@Suite struct ProblemTests {
    /// One line that is wrong, put into its section on line 8 of the file.
    static let wrongValues: [(String, String)] = [
        ("input", "type = \"f64\""), ("input", "type = 3"), ("input", "scale = \"1\""),
        ("input", "scale = nan"), ("input", "offset = true"), ("input", "clip = 0"),
        ("input", "normalise = true"), ("input", "horizon = -1"), ("input", "lower = \"0\""),
        ("input", "upper = [1, 2]"), ("input", "upper = [1.0, \"x\", 3, 4]"),
        ("input", "names = [\"a\"]"), ("input", "names = [\"a\", \"a\", \"b\", \"c\"]"),
        ("input", "names = \"abcd\""), ("input", "lower = 1e10"), ("input", "scale = 0"),
        ("output", "targets = 3"), ("output", "steps = 2"), ("output", "anomaly = \"score\""),
        ("output", "steps = 0"), ("output", "anomaly = \"rank\""),
        ("network", "hidden = 128"), ("network", "hidden = [0]"), ("network", "hidden = [1.5]"),
        ("network", "activation = \"softmax\""), ("network", "loss = \"hinge\""),
        ("network", "output-activation = \"tanh\""), ("network", "seed = -1"),
        ("network", "seed = 1.0"), ("network", "initialisation = \"zeros\""),
        ("learning", "rate = 0"), ("learning", "rate = \"fast\""), ("learning", "rate = inf"),
        ("learning", "momentum = 1"), ("learning", "weight-decay = -0.1"),
        ("labels", "window = 1.5"), ("commit", "samples = -1"),
        ("commit", "interval-milliseconds = \"1s\""), ("commit", "bytes-per-day = \"many\""),
        ("ring", "slots = 3"), ("ring", "held = 0"), ("memory", "budget = \"16 MB!\""),
        ("memory", "budget = -1"), ("memory", "budget = \"0.3B\""), ("memory", "budget = []"),
        ("daemon", "state = \"\""), ("daemon", "state = 1"),
        ("daemon", "ingest = \"tcp://0.0.0.0:5555\""), ("daemon", "ingest = \"tcp://*:5555\""),
        ("daemon", "ingest = \"tcp://example.org:5555\""), ("daemon", "ingest = \"udp://x\""),
        ("daemon", "ingest = \"ipc://@abstract\""), ("daemon", "ingest = \"ipc://\""),
        ("daemon", "ingest = \"tcp://127.0.0.1\""), ("daemon", "ingest = \"tcp://127.0.0.1:0\""),
        ("daemon", "ingest = \"tcp://127.0.0.1:99999\""), ("daemon", "ingest = []"),
        ("daemon", "ingest = [\"ipc://a\", 3]"), ("daemon", "admin = \"tcp://127.0.0.1:5555\""),
        ("daemon", "query = \"ipc://{state}/ingest.sock\""),
        ("daemon", "max-batch = 0"), ("daemon", "queue = 3"), ("daemon", "max-message = \"1B\""),
        ("daemon", "max-peers = 2025-01-01"), ("producers", "allow = [\"a b\"]"),
        ("producers", "allow = [\"\"]"), ("producers", "allow = {}"), ("checkpoints", "keep = 0"),
        ("checkpoints", "interval-minutes = [1]"),
    ]

    @Test(arguments: wrongValues)
    func saysWhatIsWrong(section: String, line: String) throws {
        var text = "# 1\n[input]\nfeatures = 4\n[output]\ntask = 'classification'\nclasses = 2\n"
        let place = section == "input" ? 4 : section == "output" ? 7 : 8
        switch section {
        case "input":
            text = text.replacing("features = 4\n", with: "features = 4\n\(line)\n")
        case "output": text += line + "\n"
        default: text += "[\(section)]\n\(line)\n"
        }
        let found = problems(text)
        try #require(!found.isEmpty, "\(line) was accepted")
        let problem = found[0]
        let key = "\(section).\(line.prefix { $0 != " " })"
        if let named = problem.key {
            #expect(named == key || named == "daemon.query")
            #expect(problem.place == "test.toml:\(place)", "\(problem)")
        } else {
            #expect(problem.expected.contains("cross-entropy"))
        }
        #expect(!problem.found.isEmpty && !problem.expected.isEmpty)
    }

    @Test(
        arguments: [
            ("[input]\nfeature = 4", "input.feature", "input.features"),
            ("[lerning]\nrate = 1", "lerning", "[learning]"),
            ("[learning]\nrat = 1", "learning.rat", "learning.rate"),
            ("[learning]\nweight_decay = 1", "learning.weight_decay", "learning.weight-decay"),
            ("[input]\nhidden = [3]", "input.hidden", "network.hidden"),
            ("[commit]\ninterval-ms = 3", "commit.interval-ms", "commit.interval-milliseconds"),
            ("[daemon]\nmax_batch = 3", "daemon.max_batch", "daemon.max-batch"),
            ("learning = 3", "learning", nil), ("rate = 3", "rate", nil),
            ("[[ring]]\nslots = 4", "ring", nil), ("[ring.slots]\nx = 4", "ring.slots", nil),
            ("[zzzzzzzz]\na = 1", "zzzzzzzz", nil),
        ] as [(String, String, String?)])
    func namesTheNearestKey(text: String, key: String, nearest: String?) throws {
        let found = problems(text)
        let problem = try #require(found.first { $0.key == key })
        #expect(problem.nearest == nearest)
        #expect(problem.place.hasPrefix("test.toml:"))
    }

    @Test func reportsEverythingTogether() {
        let found = problems(
            """
            [input]
            features = "four"
            typ = "u8"
            [learning]
            rate = -1
            [output]
            task = "guess"
            """, environment: ["MILLRACE_RING_SLOTS": "two", "MILLRACE_LEARNING_RAT": "1"],
            flags: [.init(key: "learning.momentum", value: "x", flag: "--set learning.momentum=x")])
        #expect(
            found.map(\.place) == [
                "test.toml:2", "test.toml:3", "test.toml:5", "test.toml:7",
                "env MILLRACE_LEARNING_RAT", "env MILLRACE_RING_SLOTS",
                "--set learning.momentum=x",
            ])
        #expect(found[4].nearest == "MILLRACE_LEARNING_RATE")
        #expect("\(found[0])".hasPrefix("test.toml:2: input.features: found \"four\" (text), exp"))
    }

    @Test(
        arguments: [
            ("autoencoder", "steps = 2", "output.steps", "it belongs to task \"forecast\""),
            ("autoencoder", "anomaly = \"score\"", "output.anomaly", "always ranks its errors"),
            ("regression", "targets = 1\nsteps = 2", "output.steps", "it belongs to task"),
            ("forecast", "steps = 40000", "output.steps", "at most 32768 steps"),
            ("forecast", "targets = 2", "output.targets", "it belongs to task \"regression\""),
        ] as [(String, String, String, String)])
    func saysWhatATaskDoesNotTake(task: String, line: String, key: String, expected: String) throws
    {
        let found = problems(
            "[input]\nfeatures = 2\n[output]\ntask = \"\(task)\"\n\(line)\n[daemon]\n"
                + "max-message = \"1MiB\"")
        let problem = try #require(found.first)
        #expect(problem.key == key && problem.expected.contains(expected), "\(problem)")
    }

    @Test func saysWhatIsMissing() {
        #expect(problems("").map(\.key) == ["input.features", "output.task"])
        let noClasses = problems("[input]\nfeatures = 1\n[output]\ntask = \"classification\"")
        #expect(noClasses.map(\.key) == ["output.classes"])
        #expect(noClasses.first?.place == "test.toml:3")
    }

    @Test(arguments: [
        "[input", "a = ", "a = 1\na = 2", "[a]\n[a]", "a = \"x", "= 1", "\u{1}", "a = [1,",
        "a = 1 b", "[=", "[.a]",
        "[\n", "[[ #", "[ é]", "[ [", "[a.]", "[]", "[[]]", "[[a]", "[", "a.=1", "a = {b",
        "a = {,}", "a = [}", "a = [1, }]", "a = #",
        "a = [\u{a0}1]", "a = ,",
        "a = 1979-05-27T:", "a = 1979-05-27T", "a = 1979-05-27t\nb = 1", "a = 1979-05-27 :0",
        "a = [1979-05-27T]", "a = {b=1979-05-27Tx}", "a = 1979-05-27T07:32:00 x",
        "a = 1979-05-27T#",
    ])
    func placesSyntaxErrors(text: String) throws {
        let problem = try #require(problems(text).first)
        #expect(problem.place.hasPrefix("test.toml:"))
        #expect(problem.expected == "TOML")
    }

    @Test(arguments: [
        "1979-05-27", "1979-05-27 ", "1979-05-27\t# then", "1979-05-27T07:32:00Z",
        "1979-05-27 07:32:00.5", "07:32:00", "[1979-05-27 , 1]", "1979-05-27t07:32:00+01:00",
    ])
    func aMomentIsValidAndNoKeyTakesIt(text: String) throws {
        let problem = try #require(problems("[learning]\nrate = \(text)").first)
        #expect(problem.expected != "TOML", "\(problem)")
    }

    @Test func refusesHostileFiles() {
        #expect(problems("a = 1\0\nb = 2").first?.found == "a zero byte at offset 5")
        #expect(problems(String(repeating: "#", count: 2_000_000)).count == 1)
        #expect(problems("a = " + String(repeating: "[", count: 5000)).count == 1)
        #expect(throws: ConfigurationErrors.self) {
            try ConfigurationLoader.load(path: "/nonexistent/x.toml", environment: [:])
        }
    }

    @Test func checksTheLengthOfSocketPaths() {
        let long = String(repeating: "x", count: 95)
        #expect(problems(minimal, environment: ["MILLRACE_STATE": long]).isEmpty)
        let found = problems(minimal, environment: ["MILLRACE_STATE": long + "x"])
        #expect(found.map(\.key) == ["daemon.ingest"])
        #expect(found.first?.found.contains("108 bytes") == true)
    }

    @Test(arguments: 1...4)
    func survivesMutations(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let whole = Array(
            (minimal + """

                [network]
                hidden = [8, 4] # "x
                "loss" = '''cross-entropy'''
                [daemon]
                ingest = [ "ipc://{state}/a", { x = 1, y.z = "]" } ]
                [learning]
                rate = 1e-3
                [junction]
                0 = { structure = "circulant", block = 4 }
                [junction.1]
                structure = "clash-free"
                out-degree = 2
                format = [10, 2, 7]
                arithmetic = "float32"
                """).utf8)
        for _ in 0..<2000 {
            var bytes = whole
            for _ in 0...random.below(3) {
                let at = random.below(bytes.count)
                switch random.below(4) {
                case 0: bytes[at] = UInt8(random.below(128))
                case 1: bytes.remove(at: at)
                case 2: bytes.insert(Array("\"'[]{}=,.#\n\\".utf8)[random.below(12)], at: at)
                default: bytes.removeSubrange(at..<min(bytes.count, at + random.below(30)))
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            for line in KeyScanner.lines(of: text).values { #expect(line >= 1) }
            for problem in problems(text) { #expect(!problem.description.isEmpty) }
        }
    }
}
