// Goal: numbers that would be used as indices, or make weights no numbers, are refused wherever a
// checkpoint comes in, though its checksum and its digest are right; and a refusal changes nothing.

import Glibc
import MillraceProtocol
import Testing

@Suite struct ForgedCheckpointTests {
    private static let configuration =
        SmallData.configuration().replacing("features = 3", with: "features = 3\nshape = [3, 1]")
            + """

            [drift]
            detector = "adwin"
            [block.0]
            kind = "running-norm"
            [block.1]
            kind = "flatten"
            """

    /// A field, the number in its first place, and what the refusal says.
    private static let forgeries: [(field: String, bits: UInt64, word: String)] = [
        ("drift.used", 1_000_000, "drift.used[0]: 1000000 buckets"),
        ("drift.used", .max, "drift.used[0]"),
        ("drift.adwin", 0, "drift.adwin[0]"),
        ("metrics.counts", .max, "metrics.counts"),
        ("block.0.samples", .max, "samples"),
        // A float that is no number, and an infinite one.
        ("block.0.gamma", 0x7fc0_0000, "learner.block.0.gamma"),
        ("block.0.mean", 0x7f80_0000, "learner.block.0.mean"),
    ]

    private func forge(_ path: String, _ folder: String, _ index: Int) throws -> String {
        let (field, bits, _) = Self.forgeries[index]
        return try ForgedCheckpoint.write(
            from: path, to: folder, name: "forged\(index)", field: field
        ) { $0.storeBytes(of: bits, as: UInt64.self) }
    }

    /// millraced with those arguments to its end; exit code and what it printed.
    private func run(_ arguments: [String], _ place: Workplace) -> (code: Int32?, text: String) {
        let process = ChildProcess(
            Build.path("millraced"), arguments, output: "\(place.path)/out")
        let code = process?.wait(seconds: 10)
        return (code, place.read("out"))
    }

    @Test func noneIsStartedFromOrRestored() throws {
        let scene = try Trained(configuration: Self.configuration)
        let reply = scene.user.run(["checkpoint", "save", "good", "--json"])
        let path = try #require(reply.document?["checkpoint"]?["path"]?.text)
        let folder = "\(scene.daemon.state)/checkpoints"
        let files = try Self.forgeries.indices.map { try forge(path, folder, $0) }
        let before = try #require(scene.user.status())
        for (index, forgery) in Self.forgeries.enumerated() {
            let result = scene.user.run(["checkpoint", "restore", "forged\(index)"])
            #expect(result.code == 65 && result.errors.contains(forgery.word), "\(result.errors)")
        }
        let after = try #require(scene.user.status())
        #expect(after.stateDigest == before.stateDigest && after.generation == before.generation)
        // The daemon lives and learns.
        #expect(scene.user.run(["stream", scene.file, "--name", "more"]).code == 0)
        #expect(scene.daemon.stop() == 0)

        let ring = Workplace.bytes("\(scene.daemon.state)/ring")
        try #require(!ring.isEmpty)
        for (file, forgery) in zip(files, Self.forgeries) {
            let other = Workplace()
            let start = ["--config", scene.daemon.configurationPath, "--from", file, "--state"]
            let (code, text) = run(start + ["\(other.path)/s"], other)
            #expect(code == 65, "\(forgery.field): \(text)")
            #expect(text.contains(file) && text.contains(forgery.word), "\(text)")
            #expect(text.contains("TRY: "), "\(text)")
            #expect(Workplace.bytes("\(other.path)/s/ring").isEmpty)
            // Over a state that is there, too.
            let fresh = run(start + [scene.daemon.state, "--fresh"], other)
            #expect(fresh.code == 65, "\(fresh.text)")
        }
        #expect(Workplace.bytes("\(scene.daemon.state)/ring") == ring)
        // A file of the same making without the forgery is taken.
        let sound = try ForgedCheckpoint.write(
            from: path, to: folder, name: "sound", field: "block.0.samples"
        ) { _ in }
        try #require(scene.daemon.start(["--fresh", "--from", sound]))
        #expect(scene.user.status()?.stateDigest == before.stateDigest)
        #expect(scene.daemon.stop() == 0)
    }
}
