// The whole path, real sockets and a real disk: 100,000 samples without one allocation on our
// three threads, whatever the junctions are. What libzmq allocates inside its own calls is not counted.

import Glibc
import Testing

@Suite(.serialized) struct AllocationTests {
    private func counts(_ page: String) -> [UInt64] {
        guard let handle = fopen(page, "r") else { return [] }
        defer { fclose(handle) }
        var counts = [UInt64](repeating: 0, count: 4)
        return fread(&counts, 8, 4, handle) == 4 ? counts : []
    }

    /// A detector that looks at every sample, and a rate that is raised. Batches differ from run to
    /// run, and with them the stream, so there are alarms.
    static let drifting =
        RealDaemon.morse + """

            [drift]
            detector = "adwin"
            check = 1
            on-alarm = "raise-rate"
            """

    /// Networks in which every structure, rule and arithmetic has a junction.
    static let otherJunctions =
        RealDaemon.morse
        .replacing("hidden = [32]", with: "hidden = [64, 64, 64, 64, 64]")
        .replacing("rate = 0.05", with: "rate = 0.0625") + """

            [junction.0]
            structure = "structured"
            density = 0.25
            rule = "stochastic"
            [junction.1]
            structure = "circulant"
            block = 8
            rule = "stochastic"
            [junction.2]
            structure = "pruned"
            pattern = "2:8"
            arithmetic = "fixed"
            format = [12, 3, 8]
            [junction.3]
            arithmetic = "fixed"
            format = [12, 3, 8]
            rule = "stochastic"
            [junction.4]
            structure = "pruned"
            pattern = "2:4"
            rule = "stochastic"
            """
    static let everyJunction =
        RealDaemon.morse
        .replacing("hidden = [32]", with: "hidden = [64, 64, 64, 64, 64, 64]")
        .replacing("rate = 0.05", with: "rate = 0.0625") + """

            [junction.0]
            structure = "clash-free"
            density = 0.25
            arithmetic = "fixed"
            format = [12, 3, 8]
            [junction.1]
            structure = "circulant"
            block = 8
            [junction.2]
            structure = "pruned"
            pattern = "2:8"
            [junction.3]
            structure = "lane-aligned"
            density = 0.25
            rule = "stochastic"
            [junction.4]
            structure = "random"
            density = 0.25
            [junction.5]
            structure = "circulant"
            block = 8
            arithmetic = "fixed"
            format = [16, 4, 11]
            """

    /// The FPGA network of examples/fpga.toml, which is pipelined.
    static let pipelinedFPGA =
        RealDaemon.morse
        .replacing(
            "hidden = [32]",
            with: """
                hidden = [64]
                input-width = 1024
                activation = "sigmoid"
                output-activation = "sigmoid"
                initialisation = "glorot-normal"
                schedule = "pipeline"
                """
        )
        .replacing("rate = 0.05", with: "rate = 0.125") + """

            [junction]
            structure = "clash-free"
            interleaver = 2
            arithmetic = "fixed"
            format = [10, 2, 7]
            [junction.0]
            out-degree = 4
            parallelism = 128
            [junction.1]
            out-degree = 16
            parallelism = 32
            """
    static let everyJunctionPipelined = everyJunction.replacing(
        "hidden = [64", with: "schedule = \"pipeline\"\nhidden = [64")

    /// Every sample is charged, every ACK has its cost.
    static let device =
        RealDaemon.morse + """

            [device]
            clock-megahertz = 15
            memory = "1MiB"
            word-bits = 32
            float-bits = 32
            edge-processors = 64
            """

    private static func blocks(_ shape: String, _ tables: String) -> String {
        RealDaemon.morse
            .replacing("features = 64", with: "features = 64\nshape = \(shape)")
            .replacing("hidden = [32]", with: "recompute = 3")
            .replacing("rate = 0.05", with: "rate = 0.015625") + tables
    }

    /// Blocks over an image, with every structure, rule and arithmetic.
    static let images = blocks(
        "[8, 8, 1]",
        """

        [block.0]
        kind = "conv2d"
        channels = 8
        kernel = 3
        padding = "same"
        activation = "identity"
        [block.1]
        kind = "group-norm"
        groups = 2
        activation = "relu"
        [block.2]
        kind = "conv2d"
        channels = 8
        kernel = 3
        padding = 1
        structure = "circulant"
        block = 8
        [block.3]
        kind = "residual"
        span = 1
        projection = "convolution"
        structure = "pruned"
        pattern = "2:8"
        [block.4]
        kind = "max-pool"
        size = 2
        [block.5]
        kind = "conv2d"
        channels = 16
        kernel = 3
        padding = "same"
        activation = "sigmoid"
        structure = "random"
        density = 0.5
        rule = "stochastic"
        [block.6]
        kind = "average-pool"
        size = 2
        [block.7]
        kind = "flatten"
        [block.8]
        kind = "linear"
        neurons = 32
        arithmetic = "fixed"
        format = [12, 3, 8]
        """)

    /// A recurrent layer that remembers its producers, behind a convolution.
    static let sequences = blocks(
        "[16, 4]",
        """

        [block.0]
        kind = "conv1d"
        channels = 8
        kernel = 3
        activation = "identity"
        [block.1]
        kind = "running-norm"
        activation = "leaky-relu"
        [block.2]
        kind = "lstm"
        units = 16
        state = "producer"
        history = 20
        """)

    /// Recurrent layers of the other structures, one behind the other, with and without projection.
    static let gates = blocks(
        "[16, 4]",
        """

        [block.0]
        kind = "lstm"
        units = 16
        output = "sequence"
        structure = "circulant"
        block = 4
        [block.1]
        kind = "lstm"
        units = 16
        projected = 8
        output = "sequence"
        structure = "pruned"
        pattern = "2:8"
        [block.2]
        kind = "lstm"
        units = 16
        projected = 8
        structure = "circulant"
        block = 8
        """)

    /// Many outputs pull at once: slower steps, or it diverges, which is news to tell.
    static let slower = RealDaemon.morse.replacing("rate = 0.05", with: "rate = 0.0005")
    static let autoencoder = slower.replacing(
        "task = \"classification\"\nclasses = 64", with: "task = \"autoencoder\"")
    static let steps =
        slower.replacing(
            "task = \"classification\"\nclasses = 64",
            with: "task = \"forecast\"\nsteps = 3\nanomaly = \"percentile\"")
        // A fall would be news, too.
        + "\n[guard]\non-fall = \"nothing\"\n"

    @Test(
        arguments: [
            RealDaemon.morse, drifting, everyJunction, otherJunctions, pipelinedFPGA,
            everyJunctionPipelined, device, autoencoder, steps, images, sequences, gates,
        ])
    func noAllocationPerSampleOnOurThreads(_ configuration: String) throws {
        let pages = Workplace()
        let page = pages.write("counts", String(repeating: " ", count: 4096))
        truncate(page, 0)
        truncate(page, 4096)
        let daemon = RealDaemon(
            configuration: configuration,
            environment: [
                "LD_PRELOAD": Build.path("libMallocCount.so"), "MALLOC_COUNT_FILE": page,
            ])
        try #require(daemon.start())
        let producer = try RawProducer(daemon.endpoint("ingest"))
        try #require(producer.greet("counter", wantsCost: true))
        try #require(producer.stream(to: 10_000))
        let before = counts(page)
        // Otherwise the preloaded counter did not work, and zero would mean nothing.
        try #require(before.count == 4 && before[3] > 100)
        try #require(producer.stream(to: 110_000))
        let after = counts(page)
        #expect(after[0] - before[0] == 0, "network thread")
        #expect(after[1] - before[1] == 0, "learner thread")
        // An alarm is a line of the log, which is made of strings.
        if configuration != Self.drifting {
            #expect(
                after[2] - before[2] == 0, "storage thread: \(daemon.place.read("log"))")
        }
        #expect(producer.nacks == 0)
        #expect((producer.cost != nil) == (configuration == Self.device))
        #expect(daemon.stop() == 0)
    }
}
