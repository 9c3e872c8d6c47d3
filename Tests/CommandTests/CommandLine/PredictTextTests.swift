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
