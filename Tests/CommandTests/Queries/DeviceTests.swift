// A real daemon on an emulated device: what the commands say of its cost is the same everywhere.

import Glibc
import MillraceProtocol
import Testing

@Suite(.serialized) struct DeviceTests {
    private static let device = """

        [device]
        name = "bench"
        clock-megahertz = 15
        memory = "1MiB"
        word-bits = 32
        float-bits = 32
        edge-processors = 16
        """

    @Test func streamStatusGenerationsAndInspectAgree() throws {
        let scene = try Trained(rows: 0, configuration: SmallData.configuration() + Self.device)
        let user = scene.user
        let streamed = user.run(["stream", scene.file, "--name", "small", "--cost", "--json"])
        let report = try #require(streamed.document, "\(streamed.errors)")
        let cost = try #require(report["cost"])
        let status = try #require(user.run(["status", "--json"]).document)
        let device = try #require(status["device"])
        let clocks = try #require(device["total"]?["clocks"]?.integer)
        #expect(status["samples"]?.integer == 600)
        #expect(device["name"]?.text == "bench" && clocks > 0)
        #expect(cost["clocks"]?.integer == clocks)
        #expect(report["totalCost"]?["clocks"]?.integer == clocks)
        #expect(cost["accesses"]?.integer == device["total"]?["accesses"]?.integer)
        #expect(clocks == 600 * (device["clocksPerSample"]?.integer ?? 0))

        let generations = try #require(user.run(["generations", "--json"]).document)
        let newest = try #require(generations["generations"]?.list.first)
        #expect(newest["device"]?["clocks"]?.integer == clocks)
        #expect(user.run(["generations"]).output.contains("device clocks"))

        let saved = try #require(user.run(["checkpoint", "save", "one", "--json"]).document)
        let path = try #require(saved["checkpoint"]?["path"]?.text)
        let inspected = try #require(user.run(["checkpoint", "inspect", path, "--json"]).document)
        #expect(inspected["device"]?["total"]?["clocks"]?.integer == clocks)
        for words in [["status"], ["checkpoint", "inspect", path]] {
            let text = user.run(words).output
            #expect(text.contains("bench") && text.contains("clocks per sample"), "\(words)")
        }
        let again = user.run(["stream", scene.file, "--name", "small", "--cost", "--again"])
        #expect(again.output.contains("device:") && again.output.contains("per sample:"))
    }

    @Test func predictionsHaveACostOfTheirOwn() throws {
        let scene = try Trained(configuration: SmallData.configuration() + Self.device)
        let asked = scene.user.run(["predict", scene.file, "--limit", "10", "--cost", "--json"])
        let clocks = try #require(asked.document?["cost"]?["clocks"]?.integer)
        let device = try #require(scene.user.run(["status", "--json"]).document?["device"])
        #expect(clocks == 10 * (device["clocksPerInference"]?.integer ?? 0) && clocks > 0)
        #expect(device["queries"]?["samples"]?.integer == 10)
        #expect(device["queries"]?["total"]?["clocks"]?.integer == clocks)
        let plain = scene.user.run(["predict", scene.file, "--limit", "10", "--json"])
        #expect(plain.code == 0 && plain.document?["cost"] == nil)
    }

    @Test func withoutADeviceTheWishIsAnsweredInWords() throws {
        let scene = try Trained()
        let streamed = scene.user.run([
            "stream", scene.file, "--name", "small", "--again", "--cost",
        ])
        #expect(streamed.code == 0 && streamed.output.contains("device: none"))
        let asked = scene.user.run(["predict", scene.file, "--limit", "3", "--cost", "--json"])
        #expect(asked.code == 0 && asked.document?["cost"] == nil)
        let status = scene.user.run(["status", "--json"])
        #expect(status.document?["device"] == nil)
    }
}
