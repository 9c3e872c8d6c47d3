// Goal: a daemon whose network has blocks learns, answers, is killed and goes on, saves and restores
// like any other; and plan, check, status and inspect name the blocks.

import Testing

@Suite(.serialized) struct BlockCellTests {
    /// The three readings as a sequence of one channel.
    private static let blocks = """

        [block.0]
        kind = "conv1d"
        channels = 8
        kernel = 2
        padding = "same"
        [block.1]
        kind = "running-norm"
        activation = "relu"
        [block.2]
        kind = "lstm"
        units = 8
        [device]
        name = "bench"
        clock-megahertz = 15
        memory = "1MiB"
        word-bits = 32
        float-bits = 32
        edge-processors = 16
        """

    private static var configuration: String {
        SmallData.configuration().replacing("features = 3", with: "features = 3\nshape = [3, 1]")
            .replacing("hidden = [8]", with: "hidden = [16]") + blocks
    }

    private static let names = [
        "block 0", "block 2 input", "block 2 recurrent", "junction 0", "junction 1",
    ]

    @Test func livesLikeAnyOther() throws {
        let trained = try Trained(rows: 1_500, configuration: Self.configuration)
        let (daemon, user) = (trained.daemon, trained.user)
        let before = try #require(user.status())
        #expect((before.figures.last1000 ?? 0) > 0.8, "\(before.figures)")

        try #require(user.run(["checkpoint", "save", "early"]).code == 0)
        let predicted = user.run(["predict", trained.file, "--json"])
        #expect(predicted.code == 0)
        daemon.kill()
        try #require(daemon.start())
        #expect(user.status()?.stateDigest == before.stateDigest)
        #expect(user.run(["predict", trained.file, "--json"]).output == predicted.output)

        #expect(user.run(["stream", trained.file, "--name", "more"]).code == 0)
        try #require(user.run(["checkpoint", "save", "late"]).code == 0)
        let early = "\(daemon.state)/checkpoints/early.safetensors"
        let late = "\(daemon.state)/checkpoints/late.safetensors"
        let differences = user.run(["checkpoint", "diff", early, late])
        #expect(differences.output.contains("block.0.weights"), "\(differences.output)")
        try inspect(early, user)
        try status(user)
        #expect(user.run(["checkpoint", "restore", "early"]).code == 0)
        #expect(user.status()?.stateDigest == before.stateDigest)
        #expect(daemon.stop() == 0)
    }

    private func inspect(_ file: String, _ user: CommandClient) throws {
        let document = try #require(user.run(["checkpoint", "inspect", file, "--json"]).document)
        let junctions = try #require(document["junctions"]).list
        #expect(
            junctions.map { $0["name"]?.text } == [
                "block.0", "block.2.input", "block.2.recurrent", "junction.0", "junction.1",
            ])
        #expect(junctions.allSatisfy { $0["findings"]?.list.isEmpty == true })
        #expect(junctions.map { $0["weights"]?.integer } == [16, 256, 256, 128, 48])
        let text = user.run(["checkpoint", "inspect", file]).output
        for words in ["block.2.recurrent", "learner.block.1.gamma", "block 2 input"] {
            #expect(text.contains(words), "\(words) in \(text)")
        }
        let place = user.place.path + "/out"
        #expect(user.run(["checkpoint", "export", file, "--output", place]).code == 0)
    }

    private func status(_ user: CommandClient) throws {
        let device = try #require(user.run(["status", "--json"]).document?["device"])
        #expect(device["junctions"]?.list.map { $0["name"]?.text } == Self.names)
        #expect(user.run(["status"]).output.contains("block 2 recurrent"))
    }

    @Test func thePlanNamesBlocks() throws {
        let user = CommandClient(state: "/nowhere")
        let file = user.place.write("blocks.toml", Self.configuration)
        let plan = user.run(["plan", file, "--simulate"], changed: ["COLUMNS": "200"])
        #expect(plan.code == 0, "\(plan.errors)")
        for words in Self.names + [
            "3 > conv1d > running-norm > lstm > 8-16-3", "not charged", "kept by blocks",
            "scales of norms", "are those of the plan", "2-8, 3 times",
        ] {
            #expect(plan.output.contains(words), "\(words) in \(plan.output)")
        }
        let document = try #require(user.run(["plan", file, "--json"]).document)
        let junctions = try #require(document["junctions"]).list
        #expect(junctions.map { $0["name"]?.text } == Self.names)
        #expect(junctions.map { $0["uses"]?.integer } == [3, 3, 3, 1, 1])
        let picture = user.place.path + "/plan.svg"
        #expect(user.run(["plan", file, "--svg", picture]).code == 0)
        #expect(user.place.read("plan.svg").contains("block 2 recurrent, 3 times"))

        let fit = user.run(["plan", file, "--fit", "64KiB"])
        #expect(fit.code == 64 && fit.errors.contains("has blocks"), "\(fit.errors)")
        let small = user.run(["plan", file, "--set", "device.memory=64"])
        #expect(small.code == 78 && small.errors.contains("[block.N]"), "\(small.errors)")
        let none = user.run([
            "plan", file, "--set", "block.2.structure=circulant", "--set", "block.2.block=8",
        ])
        #expect(none.code == 78 && none.errors.contains("block 2 input"), "\(none.errors)")
    }
}
