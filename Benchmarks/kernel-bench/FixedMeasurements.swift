// Fixed point in (10,2,7): the FPGA network of Dey et al. (arXiv 1711.01343, 1806.01087),
// 1024-64-32 with 5,120 edges, one training step at a time (the FPGA did 441,000 per second); and
// dense 1024 × 1024 beside our float32 kernels.

import Arithmetic
import Junctions
import Kernels

/// A fixed-point junction with its memory; lives as long as the process.
struct FixedRun {
    let junction: FixedJunction
    private let memory: JunctionMemory
    private let generator: UnsafeMutablePointer<UInt64>
    private let kernels: KernelSet

    init(
        _ structure: WeightStructure, _ format: FixedFormat, inputs: Int, outputs: Int,
        _ random: inout Xoshiro256StarStar, _ kernels: KernelSet
    ) throws {
        let specification = JunctionSpecification(
            structure: structure, arithmetic: .fixed(format))
        guard
            case .fixed(let junction) = try specification.junction(
                inputs: inputs, outputs: outputs)
        else { preconditionFailure("a fixed-point specification gives a fixed-point junction") }
        self.init(junction, &random, kernels)
    }

    init(
        _ junction: FixedJunction, _ random: inout Xoshiro256StarStar, _ kernels: KernelSet
    ) {
        let form = junction.form
        func bytes(_ count: Int) -> UnsafeMutableRawPointer {
            UnsafeMutableRawPointer(makeFloats(count / 4 + 16, &random, scale: 0))
        }
        memory = JunctionMemory(
            parameters: bytes(form.fields.byteCount), velocity: nil,
            workspace: bytes(form.feedforwardBytes + form.updateBytes(.exact)))
        form.prepare(memory.workspace, forUpdates: true)
        form.initialise(
            memory.parameters, memory.workspace,
            .normal(deviation: (2 / Float(form.fanIn + form.fanOut)).squareRoot()), &random)
        form.refresh(memory)
        generator = bytes(64).assumingMemoryBound(to: UInt64.self)
        self.junction = junction
        self.kernels = kernels
    }

    func feedforward(_ x: UnsafePointer<Int16>, _ y: UnsafeMutablePointer<Int16>) {
        junction.feedforward(
            memory.parameters, memory.workspace, x: x, y: y, saturations: nil, kernels: kernels)
    }

    func update(
        _ x: UnsafePointer<Int16>, _ delta: UnsafePointer<Int16>,
        _ derivative: UnsafePointer<Int16>?, _ e: UnsafeMutablePointer<Int16>?
    ) {
        junction.backpropUpdate(
            memory, x: x, delta: delta, derivative: derivative, e: e, learningShift: 3,
            increment: .exact, generator: generator, kernels: kernels)
    }
}

func makeNumbers(
    _ count: Int, _ random: inout Xoshiro256StarStar, _ range: ClosedRange<Int>
) -> UnsafeMutablePointer<Int16> {
    let numbers = UnsafeMutableRawPointer(makeFloats(count / 2 + 32, &random, scale: 0))
        .bindMemory(to: Int16.self, capacity: count + 32)
    for i in 0..<count {
        numbers[i] = Int16(random.index(below: range.count) + range.lowerBound)
    }
    return numbers
}

/// The FPGA network: sigmoids, cross-entropy, η = 2⁻³, samples that repeat.
private final class FixedNetwork {
    private let first, second: FixedRun
    private let samples: [UnsafeMutablePointer<Int16>]
    private let hidden, slopes, error, output, values, derivatives: UnsafeMutablePointer<Int16>
    private let sigmoid: FixedSigmoid
    private let kernels: KernelSet
    private var next = 0

    init(isSparse: Bool, _ format: FixedFormat, _ kernels: KernelSet) throws {
        var random = Xoshiro256StarStar(seed: 1)
        func structure(_ degree: Int, _ parallelism: Int) -> WeightStructure {
            guard isSparse else { return .dense }
            let settings = InterleaverSettings(type: 2, parallelism: parallelism)
            return .clashFree(settings, .outDegree(degree), seed: 1)
        }
        first = try FixedRun(
            structure(4, 128), format, inputs: 1024, outputs: 64, &random, kernels)
        second = try FixedRun(
            structure(16, 32), format, inputs: 64, outputs: 32, &random, kernels)
        // As in an image: most pixels are dark.
        samples = (0..<64).map { _ in
            let x = makeNumbers(1024, &random, -200...127)
            for i in 0..<1024 { x[i] = max(x[i], 0) }
            return x
        }
        hidden = makeNumbers(64, &random, 0...0)
        slopes = makeNumbers(64, &random, 0...0)
        error = makeNumbers(64, &random, 0...0)
        output = makeNumbers(32, &random, 0...0)
        sigmoid = FixedSigmoid(format)
        values = makeNumbers(sigmoid.entryCount, &random, 0...0)
        derivatives = makeNumbers(sigmoid.entryCount, &random, 0...0)
        sigmoid.fill(values: values, derivatives: derivatives)
        self.kernels = kernels
    }

    func step() {
        let x = samples[next]
        next = (next + 1) & 63
        first.feedforward(x, hidden)
        activate(hidden, slopes, 64)
        second.feedforward(hidden, output)
        activate(output, nil, 32)
        output[next % 10] -= 128
        second.update(hidden, output, slopes, error)
        first.update(x, error, nil, nil)
    }

    private func activate(
        _ y: UnsafeMutablePointer<Int16>, _ slopes: UnsafeMutablePointer<Int16>?, _ count: Int
    ) {
        kernels.fixed.sigmoid(
            y, y, slopes, count, values, derivatives, sigmoid.limit, sigmoid.indexShift, 7)
    }
}

/// Fixed point in every set worth timing.
func measureFixed() throws -> [Row] {
    guard let format = FixedFormat(10, 2, 7) else { return [] }
    return try measuredSets.filter { $0.name != "plain" }.flatMap { set -> [Row] in
        let networks = try [true, false].map {
            try FixedNetwork(isSparse: $0, format, set)
        }
        let steps = mediansInTurns(networks.map { network in { network.step() } })
        return [
            Row(name: "fixed.step.1024-64-32.edges.\(set.name)", value: steps[0], unit: "us"),
            Row(
                name: "fixed.rate.1024-64-32.edges.\(set.name)", value: 1e6 / steps[0],
                unit: "samples/s"),
            Row(name: "fixed.step.1024-64-32.dense.\(set.name)", value: steps[1], unit: "us"),
        ] + (try measureFixedDense(format, set)) + (try measureFpgaKernels(format, set))
    }
}

/// Dense 1024 × 1024, FF, and BP with UP, against float32.
private func measureFixedDense(_ format: FixedFormat, _ set: KernelSet) throws -> [Row] {
    var random = Xoshiro256StarStar(seed: 2)
    let float = try JunctionRun(.dense, kernels: set)
    let fixed = try FixedRun(.dense, format, inputs: 1024, outputs: 1024, &random, set)
    let x = makeNumbers(1024, &random, -127...127)
    let y = makeNumbers(1024, &random, 0...0)
    let e = makeNumbers(1024, &random, 0...0)
    let slopes = makeNumbers(1024, &random, 1...31)
    // Every row has an error, by turns of either sign, so that weights stay.
    let errors = (0..<2).map { turn in
        let errors = makeNumbers(1024, &random, 0...0)
        for j in 0..<1024 { errors[j] = (j + turn) & 1 == 0 ? 8 : -8 }
        return errors
    }
    var turn = 0
    let times = mediansInTurns([
        float.feedforward, { fixed.feedforward(x, y) }, float.update,
        {
            fixed.update(x, errors[turn & 1], slopes, e)
            turn += 1
        },
    ])
    return [
        Row(
            name: "fixed.ff.1024x1024.\(set.name)", value: times[1], unit: "us",
            reference: times[0]),
        Row(
            name: "fixed.bpup.1024x1024.\(set.name)", value: times[3], unit: "us",
            reference: times[2]),
    ]
}
