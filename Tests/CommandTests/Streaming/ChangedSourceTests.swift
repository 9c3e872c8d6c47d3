// A file that changes between two runs of the same command: what was learned is never learned
// again, and what cannot be told apart is refused.

import Glibc
import MillraceProtocol
import Testing

@Suite struct ChangedSourceTests {
    /// The data as CSV, with the third reading of row `bad` spoilt.
    private func csv(_ data: SmallData, bad: Int) -> String {
        var lines = data.csv.split(separator: "\n").map(String.init)
        lines[bad + 1] = "1,2,three,low"
        return lines.joined(separator: "\n") + "\n"
    }

    private func isWhole(_ scene: Trained, rows: UInt64) throws {
        let producer = try #require(scene.user.producer("p"))
        #expect(producer.epoch == 1 && producer.balances && producer.learned == rows)
        #expect(IdSet(producer) == IdSet(1...rows))
    }

    @Test(arguments: [0, 1, 299, 599])
    func aCorrectedRowIsWhereTheSameCommandGoesOn(bad: Int) throws {
        let scene = try Trained(rows: 0)
        let file = scene.user.place.write("d.csv", csv(scene.data, bad: bad))
        let words = ["stream", file, "--name", "p"]
        let first = scene.user.run(words)
        #expect(first.code == 65 && first.errors.contains("d.csv:\(bad + 2)"), "\(first.errors)")
        #expect(first.errors.contains("TRY: correct the row and give the same command again"))
        scene.user.place.write("d.csv", scene.data.csv)
        let second = scene.user.run(words)
        #expect(second.code == 0, "\(second.errors)")
        try isWhole(scene, rows: 600)
    }

    @Test(arguments: [true, false])
    func aFileThatGrewGoesOnAlsoWhereItsLastLineDidNotEnd(endsItsLine: Bool) throws {
        let scene = try Trained(rows: 0)
        let text = endsItsLine ? scene.data.csv : String(scene.data.csv.dropLast())
        let file = scene.user.place.write("d.csv", text)
        let words = ["stream", file, "--name", "p"]
        #expect(scene.user.run(words).code == 0)
        scene.user.place.write("d.csv", scene.data.csv + "0,0,2,high\n")
        let more = scene.user.run(words)
        #expect(more.code == 0 && more.errors.contains("has changed behind the 600"), "\(more)")
        try isWhole(scene, rows: 601)
    }

    @Test func anArrayThatGrewGoesOn() throws {
        let scene = try Trained(rows: 0)
        let more = SmallData(rows: 700, seed: 11)
        let words = ["stream", "\(scene.user.place.path)/d.x.npy", "--name", "p"]
        for (data, rows) in [(scene.data, 600), (more, 700)] as [(SmallData, UInt64)] {
            scene.user.place.write("d.x.npy", data.npy)
            scene.user.place.write("d.y.npy", data.labelNpy)
            let result = scene.user.run(words)
            #expect(result.code == 0, "\(result.errors)")
            try isWhole(scene, rows: rows)
        }
    }

    @Test func rowsThatWereSentMayNotChange() throws {
        let scene = try Trained(rows: 0)
        let file = scene.user.place.write("d.csv", String(scene.data.csv.dropLast()))
        let words = ["stream", file, "--name", "p"]
        #expect(scene.user.run(words).code == 0)
        // The last sample's class grows by a letter, and one in the middle has another reading.
        for text in [
            String(scene.data.csv.dropLast()) + "s\n0,0,2,high\n",
            scene.data.csv.replacing(line: 300, by: "0,0,2,high") + "0,0,2,high\n",
        ] {
            scene.user.place.write("d.csv", text)
            let result = scene.user.run(words)
            #expect(result.code == 65, "\(result.errors)")
            for word in ["another source", "first 600 samples are not those", "--again"] {
                #expect(result.errors.contains(word), "\(word) in: \(result.errors)")
            }
        }
        try isWhole(scene, rows: 600)
    }

    /// A run that was killed could not say what it sent: the daemon's count tells.
    @Test func whatAKilledRunSentIsNotTakenOnTrust() throws {
        let scene = try Trained(rows: 0)
        let file = scene.user.place.write("d.csv", scene.data.csv)
        let words = ["stream", file, "--name", "p"]
        #expect(scene.user.run(words + ["--limit", "100"]).code == 0)
        let slow = try #require(scene.user.start(words + ["--rate", "300"]))
        _ = scene.user.wait(for: "p") { $0.next > 150 }
        slow.process.send(SIGKILL)
        _ = slow.wait()
        scene.user.place.write("d.csv", scene.data.csv + "0,0,2,high\n")
        let result = scene.user.run(words)
        #expect(result.code == 65, "\(result.errors)")
        #expect(result.errors.contains("only 100 are known"), "\(result.errors)")
        scene.user.place.write("d.csv", scene.data.csv)
        #expect(scene.user.run(words).code == 0)
        try isWhole(scene, rows: 600)
    }
}

extension String {
    /// With line `number` (from 0) replaced.
    fileprivate func replacing(line number: Int, by text: String) -> String {
        var lines = split(separator: "\n").map(String.init)
        lines[number] = text
        return lines.joined(separator: "\n") + "\n"
    }
}
