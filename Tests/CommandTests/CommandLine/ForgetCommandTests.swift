// `millrace forget`: a name that was typed wrongly gives its place back.

import Glibc
import Testing

@Suite struct ForgetCommandTests {
    @Test func aFullTableHasRoomAgain() throws {
        let scene = try Trained(
            configuration: SmallData.configuration().replacing(
                "max-producers = 4", with: "max-producers = 2"))
        let user = scene.user
        let stream = try #require(
            user.start(["stream", scene.file, "--name", "smal", "--loop", "--rate", "100"]))
        _ = user.wait(for: "smal") { $0.durable > 0 }
        let third = user.run(["stream", scene.file, "--name", "third", "--limit", "10"])
        #expect(
            third.code == 77 && third.errors.contains("millrace forget NAME"), "\(third.errors)")

        // Who streams is kept.
        let early = user.run(["forget", "smal"])
        #expect(early.code == 75 && early.errors.contains("smal"), "\(early.errors)")
        stream.process.send(SIGINT)
        #expect(stream.wait().code == 130)
        // After a restart nobody has been heard.
        #expect(scene.daemon.stop() == 0)
        try #require(scene.daemon.start())
        let words = user.run(["forget", "smal"])
        #expect(words.code == 0, "\(words.errors)")
        #expect(words.output == "producer smal is forgotten; 1 place is free\n")
        #expect(user.run(["guard"]).output.contains("producer smal gave up its place"))
        #expect(scene.daemon.place.read("log").contains("event=forget by=admin"))
        let again = user.run(["forget", "smal"])
        #expect(again.code == 66 && again.errors.contains("smal"), "\(again.errors)")
        #expect(user.run(["stream", scene.file, "--name", "third", "--limit", "10"]).code == 0)
        let status = try #require(user.run(["status", "--json"]).document)
        let names = status["producers"]?.list.compactMap { $0["name"]?.text }
        #expect(names == ["small", "third"])

        // Its spool is of nobody now, and says so.
        let late = user.run(["stream", scene.file, "--name", "smal"])
        #expect(late.code != 0 && late.errors.contains("TRY:"), "\(late.errors)")
        #expect(scene.daemon.stop() == 0)
        try #require(scene.daemon.start())
        let document = user.run(["forget", "third", "--json"]).document
        #expect(document?["forgotten"]?.text == "third")
        #expect(document?["freePlaces"]?.number == 1)
        #expect(scene.daemon.stop() == 0)
    }
}
