// An endless stream of Morse-code symbols, after Dey, Chugg and Beerel, "Morse Code Datasets for
// Machine Learning" (ICCCNT 2018), re-implemented from its description.
//
// A sample is a frame of 64 values of an intensity in 0…1, as i16 of thousandths. A dot is 1–3
// values long, a dash 4–9, the gap between marks 1–3, each uniform; a value inside a mark is
// N(12, 1.34)/16, elsewhere 0; noise N(0, sd) is added to all 64; everything is clipped to 0…1.
// The symbol starts at value 0, or after a random number of leading spaces.
//
// What the paper does not have is drift, for streams: a phase that goes 0 → 1 → 0 … by `drift`
// per sample moves the mean level from 12 to 6 sixteenths and the longest dash from 9 to 6.
//
// Invariant: sample `index` is a function of the options and `index` alone, on every machine, so
// any index can be read at any time.

import Arithmetic

/// Morse symbols with adjustable noise and drift.
public final class MorseSource: SampleSource {
    /// Values in a frame.
    public static let frameCount = 64
    private static let optionNames = ["noise", "drift", "ramp", "spaces", "seed", "limit"]

    /// `morse` and its options.
    public let name: String
    /// 64 values of i16, 64 classes.
    public let schema: SourceSchema
    /// Any index at any time.
    public var isSeekable: Bool { true }
    /// Generated as fast as it is read.
    public var isLive: Bool { false }
    /// The limit, or nil: endless.
    public let count: Int?
    /// The canonical description.
    public let identity: SourceIdentity?
    /// Nothing.
    public var notes: [String] { [] }

    private let seed: UInt64
    private let noise: Double
    private let drift: Double
    private let ramp: Double
    private let spaces: Int
    /// thousandths as i16 (false), or intensities as f32 (true)
    private let isFloat: Bool

    /// Parses the options.
    ///
    /// - options: `key=value` pairs with commas: `noise` standard deviation 0…1 (0.25 is the
    ///   paper's "difficult"), `drift` phase per sample 0…1, `ramp` growth of `noise` per sample
    ///   0…1 (up to 1), `spaces` most leading spaces 0…63 (fewer where the symbol would not fit),
    ///   `seed`, `limit` samples.
    /// - source: `expected`, `unlabelled` and `limit` matter.
    public init(
        options: String = "", source: SourceOptions = SourceOptions()
    ) throws(SourceError) {
        let given = try SourceParameters(source: "morse", text: options, known: Self.optionNames)
        noise = try given.real("noise", 0...1, 0)
        drift = try given.real("drift", 0...1, 0)
        ramp = try given.real("ramp", 0...1, 0)
        spaces = Int(try given.integer("spaces", 0...63, 0))
        seed = try given.integer("seed", 0...UInt64.max, 1)
        let stated = try given.integer("limit", 0...UInt64(Int64.max), UInt64(Int64.max))
        let limit = min(Int(stated), max(0, source.limit ?? .max))
        count = limit == .max ? nil : limit
        let canonical =
            "morse:noise=\(noise),drift=\(drift),ramp=\(ramp),spaces=\(spaces),seed=\(seed)"
        name = options.isEmpty ? "morse" : "morse:" + options
        identity = SourceIdentity(path: canonical, bytes: 0, digest: Fingerprint.of(canonical))
        var element = SourceElement.i16
        var labels = SourceLabels.classIndices(classCount: 64, names: MorseCode.names)
        if source.unlabelled { labels = .none }
        if let expected = source.expected {
            guard expected.featureCount == Self.frameCount, expected.element != .u8 else {
                throw .schemaMismatch(
                    source: "morse", what: "samples",
                    found: "64 features of i16 (or f32)",
                    expected: "\(expected.featureCount) of \(expected.element.name)")
            }
            element = expected.element
            if !source.unlabelled { labels = try Self.labels(for: expected.labels) }
        }
        isFloat = element == .f32
        schema = SourceSchema(element: element, featureCount: Self.frameCount, labels: labels)
    }

    private static func labels(
        for expected: SourceLabels
    ) throws(SourceError) -> SourceLabels {
        switch expected {
        case .none: return .none
        case .classIndices(let classCount, let names) where classCount >= 64 || classCount == 0:
            return .classIndices(classCount: max(classCount, 64), names: names)
        case .classIndices(let classCount, _):
            throw .schemaMismatch(
                source: "morse", what: "classes", found: "64", expected: "\(classCount)")
        case .classNames: return .classNames
        case .values(let count):
            throw .schemaMismatch(
                source: "morse", what: "labels", found: "classes",
                expected: "\(count) real values")
        }
    }

    /// Generates samples; never waits. See the protocol.
    public func read(
        from index: Int, count: Int, into batch: inout SampleBatch, timeoutMilliseconds: Int?
    ) throws(SourceError) -> ReadOutcome {
        precondition(index >= 0 && count > 0)
        batch.clear(firstIndex: index)
        let end = self.count ?? .max
        guard index < end else { return .end }
        let samples = min(count, end - index, 4096)
        withUnsafeTemporaryAllocation(of: Int16.self, capacity: Self.frameCount) { frame in
            for i in index..<index + samples {
                let symbol = generate(i, into: frame)
                append(frame, symbol: symbol, to: &batch)
            }
        }
        return .samples(samples)
    }

    private func append(
        _ frame: UnsafeMutableBufferPointer<Int16>, symbol: Int, to batch: inout SampleBatch
    ) {
        if isFloat {
            batch.append(values: frame.map { Float($0) / 1000 })
        } else {
            batch.append(features: UnsafeRawBufferPointer(frame))
        }
        switch schema.labels {
        case .classIndices: batch.label(classIndex: Int32(symbol))
        case .classNames: batch.label(className: MorseCode.names[symbol])
        default: break
        }
    }

    /// Fills `frame` with sample `index`, in thousandths, and returns its class.
    private func generate(_ index: Int, into frame: UnsafeMutableBufferPointer<Int16>) -> Int {
        var random = Xoshiro256StarStar(
            seed: seed &+ UInt64(index) &* 0xD1B5_4A32_D192_ED03)
        let symbol = random.index(below: 64)
        let phase = self.phase(index)
        let level = Float(12 - 6 * phase)
        let longestDash = 9 - Int((3 * phase).rounded())
        frame.update(repeating: 0)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: Self.frameCount) { values in
            values.initialize(repeating: 0)
            draw(symbol, longestDash, level, into: values, &random)
            let deviation = Float(min(1, noise + ramp * Double(index)))
            for i in 0..<Self.frameCount {
                var value = values[i]
                if deviation > 0 { value = value.addingProduct(deviation, random.normal()) }
                frame[i] = Int16((min(1, max(0, value)) * 1000).rounded())
            }
        }
        return symbol
    }

    /// Draws the marks of `symbol`. The longest word takes 63 values: no mark leaves the frame.
    private func draw(
        _ symbol: Int, _ longestDash: Int, _ level: Float,
        into values: UnsafeMutableBufferPointer<Float>, _ random: inout Xoshiro256StarStar
    ) {
        var position = 0
        for (number, mark) in MorseCode.words[symbol].utf8.enumerated() {
            if number > 0 { position += 1 + random.index(below: 3) }
            let isDot = mark == UInt8(ascii: ".")
            let length =
                isDot ? 1 + random.index(below: 3) : 4 + random.index(below: longestDash - 3)
            for _ in 0..<length {
                let value = level.addingProduct(1.34, random.normal()) / 16
                values[position] = min(1, max(0, value))
                position += 1
            }
        }
        guard spaces > 0 else { return }
        let lead = random.index(below: min(spaces, Self.frameCount - position) + 1)
        for i in stride(from: position - 1, through: 0, by: -1) { values[i + lead] = values[i] }
        for i in 0..<lead { values[i] = 0 }
    }

    /// A triangle wave of `index`: 0 → 1 → 0 …, changing by `drift` per sample.
    private func phase(_ index: Int) -> Double {
        guard drift > 0 else { return 0 }
        let turn = (Double(index) * drift).truncatingRemainder(dividingBy: 2)
        return turn <= 1 ? turn : 2 - turn
    }
}
