// The lines that `millrace predict` prints for people, and that scripts read: index, what is
// predicted with its name, and the generation that answered.

import Testing

@Suite struct PredictTextTests {
    @Test func aClassHasItsNameItsShareAndItsGeneration() throws {
        let scene = try Trained(rows: 600)
        let result = scene.user.run(["predict", scene.file, "--limit", "3"])
        #expect(result.code == 0, "\(result.errors)")
        let lines = result.output.split(separator: "\n")
        #expect(lines.count == 3)
        for (index, line) in lines.enumerated() {
            let words = line.split(separator: " ").map(String.init)
            try #require(words.count == 5, "\(line)")
            #expect(words[0] == "\(index)")
            #expect(SmallData.classNames.contains(words[1]))
            #expect(Double(words[2]).map { (0...1).contains($0) } == true)
            #expect(words[3] == "generation" && UInt64(words[4]) != nil)
        }
    }

    @Test func aForecastNamesItsValues() throws {
        let daemon = RealDaemon(
            configuration: """
                [input]
                features = 2
                type = "f32"
                normalise = "running"
                names = ["warm", "wet"]
                [output]
                task = "forecast"
                [network]
                hidden = [4]
                [memory]
                budget = "32MiB"
                """)
        let user = CommandClient(state: daemon.state)
        try #require(daemon.start())
        var rows = "warm,wet\n"
        for row in 0..<300 { rows += "\(row % 7).5,\(row % 5).25\n" }
        let file = user.place.write("weather.csv", rows)
        #expect(user.run(["stream", file, "--name", "w"]).code == 0)
        let result = user.run(["predict", file, "--limit", "1"])
        let words = result.output.split(separator: " ").map(String.init)
        try #require(words.count == 7, "\(result.output) \(result.errors)")
        #expect(words[1] == "warm" && words[3] == "wet" && words[5] == "generation")
        #expect(Double(words[2]) != nil && Double(words[4]) != nil)
    }

    /// A daemon that learns two columns of numbers, and its user.
    private func weather(_ output: String) throws -> (RealDaemon, CommandClient, String) {
        let daemon = RealDaemon(
            configuration: """
                [input]
                features = 2
                names = ["warm", "wet"]
                [output]
                \(output)
                [network]
                hidden = [4]
                [learning]
                rate = 0.05
                [memory]
                budget = "32MiB"
                """)
        let user = CommandClient(state: daemon.state)
        try #require(daemon.start())
        var rows = "warm,wet\n"
        for row in 0..<300 { rows += "\(row % 7).5,\(row % 5).25\n" }
        let file = user.place.write("weather.csv", rows)
        #expect(user.run(["stream", file, "--name", "w"]).code == 0)
        return (daemon, user, file)
    }

    /// Two targets by their names, in another order than the daemon's; and a row that is refused.
    @Test func targetsAreComparedByTheirNamesAndARefusedRowIsLeftOut() throws {
        let daemon = RealDaemon(
            configuration: """
                [input]
                features = 1
                names = ["x"]
                upper = 100.0
                lower = -100.0
                [output]
                task = "regression"
                targets = ["double", "minus"]
                [network]
                hidden = [8]
                [learning]
                rate = 0.02
                [memory]
                budget = "32MiB"
                """)
        let user = CommandClient(state: daemon.state)
        try #require(daemon.start())
        var text = "minus,x,double\n"
        for row in 0..<2000 {
            let x = Double(row * 37 % 100) / 50 - 1
            text += "\(-x),\(x),\(2 * x)\n"
        }
        let file = user.place.write("line.csv", text)
        #expect(user.run(["stream", file, "--label-column", "minus,double"]).code == 0)
        let score = user.run(["predict", file, "--score", "--json"])
        let errors = try #require(score.document?["errors"]?.list)
        #expect(errors.compactMap { $0["name"]?.text } == ["double", "minus"])
        for error in errors { #expect((error["meanAbsolute"]?.number ?? 1) < 0.15, "\(error)") }
        #expect(try Schema("predict").complaints(#require(score.document)) == [])
        let words = user.run(["predict", file, "--score"]).output
        #expect(words.contains("double  mean absolute error 0."), "\(words)")
        #expect(words.contains("(2000 samples)"), "\(words)")

        let odd = user.place.write("odd.csv", "x\n0.5\n1e20\n-0.5\n")
        let some = user.run(["predict", odd, "--json"])
        #expect(some.code == 0 && some.document?["refused"]?.integer == 1)
        #expect(some.document?["predictions"]?.list.compactMap { $0["index"]?.integer } == [0, 2])
        #expect(some.errors.contains("sample 1, counted from 0"), "\(some.errors)")
        #expect(try Schema("predict").complaints(#require(some.document)) == [])
        let none = user.run(["predict", user.place.write("all.csv", "x\n1e20\n")])
        #expect(none.code == 65 && none.errors.contains("outOfBounds"), "\(none.errors)")
        let bare = user.run(["predict", odd, "--score"])
        #expect(bare.code == 65 && bare.errors.contains("no labels"), "\(bare.errors)")
    }

    @Test func aForecastHasNoLabels() throws {
        let (daemon, user, file) = try weather("task = \"forecast\"")
        defer { withExtendedLifetime(daemon) {} }
        let score = user.run(["predict", file, "--score"])
        #expect(score.code == 64 && score.errors.contains("takes none"), "\(score.errors)")
        let label = user.run(["label", "--name", "w", "--sample", "3", "--label", "2"])
        #expect(label.code == 64 && label.errors.contains("takes no labels"), "\(label.errors)")
        let stream = user.run(["stream", file, "--name", "v", "--label-column", "wet"])
        #expect(stream.code == 0 && stream.errors.contains("labels are left out"))
    }

    @Test func aForecastOfSeveralStepsHasALineForEach() throws {
        let (daemon, user, file) = try weather("task = \"forecast\"\nsteps = 3")
        defer { withExtendedLifetime(daemon) {} }
        let result = user.run(["predict", file, "--limit", "2"])
        let lines = result.output.split(separator: "\n").map {
            $0.split(separator: " ").map(String.init)
        }
        try #require(lines.count == 6, "\(result.output) \(result.errors)")
        for (line, words) in lines.enumerated() {
            #expect(words[0] == "\(line / 3)" && words[1] == "+\(line % 3 + 1)")
            #expect(words[2] == "warm" && words[4] == "wet" && words[6] == "generation")
        }
        let status = user.run(["status"]).output
        #expect(status.contains("steps") && status.contains("+3"), "\(status)")
    }

    @Test func anAutoencoderSaysHowUnusualASampleIs() throws {
        let (daemon, user, file) = try weather("task = \"autoencoder\"")
        defer { withExtendedLifetime(daemon) {} }
        let result = user.run(["predict", file, "--limit", "1"])
        let words = result.output.split(separator: " ").map(String.init)
        try #require(words.count == 11, "\(result.output) \(result.errors)")
        #expect(words[1] == "warm" && words[3] == "wet")
        #expect(words[5] == "error" && words[7] == "percentile" && words[9] == "generation")
        #expect(Double(words[6]) != nil && Double(words[8]).map { (0...1).contains($0) } == true)
        let status = user.run(["status"]).output
        #expect(status.contains("percentile") && status.contains("means"), "\(status)")
    }
}
