// --init: what is decided from data, and that what is written loads and fits the same data.

import Configuration
import Learning
import SampleSources
import Testing

@Suite struct WriterTests {
    /// Writes a configuration for `text`, loads it, and opens the data with what it expects.
    func check(
        _ text: String, name: String = "a.csv", labelColumn: String? = nil,
        _ body: (MillraceConfiguration, String) throws -> Void
    ) throws {
        try withFile(name, text) { path in
            let written = try ConfigurationWriter.describe(path: path, labelColumn: labelColumn)
            let it: MillraceConfiguration
            do throws(ConfigurationErrors) {
                it = try load(written)
            } catch {
                Issue.record("\(error)\n\(written)")
                return
            }
            try body(it, written)
            var labels = SourceLabels.none
            switch it.output.task {
            case .classification(let count):
                labels = .classIndices(classCount: count, names: it.output.classNames)
            case .regression(let count): labels = .values(count: count)
            case .forecast, .autoencoder: break
            }
            let element: SourceElement =
                it.input.type == .u8 ? .u8 : it.input.type == .i16 ? .i16 : .f32
            var options = SourceOptions(
                expected: ExpectedSchema(
                    element: element, featureCount: it.input.featureCount,
                    featureNames: it.input.names, labels: labels))
            let stream = written.split(separator: "\n").first { $0.contains("millrace stream") }
            if stream?.contains("--label-column") == true { options.labelColumns = "last" }
            let source = try SourceCatalog.open(path, options: options)
            var batch = SampleBatch(schema: source.schema)
            #expect(try source.read(from: 0, count: 5, into: &batch) != .end)
            #expect(source.schema.labels == labels)
        }
    }

    func rows(_ header: String, _ count: Int, _ row: (Int) -> String) -> String {
        header + "\n" + (0..<count).map(row).joined(separator: "\n") + "\n"
    }

    /// The figure is the caller's, who is told what was written.
    @Test func aGenerationTakesWhatTheCallerSays() throws {
        try withFile("a.csv", "a,b,label\n1.5,2,up\n2.5,3,down\n3.5,1,up\n4.5,2,down\n") { path in
            let written = try ConfigurationWriter.describe(path: path) { configuration in
                #expect(configuration.input.featureCount == 2)
                return 20_480
            }
            #expect(written.contains("# A generation takes 20480 bytes on disk. One is written"))
            let plain = try ConfigurationWriter.describe(path: path)
            #expect(!plain.contains("on disk") && plain.contains("# A generation is written"))
        }
    }

    @Test func classesByName() throws {
        let text = rows("time,temp,hum,label", 300) {
            "2024-01-01T00:\($0),\(Double($0) / 7),\($0 % 13).5,\(["calm", "storm"][$0 % 2])"
        }
        try check(text) { it, written in
            #expect(it.output.classNames == ["calm", "storm"])
            #expect(it.input.names == ["temp", "hum"])
            #expect(written.contains("Left out: \"time\", because it holds text."))
            #expect(it.input.lower.count == 2 && it.input.upper[1] > 12.5)
        }
    }

    @Test func classesByTheLastColumn() throws {
        let text = rows("5.1,3.5,Iris-setosa", 150) {
            "\($0).5,\($0 % 9).25,\(["Iris-virginica", "Iris-setosa"][$0 % 2])"
        }
        try check(text) { it, written in
            #expect(it.output.classNames == ["Iris-setosa", "Iris-virginica"])
            #expect(it.input.featureCount == 2)
            #expect(written.contains("--label-column 3"))
        }
        let numbers = rows("a,b,kind", 200) { "\(Double($0) * 0.37),\($0 % 5),\($0 % 3 + 1)" }
        try check(numbers) { it, _ in
            #expect(it.output.classNames == ["1", "2", "3"])
            #expect(it.output.task == .classification(classCount: 3))
        }
    }

    @Test func countsClassesFromZero() throws {
        try check(rows("a;b;y", 100) { "\($0);-\($0);\($0 % 4)" }) { it, _ in
            #expect(it.output.task == .classification(classCount: 4))
            #expect(it.output.classNames.isEmpty && it.input.type == .i16)
        }
    }

    @Test func regression() throws {
        try check(rows("a,target", 100) { "\($0 * 1_000_000),\(Double($0) / 3)" }) { it, _ in
            #expect(it.output.task == .regression(targetCount: 1))
            #expect(it.output.targetNames == ["target"] && it.input.type == .f32)
        }
    }

    @Test func forecastWithoutLabels() throws {
        let text = rows("timestamp,t1,t2", 100) {
            "\(1_700_000_000 + $0 * 10),\($0 % 7).5,\($0 * $0 % 11).25"
        }
        try check(text) { it, written in
            #expect(it.output.task == .forecast(steps: 1) && it.input.names == ["t1", "t2"])
            #expect(written.contains("only grows"))
        }
    }

    @Test func pixelsAndJson() throws {
        let header = (0..<64).map { "p\($0)" }.joined(separator: ",") + ",label"
        let text = rows(header, 100) { row in
            (0..<64).map { "\((row * 37 + $0 * 11) % 256)" }.joined(separator: ",") + ",\(row % 10)"
        }
        try check(text) { it, _ in
            #expect(it.input.type == .u8 && !it.input.isNormalised)
            #expect(it.output.task == .classification(classCount: 10))
        }
        let lines = (0..<50).map { "{\"a\":{\"x\":\($0).5},\"class\":\"c\($0 % 3)\"}" }
        try check(lines.joined(separator: "\n"), name: "a.jsonl") { it, _ in
            #expect(it.input.names == ["a.x"] && it.output.classNames.count == 3)
        }
    }

    @Test func oddNamesAndBadRows() throws {
        let text = "\"a \"\"b\"\", #\",\"\\[x]\",b\n1,2,3\n4,x\n5,6,7.5\n5.5,2,3\n8,9,1\n"
        try check(text) { it, written in
            #expect(it.output.task == .forecast(steps: 1))
            #expect(it.input.names == ["a \"b\", #", "\\[x]", "b"])
            #expect(written.contains("1 rows could not be read"))
        }
        try check("\"a\nb\",c\n1,2\n2,1\n") { it, _ in #expect(it.input.names.isEmpty) }
    }

    @Test(arguments: ["", "a,b\nx,y\nz,w\n", "label\n1\n2\n"])
    func refusesWhatIsNoData(text: String) {
        withFile("a.csv", text) { path in
            #expect(throws: SourceError.self) { try ConfigurationWriter.describe(path: path) }
        }
    }

    @Test func refusesAMisspeltLabelColumn() {
        withFile("a.csv", "a,b\n1,2\n3,4\n") { path in
            #expect(throws: SourceError.self) {
                try ConfigurationWriter.describe(path: path, labelColumn: "lable")
            }
        }
    }
}
