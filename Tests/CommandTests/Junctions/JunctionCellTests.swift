// Goal: whatever its junctions are, a daemon learns, answers, is killed and goes on, saves and
// restores, and is inspected and compared like any other.

import Glibc
import MillraceProtocol
import Testing

@Suite(.serialized) struct JunctionCellTests {
    /// `SmallData` with two hidden layers and what is said of the junctions.
    struct Network: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let junctions: String
        /// What `inspect` says that it looked at, of the junction in the middle.
        let check: String
        var network = "hidden = [32, 32]"

        var configuration: String {
            SmallData.configuration()
                .replacing("hidden = [8]", with: network)
                .replacing("rate = 0.05", with: "rate = 0.0625") + "\n" + junctions
        }
    }

    static let networks = [
        Network(
            testDescription: "clash-free, fixed point throughout",
            junctions: """
                [junction]
                structure = "clash-free"
                out-degree = 16
                arithmetic = "fixed"
                format = [12, 3, 8]
                """, check: "clash-free",
            network: """
                hidden = [32, 32]
                activation = "sigmoid"
                output-activation = "sigmoid"
                initialisation = "glorot-normal"
                input-width = 16
                output-width = 16
                """),
        Network(
            testDescription: "fixed point in the pipeline",
            junctions: """
                [junction]
                arithmetic = "fixed"
                format = [12, 3, 8]
                """, check: "weights within the format",
            network: """
                hidden = [32, 32]
                activation = "sigmoid"
                output-activation = "sigmoid"
                initialisation = "glorot-normal"
                schedule = "pipeline"
                """),
        Network(
            testDescription: "N:M",
            junctions: "[junction]\nstructure = \"pruned\"\npattern = \"2:8\"",
            check: "mask legal"),
        Network(
            testDescription: "circulant",
            junctions: "[junction]\nstructure = \"circulant\"\nblock = 4",
            check: "spectra finite"),
        Network(
            testDescription: "lane-aligned, stochastic",
            junctions: """
                [junction]
                rule = "stochastic"
                stream-bits = 16
                [junction.1]
                structure = "lane-aligned"
                density = 0.5
                """, check: "clash-free"),
    ]

    @Test(arguments: networks)
    func livesLikeAnyOther(_ network: Network) throws {
        let trained = try Trained(rows: 1_500, configuration: network.configuration)
        let (daemon, user) = (trained.daemon, trained.user)
        let before = try #require(user.status())
        #expect((before.figures.last1000 ?? 0) > 0.8, "\(before.figures)")

        try #require(user.run(["checkpoint", "save", "early"]).code == 0)
        let predicted = user.run(["predict", trained.file, "--json"])
        #expect(predicted.code == 0)

        // Killed and started again, it is where it was, and answers the same.
        daemon.kill()
        try #require(daemon.start())
        let after = try #require(user.status())
        #expect(after.stateDigest == before.stateDigest)
        #expect(user.run(["predict", trained.file, "--json"]).output == predicted.output)

        // It learns on, and a restore brings the early weights back.
        #expect(user.run(["stream", trained.file, "--name", "more"]).code == 0)
        try #require(user.run(["checkpoint", "save", "late"]).code == 0)
        let early = "\(daemon.state)/checkpoints/early.safetensors"
        let late = "\(daemon.state)/checkpoints/late.safetensors"
        let differences = try #require(
            user.run(["checkpoint", "diff", early, late, "--json"]).document)
        #expect(differences["equal"]?.flag == false)
        #expect(differences["configurationEqual"]?.flag == true)
        #expect(user.run(["checkpoint", "restore", "early"]).code == 0)
        #expect(user.status()?.stateDigest == before.stateDigest)

        try inspect(early, user, network)
        #expect(daemon.stop() == 0)
    }

    private func inspect(_ file: String, _ user: CommandClient, _ network: Network) throws {
        let document = try #require(user.run(["checkpoint", "inspect", file, "--json"]).document)
        let junctions = try #require(document["junctions"]).list
        try #require(junctions.count == 3)
        #expect(junctions.allSatisfy { $0["findings"]?.list.isEmpty == true })
        let checks = junctions[1]["checks"]?.list.compactMap(\.text) ?? []
        #expect(checks.contains(network.check), "\(checks)")
    }

    /// Shapes do not say which edges there are: another seed, block or format is refused.
    @Test func anotherPatternIsAnotherState() throws {
        let trained = try Trained(rows: 600, configuration: Self.networks[0].configuration)
        #expect(trained.daemon.stop() == 0)
        for (change, words) in [
            ("junction.pattern-seed=9", "seed 9,"),
            ("junction.format=[12, 2, 9]", "junctions of another structure"),
        ] {
            let process = ChildProcess(
                Build.path("millraced"),
                [
                    "--config", trained.daemon.configurationPath, "--state", trained.daemon.state,
                    "--set", change,
                ], output: "\(trained.daemon.place.path)/refusal")
            #expect(process?.wait(seconds: 20) == 78)
            let text = trained.daemon.place.read("refusal")
            #expect(text.contains(words) && text.contains("[junction] tables"), "\(text)")
        }
        try #require(trained.daemon.start())
        #expect(trained.daemon.stop() == 0)
    }
}
