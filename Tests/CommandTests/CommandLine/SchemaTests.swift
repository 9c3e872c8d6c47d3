// Goal: what --json prints is what protocol/schema says: real documents of real commands.

import Testing

@Suite struct SchemaTests {
    private func holds(
        _ schema: String, _ result: CommandResult, code: Int32 = 0,
        location: SourceLocation = #_sourceLocation
    ) throws {
        #expect(result.code == code, "\(schema): \(result.errors)", sourceLocation: location)
        for line in result.output.split(separator: "\n") {
            let document = try #require(JSON(String(line)), sourceLocation: location)
            let complaints = try Schema(schema).complaints(document)
            #expect(complaints == [], "\(schema)", sourceLocation: location)
            // The check itself can fail.
            #expect(try !Schema(schema).complaints(.object(["x": .null])).isEmpty)
        }
        #expect(!result.output.isEmpty, "\(schema)", sourceLocation: location)
    }

    @Test func documentsOfStreamsAndAnswers() throws {
        let configuration =
            SmallData.configuration()
                + """

                [device]
                name = "bench"
                clock-megahertz = 15
                memory = "1MiB"
                word-bits = 32
                float-bits = 32
                edge-processors = 16
                """
        let scene = try Trained(configuration: configuration)
        let user = scene.user
        try holds("stream", user.run(["stream", scene.file, "--name", "b", "--cost", "--json"]))
        try holds("stream", user.run(["stream", scene.file, "--name", "b", "--json"]))
        try holds("predict", user.run(["predict", scene.file, "--limit", "9", "--cost", "--json"]))
        try holds("predict", user.run(["predict", scene.file, "--score", "--json"]))
        try holds("watch", user.run(["watch", "--count", "3", "--interval", "0.05", "--json"]))
        try holds("status-reply", user.run(["status", "--json"]))
        try holds(
            "label",
            user.run(["label", "--name", "b", "--sample", "1", "--label", "low", "--json"]),
            code: 65)
        #expect(scene.daemon.stop() == 0)
    }

    @Test func documentsOfCheckpoints() throws {
        let scene = try Trained()
        let user = scene.user
        let saved = user.run(["checkpoint", "save", "one", "--json"])
        try holds("checkpoint-reply", saved)
        let file = try #require(saved.document?["checkpoint"]?["path"]?.text)
        #expect(user.run(["stream", scene.file, "--name", "more"]).code == 0)
        let other = try #require(
            user.run(["checkpoint", "save", "two", "--json"]).document?["checkpoint"]?["path"]?
                .text)
        try holds("checkpoint-inspect", user.run(["checkpoint", "inspect", file, "--json"]))
        try holds("checkpoint-verify", user.run(["checkpoint", "verify", file, "--json"]))
        try holds("checkpoint-diff", user.run(["checkpoint", "diff", file, other, "--json"]))
        for place in ["x.npz", "x.csv"] {
            try holds(
                "checkpoint-export",
                user.run([
                    "checkpoint", "export", file, "--output", "\(user.place.path)/\(place)",
                    "--json",
                ]))
        }
        #expect(scene.daemon.stop() == 0)
    }

    @Test func documentsOfFailures() throws {
        let user = CommandClient(state: "/nowhere")
        try holds(
            "client-error", user.run(["status", "--timeout", "0.1", "--json"]), code: 69)
        try holds(
            "client-error", user.run(["stream", "/nowhere.csv", "--batch", "0", "--json"]), code: 64
        )
        try holds(
            "client-error", user.run(["checkpoint", "verify", "/nowhere", "--json"]), code: 66)
    }
}
