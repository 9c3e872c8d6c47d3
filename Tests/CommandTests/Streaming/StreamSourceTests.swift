// `millrace stream` with the sources that people have, and what the same command does twice.

import Glibc
import MillraceProtocol
import Testing

@Suite struct StreamSourceTests {
    enum Form: String, CaseIterable {
        case csv, jsonLines, standardInput, npy
    }

    /// The arguments that stream the data of `scene` in one form, and the file for stdin.
    private func arguments(_ form: Form, _ scene: Trained) -> (words: [String], input: String) {
        let place = scene.user.place
        switch form {
        case .csv: return (["stream", scene.file, "--label-column", "label"], "/dev/null")
        case .jsonLines:
            return (["stream", place.write("d.jsonl", scene.data.jsonLines)], "/dev/null")
        case .standardInput:
            return (["stream", "-"], place.write("d.jsonl", scene.data.jsonLines))
        case .npy:
            _ = place.write("d.y.npy", scene.data.labelNpy)
            return (["stream", place.write("d.x.npy", scene.data.npy)], "/dev/null")
        }
    }

    /// One problem in four forms is one stream: the daemon's state has the same digest.
    @Test func everyFormOfTheDataTeachesTheSame() throws {
        var digests: [String: String] = [:]
        for form in Form.allCases {
            let scene = try Trained(rows: 0)
            let (words, input) = arguments(form, scene)
            let result = scene.user.run(words + ["--name", "p", "--json"], input: input)
            #expect(result.code == 0, "\(form): \(result.errors)")
            #expect(result.document?["acknowledged"]?.integer == 600)
            let status = try #require(scene.user.status())
            #expect(status.producers.first.flatMap(IdSet.init) == IdSet(1...600))
            digests[form.rawValue] = status.stateDigest
        }
        #expect(Set(digests.values).count == 1, "\(digests)")
    }

    @Test(arguments: Form.allCases)
    func theSameCommandTwiceSaysFinishedAndAgainOpensAnEpoch(form: Form) throws {
        let scene = try Trained(rows: 0)
        let (words, input) = arguments(form, scene)
        let named = words + ["--name", "p"]
        #expect(scene.user.run(named, input: input).code == 0)
        let digest = scene.user.status()?.stateDigest
        let second = scene.user.run(named, input: input)
        #expect(second.code == 0)
        #expect(second.output.contains("finished before"), "\(second.output)")
        let document = try #require(scene.user.run(named + ["--json"], input: input).document)
        #expect(document["wasFinished"]?.flag == true && document["sent"]?.integer == 0)
        #expect(document["acknowledged"]?.integer == 600)
        #expect(scene.user.status()?.stateDigest == digest, "nothing was learned twice")
        let again = scene.user.run(named + ["--again", "--json"], input: input)
        #expect(again.code == 0 && again.document?["epoch"]?.integer == 2)
        let producer = try #require(scene.user.producer("p"))
        #expect(producer.epoch == 2 && producer.learned == 600 && producer.balances)
        #expect(IdSet(producer) == IdSet(1...600), "ids are those of the epoch")
        #expect(scene.user.status()?.samples == 1_200)
    }

    @Test func aFileThatGrewOrALargerLimitContinues() throws {
        let scene = try Trained(rows: 0)
        let limited = ["stream", scene.file, "--name", "p", "--json"]
        #expect(scene.user.run(limited + ["--limit", "100"]).document?["samples"]?.integer == 100)
        let more = try #require(scene.user.run(limited + ["--limit", "250"]).document)
        #expect(more["resumedAt"]?.integer == 100 && more["acknowledged"]?.integer == 250)
        let rest = try #require(scene.user.run(limited).document)
        #expect(rest["resumedAt"]?.integer == 250 && rest["acknowledged"]?.integer == 600)
        #expect(scene.user.producer("p").flatMap(IdSet.init) == IdSet(1...600))
    }

    @Test func theDefaultNameComesFromTheSource() throws {
        let scene = try Trained(rows: 0)
        #expect(scene.user.run(["stream", scene.file]).code == 0)
        let name = try #require(scene.user.status()?.producers.first?.name)
        #expect(name.hasSuffix("-small"))
    }

    @Test func aRowOfNamesAloneTakesNoPlace() throws {
        let scene = try Trained(rows: 0)
        let file = scene.user.place.write("names.csv", "a,b,c,label\n")
        let result = scene.user.run(["stream", file])
        #expect(result.code == 65 && result.errors.contains("holds no sample"), "\(result.errors)")
        #expect(scene.user.run(["predict", file]).code == 65)
        #expect(scene.user.status()?.producers.isEmpty == true)
    }

    @Test func rateIsKept() throws {
        let scene = try Trained(rows: 0)
        let words = ["stream", scene.file, "--rate", "400", "--json"]
        let report = try #require(scene.user.run(words).document)
        let seconds = try #require(report["seconds"]?.number)
        // That it is not slower either is shown with a clock of our own (RateTests).
        #expect(seconds > 1.2 && seconds < 20, "600 samples at 400 a second took \(seconds)")
    }

    @Test func rowsWithoutALabelAndBadRowsAreCountedApart() throws {
        let scene = try Trained(rows: 0, configuration: SmallData.configuration(window: 8))
        let text = "a,b,c,label\n1,0,0,low\n1,0,0,\nx,0,0,low\n1e30,0,0,low\n0,1,0,middle\n"
        let file = scene.user.place.write("mixed.csv", text)
        let words = ["stream", file, "--name", "p", "--skip-bad", "--json"]
        let result = scene.user.run(words)
        #expect(result.code == 0, "\(result.errors)")
        #expect(result.document?["refused"]?.integer == 1)
        #expect(result.document?["refusedBy"]?["outOfBounds"]?.integer == 1)
        #expect(result.document?["badRows"]?.integer == 1)
        let producer = try #require(scene.user.producer("p"))
        #expect(producer.learned == 2 && producer.pending == 1 && producer.skipped == 1)
        #expect(producer.refused == 1 && producer.balances && producer.next == 6)
    }
}
