// The network of examples/fpga.toml as kernels alone: bytes in, weights changed. Dey et al.
// (arXiv 1806.01087): 1024-64-32, z = 128/32, out-degree 4/16, (10,2,7), sigmoids, η = 2⁻³.
//
// Two orders of the same work. Sequential: a sample at a time. Pipelined, as the hardware has it:
// in junction cycle t FF of junction 1 for sample t, FF of junction 2 and the output error for
// t − 1, BP and UP of junction 2 for t − 2, UP of junction 1 for t − 3, all with the weights as at
// the start of t; what a later cycle needs waits in banks, which are used in turn.

import Arithmetic
import Glibc
import Junctions
import Kernels

/// 28 × 28 pixels and labels.
struct FpgaDigits {
    let pixels: UnsafeMutablePointer<UInt8>
    let labels: UnsafeMutablePointer<UInt8>
    /// The paper's 12,544.
    static let count = 12_544

    /// The digits of $MILLRACE_DATA/mnist, or drawn ones: three thick lines per class, shifted
    /// and with noise, four fifths of the pixels dark.
    init(_ random: inout Xoshiro256StarStar) {
        pixels = .allocate(capacity: 784 * Self.count)
        labels = .allocate(capacity: Self.count)
        if let folder = getenv("MILLRACE_DATA").map({ String(cString: $0) + "/mnist/train." }),
            Self.read(folder + "x.npy", pixels, 784 * Self.count),
            Self.read(folder + "y.npy", labels, Self.count)
        {
            return
        }
        pixels.initialize(repeating: 0, count: 784 * Self.count)
        let lines = (0..<30).map { _ in (0..<4).map { _ in 5 + random.index(below: 18) } }
        for index in 0..<Self.count {
            let label = random.index(below: 10)
            labels[index] = UInt8(label)
            let digit = pixels + 784 * index
            let (down, right) = (random.index(below: 5), random.index(below: 5))
            for line in lines[3 * label..<3 * label + 3] {
                for step in 0..<14 {
                    let row = (line[0] * (14 - step) + line[1] * step) / 14 + down
                    let column = (line[2] * (14 - step) + line[3] * step) / 14 + right
                    for pixel in [0, 1, 28, 29] where random.index(below: 4) > 0 {
                        digit[min(28 * row + column + pixel, 783)] = UInt8(
                            128 + random.index(below: 128))
                    }
                }
            }
        }
    }

    /// The first bytes of an array, behind its header.
    private static func read(
        _ path: String, _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int
    ) -> Bool {
        guard let file = fopen(path, "rb") else { return false }
        defer { fclose(file) }
        var header = [UInt8](repeating: 0, count: 10)
        guard fread(&header, 1, 10, file) == 10 else { return false }
        fseek(file, 10 + Int(header[8]) + 256 * Int(header[9]), SEEK_SET)
        return fread(bytes, 1, count, file) == count
    }
}

/// The network and the banks of both orders.
final class FpgaNetwork {
    private typealias Bank = UnsafeMutablePointer<Int16>
    private let first, second: FixedRun
    private let digits: FpgaDigits
    private let kernels: KernelSet
    private let format: FixedFormat
    private let sigmoid: FixedSigmoid
    private let values, derivatives, table: Bank
    private let line: FixedByteLine
    /// Inputs of four samples; hidden values, f′ and errors, and output errors of two and more.
    private let inputs, hidden, slopes, errors, outputs: [Bank]
    private let floats: UnsafeMutablePointer<Float>
    private let isOld: Bool
    private var next = 0

    /// - asLists: the form before: edges listed, inputs through floats
    init(
        _ digits: FpgaDigits, _ format: FixedFormat, _ kernels: KernelSet, asLists: Bool
    ) throws {
        (self.digits, self.format, self.kernels) = (digits, format, kernels)
        isOld = asLists
        var random = Xoshiro256StarStar(seed: 1)
        func run(_ inputs: Int, _ outputs: Int, _ degree: Int, _ z: Int) throws -> FixedRun? {
            let pattern = try SparsePattern(
                .clashFree(.type2, dither: false), inputs: inputs, outputs: outputs,
                outDegree: degree, parallelism: z, seed: 1)
            let form = FixedEdgeJunction(.sparse(pattern), format: format, asLists: asLists)
            return form.map { FixedRun(.edge($0), &random, kernels) }
        }
        guard let first = try run(1024, 64, 4, 128), let second = try run(64, 32, 16, 32)
        else { preconditionFailure("indices of 16 bits suffice") }
        (self.first, self.second) = (first, second)
        func banks(_ count: Int) -> [Bank] {
            (0..<4).map { _ in makeNumbers(count, &random, 0...0) }
        }
        (inputs, hidden, slopes) = (banks(1024), banks(64), banks(64))
        (errors, outputs) = (banks(64), banks(32))
        sigmoid = FixedSigmoid(format)
        values = makeNumbers(sigmoid.entryCount, &random, 0...0)
        derivatives = makeNumbers(sigmoid.entryCount, &random, 0...0)
        sigmoid.fill(values: values, derivatives: derivatives)
        table = makeNumbers(256, &random, 0...0)
        line = FixedByteLine.fill(table, offset: 0, scale: 1 / 256, format)
        floats = makeFloats(1024, &random, scale: 0)
    }

    /// One sample from its bytes to the changed weights.
    func step() {
        feedforwardFirst(next)
        feedforwardSecond(next)
        second.update(
            hidden[next & 3], outputs[next & 3], slopes[next & 3], errors[next & 3])
        first.update(inputs[next & 3], errors[next & 3], nil, nil)
        next += 1
    }

    /// One junction cycle.
    func cycle() {
        feedforwardFirst(next)
        if next > 0 { feedforwardSecond(next - 1) }
        if next > 2 { first.update(inputs[(next - 3) & 3], errors[(next - 3) & 3], nil, nil) }
        if next > 1 {
            let bank = (next - 2) & 3
            second.update(hidden[bank], outputs[bank], slopes[bank], errors[bank])
        }
        next += 1
    }

    private func feedforwardFirst(_ sample: Int) {
        let bank = sample & 3
        let pixels = digits.pixels + sample % FpgaDigits.count * 784
        if isOld {
            kernels.convertU8(pixels, floats, 784, 0, 1 / 256)
            kernels.fixed.truncate(floats, inputs[bank], 1024, 10, 7)
        } else {
            kernels.fixed.input.u8(
                pixels, inputs[bank], 784, table, line.factor, line.addend, line.shift)
        }
        first.feedforward(inputs[bank], hidden[bank])
        activate(hidden[bank], slopes[bank], 64)
    }

    private func feedforwardSecond(_ sample: Int) {
        let bank = sample & 3
        second.feedforward(hidden[bank], outputs[bank])
        activate(outputs[bank], nil, 32)
        outputs[bank][Int(digits.labels[sample % FpgaDigits.count])] -= 128
    }

    private func activate(_ y: Bank, _ slopes: Bank?, _ count: Int) {
        kernels.fixed.sigmoid(
            y, y, slopes, count, values, derivatives, sigmoid.limit, sigmoid.indexShift, 7)
    }

    /// Shares of right neurons of both junctions whose weights learn from a sample, and of wrong
    /// answers, over `count` further steps.
    func shares(_ count: Int) -> (first: Double, second: Double, wrong: Double) {
        var (first, second, wrong) = (0, 0, 0)
        for _ in 0..<count {
            let (label, bank) = (Int(digits.labels[next % FpgaDigits.count]), next & 3)
            step()
            let learns = { [format] (error: Int16) in format.biasIncrement(error, shift: 3) != 0 }
            first += (0..<64).count { learns(errors[bank][$0]) }
            second += (0..<32).count { learns(outputs[bank][$0]) }
            let answer = (0..<10).max {
                outputs[bank][$0] + ($0 == label ? 128 : 0)
                    < outputs[bank][$1] + ($1 == label ? 128 : 0)
            }
            wrong += answer == label ? 0 : 1
        }
        let share = { (found: Int, rows: Int) in Double(found) / Double(rows * count) }
        return (share(first, 64), share(second, 32), share(wrong, 1))
    }

    /// The kernels of a step one by one, on the sample that came last.
    var parts: [(name: String, body: () -> Void)] {
        let bank = (next - 1) & 3
        let pixels = digits.pixels
        let scratch = makeScratch()
        return [
            (
                "input",
                { [self] in
                    kernels.fixed.input.u8(
                        pixels, scratch, 784, table, line.factor, line.addend, line.shift)
                }
            ),
            ("ff.1", { [self] in first.feedforward(inputs[bank], scratch) }),
            ("ff.2", { [self] in second.feedforward(hidden[bank], scratch) }),
            (
                "sigmoid.1",
                { [self] in
                    kernels.fixed.sigmoid(
                        scratch + 64, scratch + 128, scratch + 192, 64, values, derivatives,
                        sigmoid.limit, sigmoid.indexShift, 7)
                }
            ),
        ]
    }

    private func makeScratch() -> Bank {
        var random = Xoshiro256StarStar(seed: 1)
        return makeNumbers(1024, &random, 0...0)
    }
}

/// Both orders against the form before, each in turns with it; how many rows had errors says how
/// much of UP was passed over. Networks have learned one round when they are measured.
func measureFpgaKernels(_ format: FixedFormat, _ set: KernelSet) throws -> [Row] {
    var random = Xoshiro256StarStar(seed: 3)
    let digits = FpgaDigits(&random)
    let networks = try [false, true, false].map {
        try FpgaNetwork(digits, format, set, asLists: $0)
    }
    for network in networks[..<2] { for _ in 0..<FpgaDigits.count { network.step() } }
    for _ in 0..<FpgaDigits.count { networks[2].cycle() }
    let times = mediansInTurns([
        networks[0].step, networks[1].step, networks[2].cycle,
    ])
    let shares = networks[0].shares(FpgaDigits.count)
    let parts = networks[0].parts
    let partTimes = mediansInTurns(batches: 51, parts.map(\.body))
    let prefix = "device.fpga.kernels"
    return [("sequential", times[0]), ("pipelined", times[2])].flatMap { name, time in
        [
            Row(
                name: "\(prefix).\(name).\(set.name)", value: time, unit: "us",
                reference: times[1]),
            Row(
                name: "\(prefix).\(name).rate.\(set.name)", value: 1e6 / time,
                unit: "samples/s"),
        ]
    }
        + [
            Row(
                name: "\(prefix).rows-with-errors.1.\(set.name)", value: 100 * shares.first,
                unit: "%"),
            Row(
                name: "\(prefix).rows-with-errors.2.\(set.name)", value: 100 * shares.second,
                unit: "%"),
            Row(name: "\(prefix).wrong.\(set.name)", value: 100 * shares.wrong, unit: "%"),
        ]
        + zip(parts, partTimes).map {
            Row(name: "\(prefix).\($0.name).\(set.name)", value: $1, unit: "us")
        }
}
