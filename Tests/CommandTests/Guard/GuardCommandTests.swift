// `millrace guard` against the real daemon: what it says before and after a rollback by hand, and
// how it fails.

import MillraceProtocol
import Testing

@Suite struct GuardCommandTests {
    @Test func theRecordTellsWhoDidWhat() throws {
        let scene = try Trained()
        let before = try #require(scene.user.status())
        #expect(before.guardian?.state == "waiting" || before.guardian?.state == "watching")
        let quiet = scene.user.run(["guard"])
        #expect(quiet.code == 0, "\(quiet.errors)")
        #expect(quiet.output.contains("guard"))
        if let good = before.guardian?.good, good > 0 {
            #expect(quiet.output.contains("in the ring"), "\(quiet.output)")
        }
        let back = scene.user.run(["rollback", "\(before.generation)"])
        #expect(back.code == 0, "\(back.errors)")
        let document = try #require(scene.user.run(["guard", "--json"]).document)
        #expect(document["ok"]?.flag == true)
        let text = scene.user.run(["guard", "--history", "1"]).output
        #expect(text.contains("rollback") && text.contains("admin"), "\(text)")
        #expect(!scene.user.run(["guard", "--history", "0"]).output.contains("admin"))
    }

    @Test func itFailsAsTheOtherCommandsDo() throws {
        let user = CommandClient(state: "/tmp/millrace-nobody-here")
        #expect(user.run(["guard", "--timeout", "0.2"]).code == 69)
        #expect(user.run(["guard", "--history", "101"]).code == 64)
    }
}
