// What changed between two checkpoints, tensor by tensor.

import ArgumentParser
import Client
import MillraceProtocol
import WeightStore

/// `millrace checkpoint diff A B`
struct CheckpointDiff: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Compares two checkpoint files, tensor by tensor.",
        discussion: "Needs no daemon. Prints what differs; --all prints equal tensors, too.")

    @Argument(help: "The earlier file.", completion: .file(extensions: ["safetensors"]))
    var first: String
    @Argument(help: "The later file.", completion: .file(extensions: ["safetensors"]))
    var second: String
    @Flag(help: "Print tensors that are equal, too.") var all = false
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reporting(output) {
            let before = try CheckpointContents(first)
            let after = try CheckpointContents(second)
            let document = DiffDocument(before, after)
            if output.json { return Console.printJSON(document) }
            for (name, side) in [("a", document.a), ("b", document.b)] {
                Console.print(
                    "\(name): \(side.path), generation \(side.generation), state "
                        + side.stateDigest)
            }
            if document.equal { return Console.print("equal in every tensor") }
            Console.print(
                "configuration: " + (document.configurationEqual ? "equal" : "differs"))
            var table = TextTable([
                "tensor", "elements", "differ", "largest change", "norm of change / norm of a",
            ])
            for tensor in document.tensors where all || !tensor.equal {
                table.add(
                    tensor.name, "\(tensor.elements)", tensor.note ?? "\(tensor.differing)",
                    Self.scientific(tensor.largestChange),
                    Self.scientific(tensor.relativeNorm))
            }
            table.lines.forEach(Console.print)
        }
    }

    private static func scientific(_ value: Double?) -> String {
        guard let value else { return "-" }
        return value == 0 || value >= 1e-3 ? Format.decimal(value, 6) : "\(value)"
    }
}

/// What `diff --json` prints.
private struct DiffDocument: Codable {
    struct Side: Codable {
        var path: String
        var generation: UInt64
        var stateDigest: String
    }
    struct Tensor: Codable {
        var name: String
        var equal: Bool
        /// Of the first file.
        var elements: Int
        var differing: Int
        /// Largest |b − a| of real numbers; absent where it is not finite.
        var largestChange: Double?
        /// ‖b − a‖ / ‖a‖; absent when a is zero or a number is not finite.
        var relativeNorm: Double?
        /// Why elements cannot be compared: `only in a`, `only in b`, `F32[8] and F32[16]`.
        var note: String?
    }
    var a: Side
    var b: Side
    var equal: Bool
    var configurationEqual: Bool
    var tensors: [Tensor]

    init(_ before: CheckpointContents, _ after: CheckpointContents) {
        a = before.side
        b = after.side
        configurationEqual = before.configuration == after.configuration
        let names = before.names + after.names.filter { before.field($0) == nil }
        tensors = names.map { Self.compare($0, before, after) }
        equal = tensors.allSatisfy(\.equal)
    }

    private static func compare(
        _ name: String, _ before: CheckpointContents, _ after: CheckpointContents
    ) -> Tensor {
        func different(_ note: String, _ elements: Int) -> Tensor {
            Tensor(
                name: name, equal: false, elements: elements, differing: elements, note: note)
        }
        guard let old = before.field(name) else {
            return different("only in b", after.field(name)?.elementCount ?? 0)
        }
        guard let new = after.field(name) else {
            return different("only in a", old.elementCount)
        }
        guard old.shape == new.shape, old.element == new.element else {
            return different("\(old.shapeText) and \(new.shapeText)", old.elementCount)
        }
        let (left, right) = (before.numbers(name), after.numbers(name))
        var tensor = Tensor(name: name, equal: true, elements: left.count, differing: 0)
        var largest = 0.0
        var (change, norm) = (0.0, 0.0)
        for (x, y) in zip(left, right) {
            norm += x.value * x.value
            guard x.bits != y.bits else { continue }
            tensor.differing += 1
            let size = abs(y.value - x.value)
            // Not a number stays one: max would drop it.
            largest = size.isNaN || largest.isNaN ? .nan : max(largest, size)
            change += (y.value - x.value) * (y.value - x.value)
        }
        tensor.equal = tensor.differing == 0
        // Counters, digests and states of generators have no size of change.
        guard [.f32, .f64, .i16].contains(old.element) else { return tensor }
        tensor.largestChange = largest.isFinite ? largest : nil
        let ratio = (change / norm).squareRoot()
        tensor.relativeNorm = ratio.isFinite ? ratio : nil
        return tensor
    }
}

/// Both sections of a checkpoint file, read whole.
private struct CheckpointContents {
    let side: DiffDocument.Side
    let configuration: String
    /// Every tensor's name, in the order of the sections.
    let names: [String]
    private let fields: [String: SectionField]
    private let bytes: [String: [UInt8]]

    init(_ path: String) throws(ClientError) {
        let checkpoint = try openCheckpoint(path)
        let facts = checkpoint.facts
        side = .init(
            path: path, generation: facts.header.generation,
            stateDigest: Hexadecimal.digits(facts.header.stateDigest))
        configuration = facts.configuration
        var names: [String] = []
        var fields: [String: SectionField] = [:]
        var bytes: [String: [UInt8]] = [:]
        for (section, layout) in [
            (CheckpointSection.learner, facts.learnerLayout), (.stream, facts.streamLayout),
        ] {
            let memory = try checkpoint.contents(section, layout, path)
            for field in layout.fields {
                let name = "\(section.rawValue).\(field.name)"
                names.append(name)
                fields[name] = field
                bytes[name] = Array(
                    memory[field.offset..<(field.offset + field.byteCount)])
            }
        }
        self.names = names
        self.fields = fields
        self.bytes = bytes
    }

    func field(_ name: String) -> SectionField? { fields[name] }

    /// Every element as a number and as its bits, without padding.
    func numbers(_ name: String) -> [(value: Double, bits: UInt64)] {
        guard let field = field(name), let bytes = bytes[name] else { return [] }
        return bytes.withUnsafeBytes { raw in
            (0..<field.rowCount).flatMap { row in
                (0..<field.rowElements).map { column in
                    field.element.number(
                        raw, at: (row * field.rowStride + column) * field.element.bytes)
                }
            }
        }
    }
}

extension ElementType {
    /// One element as a number and as its bits.
    fileprivate func number(
        _ raw: UnsafeRawBufferPointer, at offset: Int
    ) -> (value: Double, bits: UInt64) {
        func load<T>(_ type: T.Type) -> T { raw.loadUnaligned(fromByteOffset: offset, as: type) }
        switch self {
        case .u8: return (Double(load(UInt8.self)), UInt64(load(UInt8.self)))
        case .i16:
            let value = load(Int16.self)
            return (Double(value), UInt64(UInt16(bitPattern: value)))
        case .u32: return (Double(load(UInt32.self)), UInt64(load(UInt32.self)))
        case .i32:
            let value = load(Int32.self)
            return (Double(value), UInt64(UInt32(bitPattern: value)))
        case .u64: return (Double(load(UInt64.self)), load(UInt64.self))
        case .i64:
            let value = load(Int64.self)
            return (Double(value), UInt64(bitPattern: value))
        case .f32:
            let value = load(Float.self)
            return (Double(value), UInt64(value.bitPattern))
        case .f64:
            let value = load(Double.self)
            return (value, value.bitPattern)
        }
    }
}
