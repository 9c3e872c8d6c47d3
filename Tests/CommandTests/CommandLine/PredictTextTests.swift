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
}
