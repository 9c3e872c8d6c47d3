// CSV: RFC 4180, what is detected, what is bad, seeking, streaming.

import Glibc
import SampleSources
import Simulation
import Testing

@Suite struct CsvTests {
    let directory = TemporaryFolder()

    func source(_ text: String, _ options: SourceOptions = SourceOptions()) throws -> TextSource {
        try TextSource(path: directory.write("a.csv", text), .csv, options)
    }

    @Test(arguments: [
        "a,b\n1,2\n3,4\n", "a,b\r\n1,2\r\n3,4\r\n", "a;b\n1;2\n3;4", "a\tb\n1\t2\n\n3\t4\n\n",
        "\u{feff}a,b\n1,2\n3,4\n", "\"a\",\"b\"\n\"1\",\"2\"\n 3 , 4 \n", "1,2\n3,4\n",
        "\n\na,b\n1,2\n3,4",
    ])
    func readsTheSameNumbers(text: String) throws {
        #expect(try readAll(try source(text)).rows == [[1, 2], [3, 4]])
    }

    @Test func takesNamesFromTheHeader() throws {
        let text = "\"temp, °C\",\"say \"\"hi\"\"\",\n1,2,3\n"
        #expect(try source(text).schema.featureNames == ["temp, °C", "say \"hi\"", "3"])
        #expect(try source("\"a\nb\",c\n1,2\n").schema.featureNames == ["a\nb", "c"])
        #expect(try source("one\n1\n").schema.featureNames == ["one"])
        #expect(try source("1,2\n3,4\n").schema.featureNames == ["1", "2"])
    }

    @Test(arguments: [
        ("a,b,label\n1,2,0\n3,4,1\n", SourceLabels.classIndices(classCount: 0, names: [])),
        ("a,Class,b\n1,up,2\n3,down,4\n", .classNames),
        ("y,a,b\n0.5,1,2\n1,3,4\n", .values(count: 1)), ("a,b\n1,2\n3,4\n", .none),
    ])
    func findsLabels(text: String, labels: SourceLabels) throws {
        let source = try source(text)
        #expect(source.schema.labels == labels)
        let result = try readAll(source)
        #expect(result.rows == [[1, 2], [3, 4]])
        switch labels {
        case .classIndices: #expect(result.classes == [0, 1])
        case .classNames: #expect(result.names == ["up", "down"])
        case .values: #expect(result.targets == [0.5, 1])
        case .none: #expect(result.classes.isEmpty)
        }
    }

    @Test func translatesClassNames() throws {
        let options = SourceOptions(
            expected: ExpectedSchema(
                element: .f32, featureCount: 1,
                labels: .classIndices(classCount: 2, names: ["down", "up"])))
        let result = try readAll(
            try source("a,move\n1,up\n2,down\n3,\n4,1\n5,upp\n6,2\n7,-1\n", options))
        #expect(result.classes == [1, 0, -1, -1])
        #expect(result.problems.map(\.line) == [5, 6, 7])
        #expect(result.problems[0].expected == "one of down, up")
        #expect(result.problems[1].expected.contains("nearest: up"))
    }

    /// A class that is called by a number is not the class with that place.
    @Test func classesCalledByNumbersAreNames() throws {
        let options = SourceOptions(
            expected: ExpectedSchema(
                element: .f32, featureCount: 1,
                labels: .classIndices(classCount: 3, names: ["1", "2", "5"])))
        let result = try readAll(try source("a,label\n1,1\n2,2.0\n3,0\n4,5e0\n5,3\n", options))
        #expect(result.classes == [0, 1, 2])
        #expect(result.problems.map(\.line) == [4, 6])
    }

    /// What is not UTF-8 reads as U+FFFD, and two such names as one.
    @Test func labelsThatAreNoUtf8AreNoClasses() throws {
        let text = Array("a,kind\n1,gr".utf8) + [0xfc] + Array("n\n2,blau\n".utf8)
        let path = directory.write("latin.csv", text)
        var free = SourceOptions()
        free.labelColumns = "kind"
        let named = SourceOptions(
            expected: ExpectedSchema(
                element: .f32, featureCount: 1,
                labels: .classIndices(classCount: 2, names: ["gr\u{fffd}n", "blau"])))
        for options in [free, named] {
            let problems = try readAll(try TextSource(path: path, .csv, options)).problems
            #expect(problems.map(\.line) == [2])
            #expect(problems.first?.expected.contains("UTF-8") == true)
        }
        var table = try TextTable(path: path)
        #expect(throws: SourceError.self) { _ = try table.next() }
    }

    @Test func picksColumnsByTheReceiversNames() throws {
        let options = SourceOptions(
            expected: ExpectedSchema(
                element: .i16, featureCount: 2, featureNames: ["b", "a"],
                labels: .values(count: 1)))
        let source = try source("time,a,b,target\n2024-01-01,1,2,0.5\nx,3,4,\n", options)
        let result = try readAll(source)
        #expect(result.rows == [[2, 1], [4, 3]])
        #expect(result.targets[0] == 0.5 && result.targets[1].isNaN)
    }

    /// As many columns as features are not the features: what is called otherwise, or a label, is none.
    @Test(arguments: [
        ("a,c\n1,2\n", ["a", "b"], "b"), ("a,label\n1,2\n", ["a", "b"], "b"),
        ("c,d,label\n1,2,0\n", ["a", "b"], "a, b"), ("a,Class\n1,2\n", [], "Class"),
    ])
    func takesNoColumnForAnother(text: String, names: [String], told: String) throws {
        var options = SourceOptions(
            expected: ExpectedSchema(
                element: .f32, featureCount: 2, featureNames: names,
                labels: .classIndices(classCount: 2, names: [])))
        let error = #expect(throws: SourceError.self) { try source(text, options) }
        #expect("\(try #require(error))".contains(told))
        options.featureColumns = "1,2"
        #expect(try readAll(try source(text, options)).rows == [[1, 2]])
    }

    @Test(arguments: [("x,y\n1,2\n", []), ("1,2\n", ["a", "b"])])
    func takesColumnsByTheirPlaces(text: String, names: [String]) throws {
        let expected = ExpectedSchema(
            element: .f32, featureCount: 2, featureNames: names,
            labels: .classIndices(classCount: 2, names: []))
        #expect(try readAll(try source(text, SourceOptions(expected: expected))).rows == [[1, 2]])
    }

    @Test(arguments: [
        ("b", [1]), ("2", [1]), ("1-3", [0, 1, 2]), ("last,1", [3, 0]), ("acc*", [2, 3]),
        ("B", [1]), ("b,b,2", [1]),
    ])
    func selects(selection: String, expected: [Int]) throws {
        let names = ["a", "b", "acc.x", "acc.y"]
        #expect(
            try ColumnSelection.columns(selection, of: names, path: "f") == expected)
    }

    @Test(arguments: ["c", "0", "5", "3-2", "1-9", "-1", "zz*"])
    func refusesSelections(selection: String) {
        #expect(throws: SourceError.self) {
            try ColumnSelection.columns(selection, of: ["a", "b", "acc.x", "acc.y"], path: "f")
        }
    }

    @Test(
        arguments: [
            ("1,x\n", "b", "\"x\""), ("1,\n", "b", "an empty cell"), ("nan,2\n", "a", "\"nan\""),
            ("1e99,2\n", "a", "\"1e99\""), ("1,2,3\n", nil, "3 fields"), ("1\n", nil, "1 fields"),
            ("1,\"2\"x\n", nil, "\"\\\"x\" after a quoted field"),
            ("1,\"2\n", nil, "a quoted field that does not end"),
        ] as [(String, String?, String)])
    func reportsBadRowsAndGoesOn(row: String, column: String?, found: String) throws {
        let result = try readAll(try source("a,b\n1,2\n" + row + "5,6\n7,8\n"))
        #expect(result.rows == [[1, 2], [5, 6], [7, 8]])
        #expect(result.problems.count == 1)
        let problem = try #require(result.problems.first)
        #expect(problem.line == 3)
        #expect(problem.index == 1)
        #expect(problem.column == column)
        #expect(problem.found.replacingQuotes == found.replacingQuotes)
    }

    @Test func readsFieldsOverSeveralLines() throws {
        let text = "a,note,b\n1,\"two\nlines, \"\"quoted\"\"\",2\n3,x,4\n"
        var options = SourceOptions()
        options.featureColumns = "a,b"
        let result = try readAll(try source(text, options))
        #expect(result.rows == [[1, 2], [3, 4]])
        let bad = try readAll(try source(text + "5,x,y\n", options))
        #expect(bad.problems.first?.line == 5)
    }

    @Test func passesOverARowThatIsTooLong() throws {
        let long = String(repeating: "9", count: 1_200_000)
        let result = try readAll(try source("a,b\n1,2\n\(long),3\n5,6\n"))
        #expect(result.rows == [[1, 2], [5, 6]])
        #expect(result.problems.map(\.line) == [3])
    }

    @Test func reachesAnyRow() throws {
        var text = "a,b\n"
        for i in 0..<5000 { text += i % 97 == 5 ? "bad,row\n" : "\(i),\"\(i * 2)\"\n" }
        let source = try source(text)
        var random = SeededGenerator(seed: 3)
        var batch = SampleBatch(schema: source.schema)
        for round in 0..<400 {
            let index = random.below(5002)
            let count = 1 + random.below(200)
            do throws(SourceError) {
                let outcome = try source.read(from: index, count: count, into: &batch)
                guard index < 5000 else {
                    #expect(outcome == .end)
                    continue
                }
                #expect(batch.firstIndex == index && batch.count >= 1)
                for i in 0..<batch.count
                where batch.value(sample: i, feature: 0) != Float(index + i) {
                    Issue.record("seed 3, round \(round): wrong row at \(index + i)")
                    return
                }
            } catch {
                guard case .badRow(let problem) = error else { throw error }
                #expect(problem.index == index && index % 97 == 5)
                #expect(problem.line == index + 2)
            }
        }
        #expect(try source.read(from: 5000, count: 1, into: &batch) == .end)
        #expect(source.count == 5000)
    }

    @Test func keepsTheIndexBounded() {
        var index = RowIndex(capacity: 16)
        for row in 0..<10_000 { index.note(row, at: RowIndex.Place(offset: row * 10, line: row)) }
        #expect(index.places.count <= 16)
        for row in 0..<10_000 {
            let near = index.nearest(row)
            guard let near, near.index <= row, near.place.offset == near.index * 10,
                row - near.index < index.stride
                    || near.index == (index.places.count - 1) * index.stride
            else {
                Issue.record("row \(row): \(String(describing: near))")
                return
            }
        }
    }

    @Test func deliversAPipeAsItArrives() throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        func send(_ text: String) {
            let bytes = Array(text.utf8)
            _ = bytes.withUnsafeBytes { write(ends[1], $0.baseAddress, $0.count) }
        }
        send("a,b\n1,2\n3,")
        let source = try TextSource(descriptor: ends[0], SourceOptions())
        var batch = SampleBatch(schema: source.schema)
        #expect(!source.isSeekable && source.isLive && source.identity == nil)
        #expect(try source.read(from: 0, count: 9, into: &batch) == .samples(1))
        #expect(
            try source.read(from: 1, count: 9, into: &batch, timeoutMilliseconds: 1) == .notYet)
        send("4\n5,x\n7,8")
        #expect(try source.read(from: 1, count: 9, into: &batch) == .samples(1))
        #expect(throws: SourceError.self) { try source.read(from: 2, count: 9, into: &batch) }
        close(ends[1])
        #expect(try source.read(from: 3, count: 9, into: &batch) == .samples(1))
        #expect(batch.value(sample: 0, feature: 1) == 8)
        #expect(try source.read(from: 4, count: 9, into: &batch) == .end)
        #expect(throws: SourceError.self) { try source.read(from: 0, count: 9, into: &batch) }
        close(ends[0])
    }

    /// Of a line without end no more is read than the longest row; what comes first says which line.
    @Test(
        arguments: [("", nil), ("a,b\n", 2), ("{\"a\":1,\"b\":\n", 1), ("\"", nil), ("[", nil)]
            as [(String, Int?)])
    func aFirstLineWithoutEndIsNotKept(before: String, bad line: Int?) throws {
        let bytes = Array(before.utf8) + [UInt8](repeating: 0x78, count: 16 << 20)
        let path = directory.write("long.txt", bytes)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        do {
            let source = try TextSource(descriptor: descriptor, SourceOptions())
            #expect(lseek(descriptor, 0, SEEK_CUR) < 4 << 20)
            let problems = try readAll(source).problems
            #expect(problems.map(\.line) == [line])
            #expect(problems[0].found == "a row of more than 1 MiB")
        } catch let error as SourceError {
            guard case .badRow(let problem) = error else { throw error }
            #expect(problem.line == 1 && before != "a,b\n")
            #expect(line != nil || problem.found == "a row of more than 1 MiB")
            #expect(lseek(descriptor, 0, SEEK_CUR) < 4 << 20)
        }
    }

    @Test func tellsWhatTheFirstRowsAreMadeFrom() throws {
        func prefix(_ text: String, _ samples: Int) throws -> String? {
            var bytes: [UInt8] = []
            let source = try source(text)
            guard let count = try source.prefix(samples: samples, { bytes += $0 }) else {
                return nil
            }
            #expect(count == bytes.count)
            return String(decoding: bytes, as: UTF8.self)
        }
        let text = "a,b\n1,2\r\n\n3,\"4\"\n5,x"
        #expect(try prefix(text, 0) == "")
        #expect(try prefix(text, 1) == "a,b\n1,2")
        #expect(try prefix(text, 2) == "a,b\n1,2\r\n\n3,\"4\"")
        #expect(try prefix(text, 3) == text && prefix(text + "\n", 3) == text)
        #expect(try prefix(text, 4) == nil)
    }

    @Test func foreignTextIsShortAndLegible() {
        #expect(
            legible("a\u{0}b\n\u{7f}\u{9b}\u{202e}é") == "a\\u{0}b\\u{a}\\u{7f}\\u{9b}\\u{202e}é")
        #expect(legible("a\nb", keepsLines: true) == "a\nb")
        #expect(legible(String(repeating: "x", count: 41)).count == 41)
        #expect(legible(String(repeating: "x", count: 40)).hasSuffix("x"))
        let name = String(repeating: "n\u{0}", count: 50_000)
        let known = (0..<30).map { "\($0)" + name }
        for error in [
            SourceError.columnNotFound(path: "p", column: name, known: known, nearest: known[0]),
            .badRow(
                RowProblem(
                    path: "p", index: 0, line: 1, column: name, found: "x", expected: "y")),
        ] {
            #expect(error.description.utf8.count < 8_000)
            #expect(!error.description.utf8.contains(0))
        }
    }

    @Test func obeysTheLimit() throws {
        var options = SourceOptions()
        options.limit = 3
        let source = try source("a\n1\n2\n3\n4\n", options)
        #expect(try readAll(source).rows == [[1], [2], [3]])
    }

    @Test func tellsFilesApart() throws {
        let path = directory.write("a.csv", "a\n1\n2\n")
        let first = try #require(try TextSource(path: path, .csv).identity)
        #expect(try TextSource(path: path, .csv).identity == first)
        directory.write("a.csv", "a\n1\n3\n")
        let second = try #require(try TextSource(path: path, .csv).identity)
        #expect(second != first && second.text != first.text && second.bytes == first.bytes)
    }

    @Test(arguments: 1...4)
    func survivesMutations(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let whole = Array(
            "a,\"b\"\"x\",label\n1,2,up\n\"3\",4.5e1,\"do\nwn\"\n5,,up\n6;7,8,x\n".utf8)
        for round in 0..<1500 {
            let bytes = mutated(whole, &random)
            let path = directory.write("m.csv", bytes)
            guard let source = try? TextSource(path: path, .csv) else { continue }
            let once = try readAll(source, batch: 2)
            let again = try readAll(try TextSource(path: path, .csv), batch: 100)
            let isSame = once.rows == again.rows && once.problems == again.problems
            #expect(isSame, "seed \(seed), round \(round)")
            #expect(source.count == once.rows.count + once.problems.count)
        }
    }
}

extension String {
    fileprivate var replacingQuotes: String { String(filter { $0 != "\\" }) }
}
