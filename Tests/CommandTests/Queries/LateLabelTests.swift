// Labels that come after their samples, through the command line: the window, what falls out of
// it, and the balance of it all.

import Glibc
import MillraceProtocol
import Testing

@Suite struct LateLabelTests {
    /// A daemon with a window of 100, and 150 rows without labels in it.
    private func scene() throws -> (Trained, String) {
        let scene = try Trained(rows: 0, configuration: SmallData.configuration(window: 100))
        let rows = scene.data.csv(labelled: false).split(separator: "\n").prefix(151)
        let file = scene.user.place.write("bare.csv", rows.joined(separator: "\n") + "\n")
        return (scene, file)
    }

    private func labels(_ scene: Trained, _ samples: ClosedRange<Int>, shift: Int = 0) -> String {
        let lines = samples.map { number in
            "\(number),\(SmallData.classNames[scene.data.classes[number - 1 - shift]])"
        }
        return scene.user.place.write(
            "labels-\(samples.lowerBound).csv", "sample,label\n" + lines.joined(separator: "\n"))
    }

    @Test func theWindowKeepsTheNewestAndLabelsFindThem() throws {
        let (scene, file) = try scene()
        #expect(scene.user.run(["stream", file, "--name", "p"]).code == 0)
        let waiting = try #require(scene.user.producer("p"))
        #expect(waiting.pending == 100 && waiting.expired == 50 && waiting.learned == 0)
        #expect(waiting.balances && waiting.idCount == 0)
        let result = scene.user.run([
            "label", labels(scene, 51...150), "--name", "p", "--json",
        ])
        #expect(result.code == 0, "\(result.errors)")
        #expect(result.document?["applied"]?.integer == 100)
        #expect(result.document?["refused"]?.integer == 0)
        let after = try #require(scene.user.producer("p"))
        #expect(after.learned == 100 && after.pending == 0 && after.expired == 50)
        #expect(after.labels == 100 && after.next == 251 && after.balances)
        #expect(IdSet(after) == IdSet(51...150))
        // The predictions were fixed when the samples came: labels are scored against those.
        #expect(after.figures.samples == 100)
    }

    @Test func labelsThatComeTooLateOrTwiceAreRefusedAndCounted() throws {
        let (scene, file) = try scene()
        #expect(scene.user.run(["stream", file, "--name", "p"]).code == 0)
        let old = scene.user.run(["label", labels(scene, 41...60), "--name", "p", "--json"])
        #expect(old.code == 0)
        #expect(old.document?["labels"]?.integer == 20)
        let one = ["label", "--name", "p", "--sample", "60", "--label", "low"]
        let twice = scene.user.run(one + ["--json"])
        #expect(twice.code == 65, "all of them were refused")
        let future = scene.user.run([
            "label", "--name", "p", "--sample", "9999", "--label", "middle", "--json",
        ])
        #expect(future.code == 65)
        #expect(future.document?["refusedBy"]?["unknownSample"]?.integer == 1)
        let producer = try #require(scene.user.producer("p"))
        #expect(producer.learned == 10 && producer.labels == 10 && producer.pending == 90)
        #expect(producer.refused == 12 && producer.expired == 50)
        #expect(producer.next == 173 && producer.balances)
        // What the commands said is what the daemon counted.
        let said = [old, twice, future].compactMap { $0.document?["applied"]?.integer }
        #expect(said == [10, 0, 0], "applied, as the label command says")
    }

    @Test func aStreamGoesOnAfterItsLabels() throws {
        let (scene, file) = try scene()
        let words = ["stream", file, "--name", "p", "--json"]
        #expect(scene.user.run(words + ["--limit", "60"]).code == 0)
        #expect(scene.user.run(["label", labels(scene, 1...30), "--name", "p"]).code == 0)
        let more = scene.user.run(words)
        #expect(more.code == 0, "\(more.errors)")
        #expect(more.document?["samples"]?.integer == 150)
        #expect(more.document?["resumedAt"]?.integer == 60)
        let producer = try #require(scene.user.producer("p"))
        // 150 samples and 30 labels; of 120 that were unlabelled the oldest 20 fell out.
        #expect(producer.next == 181 && producer.learned == 30 && producer.labels == 30)
        #expect(producer.pending == 100 && producer.expired == 20 && producer.balances)
        #expect(IdSet(producer) == IdSet(1...30))
        // Sample 61 of the file has number 91.
        #expect(
            scene.user.run(["label", labels(scene, 91...120, shift: 30), "--name", "p"]).code == 0)
        #expect(scene.user.producer("p").flatMap(IdSet.init) == IdSet(1...30, 91...120))
    }

    @Test func pendingSamplesSurviveAKillAndANewEpochExpiresThem() throws {
        let (scene, file) = try scene()
        #expect(scene.user.run(["stream", file, "--name", "p"]).code == 0)
        scene.daemon.kill()
        try #require(scene.daemon.start())
        let kept = try #require(scene.user.producer("p"))
        #expect(kept.pending == 100 && kept.expired == 50 && kept.balances)
        #expect(scene.user.run(["label", labels(scene, 51...90), "--name", "p"]).code == 0)
        #expect(scene.user.producer("p")?.learned == 40)
        #expect(scene.user.run(["stream", file, "--name", "p", "--again"]).code == 0)
        let fresh = try #require(scene.user.producer("p"))
        #expect(fresh.epoch == 2 && fresh.pending == 100 && fresh.expired == 50)
        #expect(fresh.learned == 0 && fresh.idCount == 0 && fresh.balances)
    }

    @Test func withoutAWindowSamplesWithoutLabelsExpireAtOnce() throws {
        let scene = try Trained(rows: 0)
        let rows = "1,0,0,\n0,1,0,low\n0,0,1,\n"
        let file = scene.user.place.write("gaps.csv", "a,b,c,label\n" + rows)
        #expect(scene.user.run(["stream", file, "--name", "p"]).code == 0)
        let producer = try #require(scene.user.producer("p"))
        #expect(producer.expired == 2 && producer.learned == 1 && producer.balances)
    }

    @Test(arguments: [
        "sample,label\r\n51,low\r\n52,high\r\n", "\u{FEFF}51,low\n52,high\n",
        "\u{FEFF}sample,label\n51,low\n\n 52 , high ", "51,low\n52,high",
    ])
    func everyLineOfAFileCounts(text: String) throws {
        let (scene, file) = try scene()
        #expect(scene.user.run(["stream", file, "--name", "p"]).code == 0)
        let labels = scene.user.place.write("labels.csv", text)
        let result = scene.user.run(["label", labels, "--name", "p", "--json"])
        #expect(result.code == 0, "\(result.errors)")
        #expect(result.document?["applied"]?.integer == 2)
        #expect(result.errors.contains("names columns") == text.contains("sample"))
    }

    @Test(arguments: [
        ("5.0,low\n6,low\n", "5.0,low"), ("80o,low\n81,low\n", "80o,low"),
        ("51,low\nsample,label\n", "sample,label"), ("51,1\n", "low, middle, high"),
        ("0,low\n1,low\n", "the first sample has number 1"),
        ("51,\u{1B}[2J\n", "\\u{1b}"),
    ])
    func whatIsNoLabelIsRefusedAndNothingIsSent(text: String, told: String) throws {
        let (scene, file) = try scene()
        #expect(scene.user.run(["stream", file, "--name", "p"]).code == 0)
        let labels = scene.user.place.write("labels.csv", text)
        let result = scene.user.run(["label", labels, "--name", "p"])
        #expect(result.code == 65 && result.errors.contains(told), "\(result.errors)")
        #expect(scene.user.producer("p")?.labels == 0)
    }
}
