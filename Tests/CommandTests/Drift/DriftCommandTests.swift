// Drift against the real daemon: the alarm in `status`, in the log, in `generations` and `watch`.

import MillraceProtocol
import Testing

@Suite struct DriftCommandTests {
    /// The small problem, and then the same with its classes renamed: what was learned is wrong.
    @Test func theUserSeesTheAlarm() throws {
        let settings = """

            [drift]
            detector = "page-hinkley"
            threshold = 10
            on-alarm = "raise-rate"
            raise-samples = 5000
            """
        let scene = try Trained(
            rows: 600, configuration: SmallData.configuration() + settings)
        let before = try #require(scene.user.run(["status", "--json"]).document)
        #expect(before["drift"]?["alarms"]?.number == 0)
        let others = ["middle", "high", "low"]
        var text = "a,b,c,label\n"
        for (row, label) in zip(scene.data.values, scene.data.classes) {
            text += "\(row[0]),\(row[1]),\(row[2]),\(others[label])\n"
        }
        let file = scene.user.place.write("renamed.csv", text)
        let result = scene.user.run(["stream", file, "--name", "renamed"])
        #expect(result.code == 0, "\(result.errors)")

        let document = try #require(scene.user.run(["status", "--json"]).document)
        #expect(try Schema("status-reply").complaints(document) == [])
        let drift = try #require(document["drift"])
        #expect((drift["alarms"]?.number ?? 0) >= 1)
        #expect((drift["newest"]?["sample"]?.number ?? 0) > 600)
        #expect((drift["raisedSamples"]?.number ?? 0) > 0)
        let words = scene.user.run(["status"]).output
        #expect(words.contains("page-hinkley") && words.contains("the last at sample"), "\(words)")
        let log = scene.daemon.place.read("log")
        #expect(log.contains("event=drift_alarm detector=page-hinkley number=1 sample="), "\(log)")

        let list = try #require(scene.user.run(["generations", "--json"]).document)
        #expect(try Schema("generations-reply").complaints(list) == [])
        #expect((list["generations"]?.list.first?["driftAlarms"]?.number ?? 0) >= 1)
        #expect(scene.user.run(["generations"]).output.contains("alarms"))
        let watch = scene.user.run(["watch", "--count", "1"]).output
        #expect(watch.contains(" drift alarms"), "\(watch)")

        // What it was is what it is after a restart.
        #expect(scene.daemon.stop() == 0)
        #expect(scene.daemon.start())
        let again = try #require(scene.user.run(["status", "--json"]).document)
        #expect(again["drift"] == drift)
        #expect(scene.daemon.stop() == 0)
    }
}
