// Goal: messages name what is wrong in a few legible words, and advice leads somewhere.

import Testing

@Suite struct AdviceTests {
    /// What the first look at a pipe takes is a sample like any other, or an error.
    @Test(arguments: ["{}\n", "[]\n", "{\"a\": {}}\n"])
    func anEmptyObjectOnAPipeIsAnErrorOfItsLine(line: String) throws {
        let scene = try Trained(rows: 0)
        let good = "{\"a\": 1, \"b\": 2, \"c\": 3, \"label\": \"low\"}\n"
        for text in [line + good, line] {
            let input = scene.user.place.write("in.jsonl", text)
            for words in [["stream", "-", "--name", "p", "--append"], ["stream", input]] {
                let result = scene.user.run(words, input: input)
                #expect(result.code == 65, "\(words): \(result.errors)\(result.output)")
                #expect(result.errors.contains(":1: "), "\(result.errors)")
            }
        }
        let input = scene.user.place.write("in.jsonl", line + good)
        let skipped = scene.user.run(
            ["stream", "-", "--name", "s", "--append", "--skip-bad", "--json"], input: input)
        #expect(skipped.code == 0, "\(skipped.errors)")
        #expect(skipped.document?["acknowledged"]?.integer == 1)
        #expect(skipped.document?["badRows"]?.integer == 1)
    }

    @Test func aLineWithoutEndIsRefusedAndNotKept() throws {
        let scene = try Trained(rows: 0)
        let bytes = [UInt8](repeating: UInt8(ascii: "x"), count: 40 << 20)
        let input = scene.user.place.write("in.csv", bytes)
        for words in [["stream", "-", "--name", "p", "--append"], ["stream", input]] {
            let result = scene.user.run(words + ["--label-column", "state"], input: input)
            #expect(result.code == 65, "\(result.errors)")
            #expect(result.errors.contains(":1: found a row of more than 1 MiB"), "\(result)")
        }
    }

    @Test func foreignBytesInAMessageAreShortAndEscaped() throws {
        let scene = try Trained(rows: 0)
        let bytes = [UInt8](repeating: 0, count: 100_000)
        let input = scene.user.place.write("in.csv", bytes)
        for words in [
            ["stream", input, "--label-column", "state"], ["stream", "-", "--name", "p"],
        ] {
            let result = scene.user.run(words, input: input)
            #expect(result.code == 64 || result.code == 65, "\(result.errors.prefix(300))")
            #expect(result.errors.utf8.count < 2_000)
            #expect(!result.errors.utf8.contains(0))
            let document = scene.user.run(words + ["--json"], input: input)
            #expect(document.output.utf8.count < 4_000)
        }
        let wide = scene.user.place.write("wide.csv", "a\u{1b}[2J,b,c,label\n1,2,x,low\n")
        let result = scene.user.run(["stream", wide, "--features", "1-3"])
        #expect(result.code == 65 && !result.errors.contains("\u{1b}"), "\(result.errors)")
        let named = scene.user.run(["stream", wide, "--label-column", "zz"])
        #expect(named.code == 64 && named.errors.contains("a\\u{1b}[2J"), "\(named.errors)")
    }

    @Test func aMissingColumnIsNamed() throws {
        let scene = try Trained(rows: 0)
        let file = scene.user.place.write("d.csv", "time,a,c,d,label\n9,1,3,4,low\n")
        let result = scene.user.run(["stream", file])
        #expect(result.code == 65, "\(result.errors)")
        #expect(result.errors.contains("found 2 of 5 columns; not there: b"), "\(result.errors)")
    }

    @Test func labelsOfAnotherLengthAreNotAMatterOfColumns() throws {
        let scene = try Trained(rows: 0)
        let file = scene.user.place.write("d.x.npy", scene.data.npy)
        scene.user.place.write("d.y.npy", SmallData(rows: 7, seed: 1).labelNpy)
        let result = scene.user.run(["stream", file])
        #expect(result.code == 65 && result.errors.contains("TRY: --labels FILE"))
        #expect(!result.errors.contains("--label-column"), "\(result.errors)")
    }

    @Test func namesLeadToFilesAndFiguresToNames() throws {
        let scene = try Trained()
        let saved = try #require(scene.user.run(["checkpoint", "save", "one", "--json"]).document)
        let path = try #require(saved["checkpoint"]?["path"]?.text)
        let named = scene.user.run(["checkpoint", "inspect", "one"])
        #expect(named.code == 66 && named.errors.contains("checkpoint list"), "\(named.errors)")
        #expect(scene.user.run(["checkpoint", "list"]).output.contains(path))
        #expect(scene.user.run(["checkpoint", "inspect", path]).code == 0)
        let status = scene.user.run(["status"]).output
        let recall = status.split(separator: "\n").first { $0.hasPrefix("recall") } ?? ""
        for name in SmallData.classNames { #expect(recall.contains("\(name) "), "\(status)") }
    }
}
