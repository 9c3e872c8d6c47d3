import ArgumentParser
import Client
import MillraceProtocol
import WeightStore

/// `millrace checkpoint …`
struct CheckpointCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint", abstract: "Saves, lists, restores and reads checkpoints.",
        subcommands: [
            CheckpointSave.self, CheckpointList.self, CheckpointRestore.self,
            CheckpointInspect.self, CheckpointVerify.self, CheckpointDiff.self,
            CheckpointExport.self,
        ])
}

/// `millrace checkpoint save`
struct CheckpointSave: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "save", abstract: "Writes the newest durable generation to a file.")

    @Argument(help: "The checkpoint's name; the daemon makes one when it is left out.")
    var name: String?
    @Flag(help: "Replace a checkpoint that has this name already.")
    var force = false
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if name?.isEmpty == true {
            throw ValidationError("NAME is empty. TRY: a name, or none at all for an automatic one")
        }
    }

    func run() throws {
        try reporting(output) {
            let client = try daemon.adminClient(makeContext())
            let reply = try client.ask(
                CheckpointReply.self,
                ControlRequest(
                    command: .checkpointSave, name: name, replace: force ? true : nil))
            if output.json { return Console.printJSON(bytes: client.newestReply) }
            let entry = reply.checkpoint
            Console.print(
                "\(entry.path): generation \(entry.generation), \(Format.bytes(entry.bytes)), "
                    + "state \(entry.stateDigest)")
        }
    }
}

/// `millrace checkpoint list`
struct CheckpointList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the daemon's checkpoints.")

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reporting(output) {
            let client = try daemon.queryClient(makeContext())
            let reply = try client.ask(
                CheckpointsReply.self, ControlRequest(command: .checkpoints))
            if output.json { return Console.printJSON(bytes: client.newestReply) }
            var table = TextTable(["name", "generation", "samples", "bytes", "digest", "file"])
            for entry in reply.checkpoints {
                if let problem = entry.problem {
                    table.add(
                        entry.name, "-", "-", "\(entry.bytes)", "cannot be used: \(problem)",
                        entry.path)
                    continue
                }
                table.add(
                    entry.name, "\(entry.generation)", "\(entry.samples)", "\(entry.bytes)",
                    entry.stateDigest, entry.path)
            }
            table.lines.forEach(Console.print)
        }
    }
}

/// `millrace checkpoint restore NAME`
struct CheckpointRestore: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Goes back to the weights of a checkpoint, as a new generation.")

    @Argument(
        help: "A name from `millrace checkpoint list`.", completion: Completions.checkpoints)
    var name: String
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reporting(output) {
            let client = try daemon.adminClient(makeContext())
            let reply = try client.ask(
                RollbackReply.self, ControlRequest(command: .checkpointRestore, name: name))
            if output.json { return Console.printJSON(bytes: client.newestReply) }
            Console.print(
                "generation \(reply.generation) has the weights of checkpoint \(reply.source) "
                    + "(generation \(reply.restoredFrom)), state \(reply.stateDigest)")
        }
    }
}

/// What `inspect --json` and `verify --json` print.
private struct CheckpointDocument: Codable {
    struct Tensor: Codable {
        var name: String
        var dtype: String
        var shape: [Int]
        var bytes: Int
    }
    var path: String
    var bytes: Int
    var format: String
    var creator: String
    var generation: UInt64
    var restoredFrom: UInt64
    var stateDigest: String
    var configurationDigest: String
    var layoutDigest: String
    var crc32c: String
    var configuration: String
    var tensors: [Tensor]
    /// Whether all bytes are as they were written.
    var intact: Bool
    /// Only of `inspect`.
    var junctions: [JunctionDocument]?
    /// Why no junction was looked at.
    var junctionsNote: String?
    /// Only of `inspect`: the emulated device of the configuration inside, and its charges.
    var device: DeviceStatus?

    init(_ checkpoint: Checkpoint, intact: Bool) {
        let facts = checkpoint.facts
        path = checkpoint.path
        bytes = checkpoint.fileBytes
        format = CheckpointFacts.format
        creator = facts.creator
        generation = facts.header.generation
        restoredFrom = facts.header.restoredFrom
        stateDigest = Hexadecimal.digits(facts.header.stateDigest)
        configurationDigest = Hexadecimal.digits(facts.header.configurationDigest)
        layoutDigest = Hexadecimal.digits(facts.layoutDigest)
        crc32c = String(Hexadecimal.digits(UInt64(facts.checksum)).suffix(8))
        configuration = facts.configuration
        tensors = checkpoint.tensors.map {
            Tensor(
                name: $0.name, dtype: $0.element.rawValue, shape: $0.shape,
                bytes: $0.end - $0.begin)
        }
        self.intact = intact
    }
}

/// `millrace checkpoint inspect FILE`
struct CheckpointInspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Prints what a checkpoint file says about itself.",
        discussion: """
            Needs no daemon. Looks at the structure of every junction, too: whether masks are \
            legal, patterns clash-free, numbers finite. Of a damaged file it prints what can be \
            said, and ends with exit code 65.
            """)

    @Argument(help: "The file.", completion: .file(extensions: ["safetensors"]))
    var file: String
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reporting(output) {
            let checkpoint = try openCheckpoint(file)
            let damage = try Self.damage(checkpoint, file)
            var document = CheckpointDocument(checkpoint, intact: damage == nil)
            let (junctions, device, note) = checkpoint.contents(file)
            document.junctions = junctions
            document.device = device
            document.junctionsNote = note
            if output.json {
                Console.printJSON(document)
            } else {
                Self.print(document)
            }
            if let damage { throw AfterDocument(error: damage) }
            let faults = junctions.flatMap(\.findings)
            guard faults.isEmpty else {
                throw AfterDocument(
                    error: ClientError(
                        .badData, "\(file): the structure of its junctions is not sound",
                        why: faults[0], advice: "another checkpoint: millrace checkpoint list"))
            }
        }
    }

    /// What is wrong with the bytes; nil when all of them are as they were written.
    private static func damage(
        _ checkpoint: Checkpoint, _ file: String
    ) throws(ClientError) -> ClientError? {
        do throws(CheckpointError) {
            try checkpoint.verify()
            return nil
        } catch {
            let failure = checkpointFailure(error, file)
            guard failure.status == .badData else { throw failure }
            return failure
        }
    }

    private static func print(_ document: CheckpointDocument) {
        var table = TextTable()
        table.add("file", "\(document.path), \(Format.bytes(document.bytes))")
        table.add("creator", document.creator)
        table.add("generation", "\(document.generation)")
        if document.restoredFrom != 0 { table.add("from", "\(document.restoredFrom)") }
        table.add("state", document.stateDigest)
        table.add(
            "crc32c", document.crc32c + (document.intact ? "" : ", but not of these bytes"))
        table.lines.forEach(Console.print)
        var tensors = TextTable(["tensor", "dtype", "shape", "bytes"])
        for tensor in document.tensors {
            tensors.add(
                tensor.name, tensor.dtype, tensor.shape.map(String.init).joined(separator: "x"),
                "\(tensor.bytes)")
        }
        Console.print("")
        printJunctions(document.junctions ?? [], document.junctionsNote)
        if let device = document.device { printDevice(device) }
        tensors.lines.forEach(Console.print)
        Console.print("\nconfiguration:\n\(document.configuration)")
    }

    /// `scatter 0.97 left 1.00 right`, `saturated FF 0 + 0, BP 12, UP 3`
    private static func figures(_ junction: JunctionDocument) -> [String] {
        var figures: [String] = []
        if let scatter = junction.scatter, scatter.count == 2 {
            figures.append(
                "scatter \(Format.decimal(scatter[0], 2)) left "
                    + "\(Format.decimal(scatter[1], 2)) right")
        }
        if let counts = junction.saturations, counts.count == 4 {
            let (products, sums, back, update) = (counts[0], counts[1], counts[2], counts[3])
            figures.append("saturated FF \(products) + \(sums), BP \(back), UP \(update)")
        }
        return figures
    }

    private static func printDevice(_ device: DeviceStatus) {
        var table = TextTable()
        DeviceText.add(device, to: &table)
        table.lines.forEach(Console.print)
        Console.print("")
        DeviceText.junctions(device).forEach(Console.print)
        Console.print("")
    }

    private static func printJunctions(_ junctions: [JunctionDocument], _ note: String?) {
        if let note { Console.print("junctions: not looked at, \(note)\n") }
        guard !junctions.isEmpty else { return }
        var table = TextTable(["junction", "shape", "what", "weights", "bytes", "state"])
        let hasBlocks = junctions.contains { $0.name?.hasPrefix("block.") ?? false }
        for junction in junctions {
            table.add(
                hasBlocks ? junction.name ?? "" : "\(junction.index)",
                "\(junction.inputs)x\(junction.outputs)", junction.junction,
                "\(junction.weights)", "\(junction.bytes)",
                junction.findings.isEmpty
                    ? (junction.checks + Self.figures(junction)).joined(separator: ", ")
                    : "FAULT: " + junction.findings.joined(separator: "; "))
        }
        table.lines.forEach(Console.print)
        Console.print("")
    }
}

/// `millrace checkpoint verify FILE`
struct CheckpointVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Reads a whole checkpoint file and checks it.",
        discussion: "Needs no daemon. Exit code 0: intact. 65: damaged or not a checkpoint.")

    @Argument(help: "The file.", completion: .file(extensions: ["safetensors"]))
    var file: String
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reporting(output) {
            let checkpoint = try openCheckpoint(file)
            do {
                try checkpoint.verify()
            } catch let error as CheckpointError {
                throw checkpointFailure(error, file)
            }
            let document = CheckpointDocument(checkpoint, intact: true)
            if output.json { return Console.printJSON(document) }
            Console.print(
                "\(file): intact, generation \(document.generation), state "
                    + "\(document.stateDigest), \(document.tensors.count) tensors")
        }
    }
}
