// Every command with --json prints one document with the members that scripts rely on, and
// without --json words for people; all of it against a real daemon.

import Glibc
import MillraceProtocol
import Testing

@Suite struct DocumentTests {
    @Test func statusHasPositionsCountersBudgetAndResidentBytes() throws {
        let scene = try Trained()
        let result = scene.user.run(["status", "--json"])
        #expect(result.code == 0 && result.errors.isEmpty)
        let status = try #require(result.document)
        #expect(status["ok"]?.flag == true)
        #expect(status["mode"]?.text == "learning")
        #expect((status["generation"]?.integer ?? 0) > 1)
        #expect(status["stateDigest"]?.text?.count == 16)
        #expect(status["samples"]?.integer == 600)
        let producer = try #require(status["producers"]?.list.first)
        #expect(producer["name"]?.text == "small")
        for (name, value) in [
            ("epoch", 1), ("position", 600), ("durable", 600), ("next", 601), ("learned", 600),
            ("pending", 0), ("expired", 0), ("refused", 0), ("skipped", 0), ("labels", 0),
            ("queued", 0), ("idCount", 600),
        ] {
            #expect(producer[name]?.integer == value, "\(name)")
        }
        #expect(producer["figures"]?["task"]?.text == "classification")
        let counters = try #require(status["counters"])
        #expect(counters["samplesAccepted"]?.integer == 600)
        #expect((counters["framesReceived"]?.integer ?? 0) > 2)
        #expect((counters["bytesReceived"]?.integer ?? 0) > 600 * 16)
        let lines = status["budget"]?.list ?? []
        #expect(lines.count > 5)
        let sum = lines.compactMap { $0["bytes"]?.integer }.reduce(0, +)
        #expect(sum == status["plannedBytes"]?.integer)
        #expect(status["budgetBytes"]?.integer == 64 << 20)
        #expect(sum <= 64 << 20)
        #expect((status["residentBytes"]?.integer ?? 0) > 1 << 20)
        let words = scene.user.run(["status"])
        #expect(words.code == 0)
        for word in ["generation", "small", "balance", "ok", "accuracy", "memory", "resident"] {
            #expect(words.output.contains(word), "\(word)")
        }
        #expect(JSON(words.output) == nil)
    }

    @Test func generationsListTheRingAndRollbackMakesANewOne() throws {
        let scene = try Trained()
        let list = try #require(scene.user.run(["generations", "--json"]).document)
        let newest = try #require(list["newest"]?.integer)
        let entries = list["generations"]?.list ?? []
        let numbers = entries.compactMap { $0["generation"]?.integer }
        #expect(numbers.first == newest && numbers == numbers.sorted(by: >))
        #expect(entries.allSatisfy { $0["state"]?.text == "durable" })
        #expect(entries.first?["samples"]?.integer == 600)
        let target = try #require(entries.last)
        let number = try #require(target["generation"]?.integer)
        #expect(scene.user.run(["generations"]).output.contains("\(number)"))
        let reply = scene.user.run(["rollback", "\(number)", "--json"])
        #expect(reply.code == 0)
        #expect(reply.document?["generation"]?.integer == newest + 1)
        #expect(reply.document?["restoredFrom"]?.integer == number)
        #expect(reply.document?["source"]?.text == "ring")
        #expect(reply.document?["stateDigest"] == target["stateDigest"])
        let status = try #require(scene.user.status())
        #expect(status.generation == UInt64(newest) + 1)
        #expect(status.stateDigest == target["stateDigest"]?.text)
        // Positions of producers stay where they are: nothing is sent a second time.
        #expect(status.producers.first?.durable == 600)
        let words = scene.user.run(["rollback", "\(newest)"])
        #expect(words.code == 0 && words.output.contains("has the weights of \(newest)"))
        let after = scene.user.run(["generations", "--json"]).document?["generations"]?.list.first
        #expect(after?["restoredFrom"]?.integer == newest)
    }

    @Test func streamEndsWithOneDocument() throws {
        let scene = try Trained(rows: 0)
        let result = scene.user.run(["stream", scene.file, "--json"])
        #expect(result.code == 0)
        let report = try #require(result.document)
        for (name, value) in [
            ("samples", 600), ("acknowledged", 600), ("refused", 0), ("duplicates", 0),
        ] {
            #expect(report[name]?.integer == value, "\(name)")
        }
        #expect((report["seconds"]?.number ?? 0) > 0)
        #expect((report["samplesPerSecond"]?.number ?? 0) > 0)
        #expect(report["finished"]?.flag == true)
        let figures = try #require(report["prequential"])
        #expect((figures["overall"]?.number ?? 0) > 0.8)
        #expect((figures["last1000"]?.number ?? 0) > 0.8)
        #expect((figures["noChange"]?.number ?? 1) < 0.5)
        #expect((figures["kappaTemporal"]?.number ?? 0) > 0.6)
        let words = scene.user.run(["stream", scene.file, "--again"])
        #expect(words.code == 0 && words.output.contains("600 of 600 samples acknowledged"))
        #expect(words.output.contains("epoch 2"))
    }

    @Test func predictNamesClassesAndGenerationAndScores() throws {
        let scene = try Trained()
        let result = scene.user.run([
            "predict", scene.file, "--limit", "40", "--skip", "5", "--json",
        ])
        #expect(result.code == 0)
        let document = try #require(result.document)
        let rows = document["predictions"]?.list ?? []
        #expect(document["samples"]?.integer == 40 && rows.count == 40)
        #expect(rows.first?["index"]?.integer == 5)
        let generation = document["newestGeneration"]?.integer
        #expect(generation == document["oldestGeneration"]?.integer)
        #expect(UInt64(generation ?? 0) == scene.user.status()?.generation)
        let right = rows.indices.count { row in
            rows[row]["className"]?.text == SmallData.classNames[scene.data.classes[row + 5]]
        }
        #expect(right >= 38)
        for row in rows {
            let sum = (row["outputs"]?.list ?? []).compactMap(\.number).reduce(0, +)
            #expect(abs(sum - 1) < 1e-4)
        }
        let score = scene.user.run(["predict", scene.file, "--score", "--json"])
        #expect(score.document?["scored"]?.integer == 600)
        #expect((score.document?["accuracy"]?.number ?? 0) > 0.95)
        let words = scene.user.run(["predict", scene.file, "--limit", "2"])
        #expect(words.output.split(separator: "\n").count == 2)
        #expect(SmallData.classNames.contains { words.output.contains($0) })
    }

    @Test func checkpointsAreSavedListedInspectedVerifiedAndRestored() throws {
        let scene = try Trained()
        let before = try #require(scene.user.status())
        let saved = scene.user.run(["checkpoint", "save", "good", "--json"])
        #expect(saved.code == 0)
        let entry = try #require(saved.document?["checkpoint"])
        let path = try #require(entry["path"]?.text)
        #expect(entry["name"]?.text == "good" && entry["samples"]?.integer == 600)
        #expect(entry["stateDigest"]?.text == before.stateDigest)
        #expect(entry["bytes"]?.integer == Workplace.bytes(path).count)
        let list = scene.user.run(["checkpoint", "list", "--json"])
        #expect(list.document?["checkpoints"]?.list == [entry], "as it was saved")
        #expect(scene.user.run(["checkpoint", "list"]).output.contains("good"))
        for command in ["inspect", "verify"] {
            let document = try #require(
                scene.user.run(["checkpoint", command, path, "--json"]).document)
            #expect(document["stateDigest"]?.text == before.stateDigest)
            #expect(document["generation"]?.integer == Int(before.generation))
            #expect(document["configuration"]?.text?.contains("hidden") == true)
            #expect((document["tensors"]?.list.count ?? 0) > 4)
            #expect(document["intact"]?.flag == true)
            #expect(scene.user.run(["checkpoint", command, path]).output.contains("generation"))
        }
        let more = scene.user.run(["stream", "\(scene.file)", "--name", "more"])
        #expect(more.code == 0)
        #expect(scene.user.status()?.stateDigest != before.stateDigest)
        let restored = scene.user.run(["checkpoint", "restore", "good", "--json"])
        #expect(restored.code == 0)
        #expect(restored.document?["source"]?.text == "good")
        #expect(restored.document?["restoredFrom"]?.integer == Int(before.generation))
        #expect(scene.user.run(["checkpoint", "save"]).code == 0)
        #expect(scene.user.run(["checkpoint", "list"]).output.contains("auto-"))
    }

    @Test func aFreshDaemonStartsFromACheckpointOfAnother() throws {
        let scene = try Trained()
        let digest = try #require(scene.user.status()?.stateDigest)
        let saved = scene.user.run(["checkpoint", "save", "seed", "--json"])
        let path = try #require(saved.document?["checkpoint"]?["path"]?.text)
        let other = RealDaemon(configuration: SmallData.configuration())
        try #require(other.start(["--from", path]))
        let status = try #require(CommandClient(state: other.state).status())
        #expect(status.stateDigest == digest)
        #expect(other.stop() == 0)
    }
}
