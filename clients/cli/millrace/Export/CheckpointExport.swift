// `millrace checkpoint export`: what a checkpoint holds, for programs that know nothing of
// Millrace.

import ArgumentParser
import Client
import Learning
import MillraceProtocol
import WeightStore

/// Which arrays are exported.
enum ExportChoice: String, ExpressibleByArgument, CaseIterable, Sendable {
    /// Weights and biases as real numbers.
    case weights
    /// The tensors as they are in the checkpoint.
    case tensors
}

/// `millrace checkpoint export FILE --output PLACE`
struct CheckpointExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Writes a checkpoint's numbers for NumPy, or as CSV.",
        discussion: """
            Needs no daemon. --output NAME.npz writes one archive for numpy.load; NAME.csv one table
            with the columns array, row, column, value; any other name makes a folder of .npy files.

            junction.N.weights is the matrix W of y = W x + b, [right neurons][left neurons], and
            junction.N.biases is b: real numbers whatever the junction's structure and number
            format are, 0 where there is no edge. junction.N.backprop is the matrix of BP where
            it is another one (N:M). learner.… and stream.… are the tensors as the checkpoint has
            them. NAME.npz.json or NAME.csv.json beside the file, or arrays.json in the folder,
            says what each array is.

            Exit code 73: something of that name is there already, and --force is not given.
            """)

    @Argument(help: "The file.", completion: .file(extensions: ["safetensors"]))
    var file: String
    @Option(
        help: ArgumentHelp("Where to: NAME.npz, NAME.csv or a folder.", valueName: "place"),
        completion: .file(extensions: ["npz", "csv"]))
    var output: String
    @Option(
        help: ArgumentHelp(
            "Export the weights as real numbers, or the tensors as they are, alone.",
            valueName: "weights|tensors"))
    var only: ExportChoice?
    @Flag(help: "Replace what is there.")
    var force = false
    @OptionGroup var format: OutputOptions

    func validate() throws {
        guard !output.isEmpty else { throw ValidationError("--output takes a path.") }
    }

    func run() throws {
        try reporting(format) {
            let checkpoint = try openCheckpoint(file)
            let arrays = try ExportArrays(checkpoint, file, only: only).arrays
            let place = ExportPlace(path: output, replaces: force)
            let document = ExportDocument(checkpoint, file, arrays, place)
            try place.write(arrays, document)
            if format.json { return Console.printJSON(document) }
            let numbers = arrays.reduce(0) { $0 + $1.count }
            Console.print(
                "\(output): \(arrays.count) arrays, \(Format.count(UInt64(numbers))) numbers of "
                    + "generation \(document.generation); \(place.documentPath) says what they are")
        }
    }
}

/// The arrays of a checkpoint.
struct ExportArrays {
    private(set) var arrays: [NumberArray] = []

    init(_ checkpoint: Checkpoint, _ path: String, only: ExportChoice?) throws(ClientError) {
        if only != .tensors { arrays += try Self.weights(checkpoint, path) }
        if only != .weights { arrays += try Self.tensors(checkpoint, path) }
    }

    private static func weights(
        _ checkpoint: Checkpoint, _ path: String
    ) throws(ClientError) -> [NumberArray] {
        let layout: LearnerLayout
        do {
            layout = try checkpoint.learnerLayout()
        } catch {
            throw ClientError(
                .badData, "\(path): the weights cannot be read", why: error.note,
                advice: "--only tensors, or the millrace that wrote it")
        }
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: layout.section.byteCount, alignment: 64)
        defer { memory.deallocate() }
        do {
            try checkpoint.load(
                .learner, layout: layout.section, into: memory, mustBeFinite: { _ in false })
        } catch {
            throw checkpointFailure(error, path)
        }
        guard let base = memory.baseAddress else { return [] }
        return layout.junctionMatrices(base).flatMap(arrays)
    }

    private static func arrays(_ junction: JunctionMatrices) -> [NumberArray] {
        let name = junction.name
        let shape = [junction.outputs, junction.inputs]
        var arrays = [
            NumberArray(
                "\(name).weights", junction.weights, shape: shape,
                meaning: "W of y = W x + b, [right neurons][left neurons]; \(junction.text)")
        ]
        if let weights = junction.backpropWeights {
            arrays.append(
                NumberArray(
                    "\(name).backprop", weights, shape: shape,
                    meaning: "W of BP, e = transposed W times delta, where other edges are kept"))
        }
        arrays.append(
            NumberArray(
                "\(name).biases", junction.biases, shape: [junction.outputs],
                meaning: "b of y = W x + b"))
        return arrays
    }

    private static func tensors(
        _ checkpoint: Checkpoint, _ path: String
    ) throws(ClientError) -> [NumberArray] {
        let facts = checkpoint.facts
        var arrays: [NumberArray] = []
        for (section, layout) in [
            (CheckpointSection.learner, facts.learnerLayout), (.stream, facts.streamLayout),
        ] {
            let bytes = try checkpoint.contents(section, layout, path)
            bytes.withUnsafeBytes { memory in
                arrays += layout.fields.map { field in
                    let name = "\(section.rawValue).\(field.name)"
                    return NumberArray(
                        name, field, section: memory, meaning: "the checkpoint's tensor \(name)")
                }
            }
        }
        return arrays
    }
}
