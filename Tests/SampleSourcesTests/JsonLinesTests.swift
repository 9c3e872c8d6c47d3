// JSON Lines: objects, arrays, nesting, order of keys, and what is refused.

import SampleSources
import Simulation
import Testing

@Suite struct JsonLinesTests {
    let directory = TemporaryFolder()

    func source(_ text: String, _ options: SourceOptions = SourceOptions()) throws -> TextSource {
        try TextSource(path: directory.write("a.jsonl", text), .jsonLines, options)
    }

    @Test(arguments: [
        "{\"a\":1,\"b\":2}\n{\"a\":3,\"b\":4}\n",
        "{\"a\":1,\"b\":2}\n{\"b\":4,\"a\":3,\"c\":[1,{}]}",
        "[1,2]\n[3,4]\n", "{\"a\":1,\"b\":{\"c\":2}}\n\n { \"b\" : { \"c\" : 4e0 } , \"a\" : 3 }\n",
        "{\"v\":[1,2]}\r\n{\"v\":[3,4]}\r\n", "{\"\\u0061\":true,\"b\":2}\n{\"a\":3,\"b\":4}\n",
    ])
    func readsTheSameNumbers(text: String) throws {
        #expect(try readAll(try source(text)).rows == [[1, 2], [3, 4]])
    }

    @Test func namesNestedValues() throws {
        let source = try source("{\"id\":7,\"acc\":{\"x\":1,\"y\":[2,3]},\"label\":\"up\"}\n")
        #expect(source.schema.featureNames == ["id", "acc.x", "acc.y.0", "acc.y.1"])
        #expect(try readAll(source).names == ["up"])
        var options = SourceOptions()
        options.featureColumns = "acc*"
        #expect(
            try readAll(try self.source("{\"id\":\"q\",\"acc\":{\"x\":1}}", options)).rows == [[1]])
    }

    @Test(arguments: [
        "{\"a\":1}", "{\"a\":1,\"b\":null}", "{\"a\":1,\"b\":\"x\"}", "{\"a\":1,\"b\":2",
        "{\"a\":1 \"b\":2}",
        "{\"a\":1,\"b\":2}}", "{a:1,\"b\":2}", "{\"a\":1,\"b\":2,}", "[1,2]", "7", "nonsense",
        "{\"a\":1,\"b\":nan}", "{\"a\":1,\"b\":1e99}", "{\"a\":1,\"b\":tru}",
        "{\"a\":1,\"b\":\"\\q\"}",
        "{\"a\":1,\"b\":[2]}", "{\"a\":1,\"a\":1,\"b\":2}", "{\"a\":1,\"b\":2,\"b\":3}",
        String(repeating: "[", count: 40) + String(repeating: "]", count: 40),
    ])
    func reportsBadRowsAndGoesOn(row: String) throws {
        let good = "{\"a\":1,\"b\":2}\n"
        let result = try readAll(try source(good + row + "\n" + good))
        #expect(result.rows == [[1, 2], [1, 2]])
        #expect(result.problems.map(\.line) == [2])
    }

    /// It decides no more than any other line what the columns are, if the receiver has named them.
    @Test(arguments: [
        ("{\"a\":1}", 1), ("{\"a\":1,\"label\":1}", 1), ("{\"b\":2,\"a\":1}", 0),
        ("{\"b\":2,\"a\":1,\"label\":0}", 0),
    ])
    func theFirstLineMayLackAValue(line: String, problems: Int) throws {
        var options = SourceOptions(
            expected: ExpectedSchema(
                element: .f32, featureCount: 2, featureNames: ["a", "b"],
                labels: .classIndices(classCount: 2, names: [])))
        options.labelColumns = "label"
        let good = "{\"a\":3,\"b\":4,\"label\":1}\n"
        let result = try readAll(try source(line + "\n" + good, options))
        #expect(result.problems.map(\.line) == (problems == 1 ? [1] : []))
        #expect(result.rows == (problems == 1 ? [[3, 4]] : [[1, 2], [3, 4]]))
        #expect(result.classes.last == 1)
        // A column that is nobody's may be the label, spelled wrongly.
        #expect(throws: SourceError.self) { try source("{\"a\":1,\"b\":2,\"state\":1}\n", options) }
    }

    @Test(arguments: ["{}", "[]", "{\"a\":{},\"b\":[]}"])
    func theFirstLineIsNeverPassedOver(line: String) throws {
        let result = try readAll(try source(line + "\n{\"a\":1,\"b\":2}\n"))
        #expect(result.rows == [[1, 2]])
        #expect(result.problems.map(\.line) == [1])
        #expect {
            try source(line + "\n")
        } throws: { error in
            guard case .badRow(let problem)? = error as? SourceError else { return false }
            return problem.line == 1 && problem.found.contains("without any value")
        }
    }

    @Test func isDetectedOnAPipe() throws {
        let path = directory.write("x.txt", "[1,2]\n")
        var options = SourceOptions()
        options.format = .jsonLines
        #expect(try readAll(try SourceCatalog.open(path, options: options)).rows == [[1, 2]])
    }

    @Test(arguments: 1...4)
    func survivesMutations(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let whole = Array(
            ("{\"a\":1,\"b\":{\"c\":[2.5,-3e2]},\"label\":\"u\\n\\ud83d\\ude00p\"}\n"
                + "{\"b\":{\"c\":[0,true]},\"a\":null,\"label\":\"x\"}\n[1,2]\n").utf8)
        for round in 0..<1500 {
            let path = directory.write("m.jsonl", mutated(whole, &random))
            guard let source = try? TextSource(path: path, .jsonLines) else { continue }
            let once = try readAll(source, batch: 1)
            let again = try readAll(try TextSource(path: path, .jsonLines), batch: 50)
            let isSame = once.rows == again.rows && once.problems == again.problems
            #expect(isSame, "seed \(seed), round \(round)")
        }
    }
}
