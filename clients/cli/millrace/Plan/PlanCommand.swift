import Accelerator
import ArgumentParser
import Client
import Glibc
import Platform

/// `millrace plan CONFIG`
struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Says what a network takes on an emulated device; needs no daemon.",
        discussion: """
            The device's memory line by line, the clocks, stalls, clashes, accesses and
            multiplications of every junction, and what a sample and a question cost. A network
            that does not fit is shown with what is too large, and the exit code is 78.

            --fit BYTES looks at every network of a stated space that fits so much device memory
            and lists those that no other beats in bytes, clocks and energy. All junctions have
            the same structure and numbers: dense; clash-free type 2 and lane-aligned with 1/2 to
            1/32 of the edges; block-circulant with blocks of 4 to 64; N:M 1:4, 2:4, 4:8, 2:8, 1:8
            and 2:16; each in float32 and in fixed point of 16, 12, 10 and 8 bits; with three
            junctions and more also with the first and the last junction dense.

            --data SOURCE lets each of them learn the first --samples of a source in this process,
            as the daemon would, and adds how well it predicted the newest 1,000. Ctrl-C ends with
            what is known by then (exit code 130).
            """)

    @Argument(help: "The configuration.", completion: .file(extensions: ["toml"]))
    var config: String
    @Option(
        help: ArgumentHelp(
            "A shipped device, or the path of a profile, instead of the configuration's.",
            valueName: "name|path"),
        completion: Completions.devices)
    var device: String?
    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Override one value, for example --set learning.rate=0.02; may be repeated.",
            valueName: "section.key=value"))
    var overrides: [String] = []
    @Option(
        help: ArgumentHelp("Draw the plan into a file.", valueName: "file.svg"),
        completion: .file(extensions: ["svg"]))
    var svg: String?
    @Flag(help: "Step one sample bank by bank, and say whether it agrees.")
    var simulate = false
    @Option(
        help: ArgumentHelp(
            "Search the networks that fit: 12360, 64KiB, 98880bit.", valueName: "bytes"))
    var fit: String?
    @Option(
        help: ArgumentHelp(
            "With --fit: learn from this source, as millrace stream takes it.",
            valueName: "source"),
        completion: .file())
    var data: String?
    @OptionGroup var columns: SourceColumns
    @Option(help: ArgumentHelp("With --data: samples to learn (4000).", valueName: "count"))
    var samples: Int?
    @Option(help: ArgumentHelp("With --data: seed of weights and patterns.", valueName: "number"))
    var seed: UInt64?
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let fit, MemorySize.bits(fit) == nil {
            throw ValidationError("--fit takes \(MemorySize.expected), not \(fit).")
        }
        if fit != nil, simulate { throw ValidationError("--simulate is not for --fit.") }
        if data != nil, fit == nil { throw ValidationError("--data is for --fit BYTES.") }
        if data == nil, samples != nil || seed != nil || !columns.isEmpty {
            throw ValidationError(
                "--samples, --seed, --label-column, --features and --labels are for --data.")
        }
        if let samples, !(1...10_000_000).contains(samples) {
            throw ValidationError("--samples takes 1 to 10000000.")
        }
        if let seed, seed > UInt64(Int64.max) {
            throw ValidationError("--seed takes 0 to \(Int64.max).")
        }
        if fit != nil, let choice = overrides.first(where: FitSetting.isOfSearch) {
            throw ValidationError("--set \(choice) chooses what --fit searches.")
        }
    }

    func run() throws {
        try reporting(output) {
            let inputs = try PlanInputs(
                path: config, overrides: overrides, device: device, seed: seed)
            if let bits = fit.flatMap(MemorySize.bits) {
                try runFit(inputs, bits)
            } else {
                try runPlan(inputs)
            }
        }
    }

    private func runPlan(_ inputs: PlanInputs) throws {
        let (configuration, device) = try inputs.loadWithDevice()
        let report: PlanReport
        do throws(DeviceError) {
            report = try PlanReport(configuration.learner, on: device, simulates: simulate)
        } catch {
            throw ClientError(
                error, configuration.learner.deviceNetwork, on: device,
                others: inputs.othersThatWork(device.name))
        }
        if let svg { try PictureFile.write(PlanDrawing.text(report), to: svg) }
        if output.json {
            Console.printJSON(PlanDocument(report))
        } else {
            PlanText(report: report, page: Page()).lines.forEach(Console.print)
        }
        if report.simulation?.agrees.value == false {
            throw ClientError(
                .internalError, "the stepped device is not the planned one",
                advice: "to report this, with the configuration")
        }
        if let advice = report.shortage {
            let over = Format.count(report.plan.memory.totalBits - report.capacityBits)
            let search =
                report.plan.hasBlocks
                ? "" : "--fit \((report.capacityBits + 7) / 8) searches what fits; or "
            Console.talk(
                "error: the network does not fit \(report.device.name): it is \(over) bits over. "
                    + "TRY: " + search + advice)
            throw ExitCode(ExitStatus.badConfiguration.rawValue)
        }
    }

    private func runFit(_ inputs: PlanInputs, _ bits: Int) throws {
        // Before the first thread: a signal must find no thread that still takes it.
        let signals = data == nil ? nil : ProcessSignals()
        var run = try FitRun(inputs, budgetBits: bits)
        run.search()
        try run.requireRows()
        if let data, let signals {
            let training = FitTraining(
                source: data, columns: columns, samples: samples ?? 4000, signals: signals)
            try run.train(training)
        }
        let report = run.report
        if let svg { try PictureFile.write(FitDrawing.text(report), to: svg) }
        if output.json {
            Console.printJSON(FitDocument(report))
        } else {
            FitText(report: report, page: Page()).lines.forEach(Console.print)
        }
        if report.isInterrupted { throw ExitCode(130) }
    }
}

/// Where pictures go.
enum PictureFile {
    /// Writes the whole file; of a failure nothing is kept of it but what was written.
    static func write(_ text: String, to path: String) throws(ClientError) {
        guard let file = fopen(path, "w") else {
            throw ClientError(
                .inputOutput, "\(path) cannot be written", why: String(cString: strerror(errno)),
                advice: "--svg with another path")
        }
        let bytes = Array(text.utf8)
        let written = fwrite(bytes, 1, bytes.count, file)
        guard fclose(file) == 0, written == bytes.count else {
            throw ClientError(
                .inputOutput, "\(path) cannot be written", why: String(cString: strerror(errno)))
        }
    }
}
