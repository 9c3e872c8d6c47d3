// From descriptions to sources, and the words of errors.

import SampleSources
import Simulation
import Testing

@Suite struct CatalogTests {
    let directory = TemporaryFolder()

    @Test func opensByNameAndExtension() throws {
        let csv = directory.write("A.CSV", "a\n1\n")
        let lines = directory.write("a.ndjson", "{\"a\":1}\n")
        let array = directory.write("a.npy", npy("|u1", [1, 1], [1]))
        #expect(try SourceCatalog.open(csv) is TextSource)
        #expect(try SourceCatalog.open(lines) is TextSource)
        #expect(try SourceCatalog.open(array) is NpySource)
        #expect(try SourceCatalog.open("morse") is MorseSource)
        #expect(try SourceCatalog.open("host") is HostSource)
    }

    @Test(arguments: [
        ("nothing.csv", "no such file"), ("nothing", "is not a source"), ("", "is not a source"),
        ("morse:nose=1", "nearest: noise"), ("/tmp/x.npy/y.npy", "no such file"),
        ("host:rate=fast", "a number from"),
    ])
    func saysWhatIsWrong(description: String, words: String) {
        #expect {
            try SourceCatalog.open(description)
        } throws: { error in
            "\(error)".contains(words)
        }
    }

    @Test func refusesDirectoriesAndEmptyFiles() {
        directory.makeDirectory("d.csv")
        #expect(throws: SourceError.self) { try SourceCatalog.open(directory.path + "/d.csv") }
        for name in ["e.csv", "e.jsonl", "e.npy"] {
            let path = directory.write(name, "")
            #expect(throws: SourceError.self) { try SourceCatalog.open(path) }
        }
        let blank = directory.write("blank.csv", "\n \n\n")
        #expect(throws: SourceError.empty(path: blank)) { try SourceCatalog.open(blank) }
    }

    @Test func namesTheNearestColumn() throws {
        let path = directory.write("a.csv", "temperature,humidity\n1,2\n")
        var options = SourceOptions()
        options.labelColumns = "humidty"
        #expect {
            try SourceCatalog.open(path, options: options)
        } throws: { error in
            "\(error)".contains("Did you mean \"humidity\"?")
        }
    }

    @Test(arguments: [
        ("rate", "rate", 0), ("rat", "rate", 1), ("raet", "rate", 1), ("", "abc", 3),
        ("kitten", "sitting", 3),
    ])
    func measuresSpelling(first: String, second: String, edits: Int) {
        #expect(Spelling.distance(first, second) == edits)
        #expect(Spelling.distance(second, first) == edits)
    }
}
