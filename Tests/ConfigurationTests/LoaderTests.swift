// What a right configuration becomes, layer by layer.

import Configuration
import Learning
import Testing

@Suite struct LoaderTests {
    @Test func fillsInDefaults() throws {
        let it = try load(minimal)
        #expect(it.input.featureCount == 4 && it.input.type == .f32 && it.input.isNormalised)
        #expect(it.input.lower == [-1e9] && it.input.upper == [1e9])
        #expect(it.output.task == .classification(classCount: 2))
        #expect(it.output.classNames == ["a", "b"])
        #expect(it.network.loss == .crossEntropy && it.network.outputActivation == .softmax)
        #expect(it.daemon.ingestEndpoints == ["ipc://millrace-state/ingest.sock"])
        #expect(it.ring.slotCount == 4 && it.ring.heldCount == 1 && it.allowedProducers == nil)
        #expect(it.memoryBudgetBytes == 16 << 20 && it.daemon.maxMessageBytes == 32_768)
        #expect(it.learner.producerCapacity == it.daemon.maxProducers)
        #expect(it.origin(of: "ring.slots") == .builtIn)
        #expect(it.origin(of: "network.loss") == .derived)
    }

    /// What a ring cannot be is a problem of the file, not the end of the process.
    @Test func ringsAreOfSizesThatExist() throws {
        #expect(try load(minimal + "\n[ring]\nheld = 8\nslots = 64").ring.heldCount == 8)
        #expect(problems(minimal + "\n[ring]\nheld = 9").map(\.key) == ["ring.held"])
        #expect(problems(minimal + "\n[ring]\nslots = 3").map(\.key) == ["ring.slots"])
    }

    @Test func readsEverySection() throws {
        let it = try load(
            """
            input = { features = 2, type = "i16", scale = 0.5, offset = -3, normalise = "none" }
            output.task = "regression"
            output.targets = ["x"]
            [input.lower]
            """.replacingLine("[input.lower]", with: "")
                + """

                [network]
                hidden = [
                  8, # first
                  4,
                ]
                activation = "tanh"
                initialisation = "lecun-uniform"
                seed = 7
                [learning]
                rate = 1
                momentum = 0.9
                weight-decay = 1e-4
                [labels]
                window = 10
                [commit]
                bytes-per-day = "1 GB"
                [memory]
                budget = "1.5MiB"
                [producers]
                allow = ["one", "two.b_c-d"]
                [daemon]
                state = "s"
                ingest = ["ipc://{state}/i", "tcp://127.0.0.1:5555", "tcp://[::1]:*"]
                """)
        #expect(it.output.task == .regression(targetCount: 1))
        #expect(it.network.hidden == [8, 4] && it.network.activation == .tanh)
        #expect(it.network.outputActivation == .identity && it.network.loss == .squaredError)
        #expect(it.learning.rate == 1 && it.learning.momentum == 0.9)
        #expect(it.commit.bytesPerDay == 1_000_000_000 && it.memoryBudgetBytes == 1_572_864)
        #expect(it.allowedProducers == ["one", "two.b_c-d"])
        #expect(
            it.daemon.ingestEndpoints == ["ipc://s/i", "tcp://127.0.0.1:5555", "tcp://[::1]:*"])
        #expect(it.learner.initialisation == .lecunUniform && it.learner.pendingCapacity == 10)
        #expect(it.learner.inputOffset == -3 && it.learner.normaliser == .none)
    }

    @Test func putsLayersOverEachOther() throws {
        let text = minimal + "\n[learning]\nrate = 0.1\nmomentum = 0.5\nweight-decay = 0.01\n"
        let it = try load(
            text,
            environment: [
                "MILLRACE_LEARNING_MOMENTUM": "0.25", "MILLRACE_LEARNING_WEIGHT_DECAY": "0.5",
                "MILLRACE_NETWORK_HIDDEN": "32,16", "MILLRACE_INPUT_NAMES": "a, b,c,d",
                "MILLRACE_MEMORY_BUDGET": "8MiB", "MILLRACE_OUTPUT_CLASSES": "3",
                "PATH": "/bin", "MILLRACE_DATA": "/data",
            ],
            flags: [
                ConfigurationFlag(key: "learning.weight-decay", value: "0.75", flag: "--decay")
            ])
        #expect(it.learning == LearningSettings.make(0.1, 0.25, 0.75))
        #expect(it.network.hidden == [32, 16] && it.input.names == ["a", "b", "c", "d"])
        #expect(it.output.task == .classification(classCount: 3))
        #expect(it.origin(of: "learning.rate") == .file(path: "test.toml", line: 8))
        #expect(
            it.origin(of: "learning.momentum")
                == .environment(variable: "MILLRACE_LEARNING_MOMENTUM"))
        #expect(it.origin(of: "learning.weight-decay") == .flag("--decay"))
        let shown = it.effectiveText
        #expect(shown.contains("rate         = 0.1"))
        #expect(shown.contains("# test.toml:8\n") && shown.contains("# --decay\n"))
        #expect(shown.contains("# env MILLRACE_MEMORY_BUDGET\n") && shown.contains("# default\n"))
    }

    @Test func placesTheStateDirectory() throws {
        let text = minimal + "\n[daemon]\nstate = \"from-file\"\n"
        let variable = ["MILLRACE_STATE": "/var/lib/m"]
        #expect(try load(text, environment: variable).daemon.stateDirectory == "/var/lib/m")
        #expect(
            try load(text, environment: variable).daemon.adminEndpoints
                == ["ipc:///var/lib/m/admin.sock"])
        let flag = ConfigurationFlag(key: "daemon.state", value: "here", flag: "--state")
        let it = try load(text, environment: variable, flags: [flag])
        #expect(it.daemon.queryEndpoints == ["ipc://here/query.sock"])
    }

    @Test func writesCanonicalText() throws {
        let it = try load(minimal + "\n[learning]\nrate = 1e-5\n")
        let again = try load(it.canonicalText)
        #expect(again.canonicalText == it.canonicalText && again.learner == it.learner)
        #expect(!it.canonicalText.contains("sock"))
        let shown = try load(it.effectiveText)
        #expect(shown.canonicalText == it.canonicalText && shown.daemon == it.daemon)
    }

    @Test(arguments: [
        ("learning.rate=0.5", true), ("network.seed=9", true), ("commit.samples=7", true),
        ("input.scale=2", true), ("ring.slots=8", true), ("learning.momentum=0.5", false),
        ("network.hidden=64", false), ("input.features=5", false), ("output.classes=3", false),
        ("labels.window=5", false), ("daemon.max-producers=4", false), ("input.type=u8", false),
        ("input.normalise=none", false),
    ])
    func digestsShapesOnly(assignment: String, isSame: Bool) throws {
        let flag = try #require(ConfigurationFlag(assignment: assignment))
        let first = try load(minimal)
        let second = try load(minimal, flags: [flag])
        #expect((first.shapeDigest == second.shapeDigest) == isSame)
        #expect(first.canonicalText != second.canonicalText)
    }

    @Test func fitsBatchesIntoMessages() throws {
        let it = try load(minimal, flags: [.init(key: "input.features", value: "784", flag: "f")])
        #expect(it.labelledSampleBytes == 3140 && it.effectiveMaxBatch == 10)
    }
}

extension LearningSettings {
    fileprivate static func make(_ rate: Float, _ momentum: Float, _ decay: Float) -> Self? {
        var settings = try? load(minimal).learning
        settings?.rate = rate
        settings?.momentum = momentum
        settings?.weightDecay = decay
        return settings
    }
}

extension String {
    fileprivate func replacingLine(_ line: String, with other: String) -> String {
        split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0 == line ? other : String($0) }.joined(separator: "\n")
    }

    @Test func tasksWithoutLabels() throws {
        func output(_ lines: String) throws -> MillraceConfiguration {
            try load("[input]\nfeatures = 3\n[output]\n" + lines)
        }
        let one = try output("task = \"forecast\"")
        #expect(one.output.task == .forecast(steps: 1) && !one.learner.hasPercentile)
        #expect(one.shapeDigest == (try output("task = \"forecast\"\nsteps = 1")).shapeDigest)
        let steps = try output("task = \"forecast\"\nsteps = 4\nanomaly = \"percentile\"")
        #expect(steps.outputCount == 12 && steps.learner.hasPercentile)
        #expect(steps.network.loss == .squaredError && steps.network.outputActivation == .identity)
        let autoencoder = try output("task = \"autoencoder\"")
        #expect(autoencoder.outputCount == 3 && autoencoder.learner.predictionCount == 5)
        #expect(autoencoder.learner.hasPercentile && autoencoder.labelledSampleBytes == 12)
        #expect(autoencoder.canonicalText.contains("anomaly = \"percentile\""))
        #expect(
            Set([one, steps, autoencoder].map(\.shapeDigest)).count == 3,
            "none continues another's state")
        for it in [one, steps, autoencoder] {
            #expect(try load(it.canonicalText).canonicalText == it.canonicalText)
        }
    }
}
