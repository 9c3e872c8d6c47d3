// The streams, in memory, in the order in which they are learned.
//
// Orders that are drawn come from SplitMix64 started with 0: from the last place down to the second,
// a place i changes with place floor(r · (i + 1) / 2⁶⁴) for the next r, as `--shuffle-within` does.

import Arithmetic
import SampleSources

/// A stream.
enum StreamName: String, Sendable {
    /// The windows of all people, in one order drawn over all.
    case har
    /// Patients one after the other, and then the patients of the test set.
    case ecg
    /// Batches 1 to 6, each in an order drawn inside it.
    case gas
    /// The same, and then batches 8 and 9, which nobody announces.
    case gasDrift = "gas-drift"
    /// As recorded.
    case elec2
    /// The first 12,544 training images.
    case mnist
}

/// Samples with classes.
struct Samples: Sendable {
    private(set) var stride = 0
    private(set) var features: [UInt8] = []
    private(set) var classes: [Int32] = []
    /// Where another part begins, with its name: a set, a batch.
    private(set) var marks: [(start: Int, name: String)] = []

    var count: Int { classes.count }

    init(_ name: StreamName, folder: String) throws {
        switch name {
        case .har:
            try append("\(folder)/har/train")
            shuffle(groups: [Float](repeating: 0, count: count))
        case .ecg:
            for part in ["train", "test"] { try append("\(folder)/ecg/\(part)", mark: part) }
        case .gas, .gasDrift:
            let parts = name == .gas ? ["train"] : ["train", "test"]
            var groups: [Float] = []
            for part in parts {
                try append("\(folder)/gas/\(part)")
                groups += try Self.column("\(folder)/gas/\(part).batch.npy")
            }
            for index in groups.indices where index == 0 || groups[index] != groups[index - 1] {
                marks.append((index, "batch \(Int(groups[index]))"))
            }
            shuffle(groups: groups)
        case .elec2: try append("\(folder)/elec2/stream")
        case .mnist: try append("\(folder)/mnist/train", limit: 12_544)
        }
    }

    /// - path: of two files, without `.x.npy`. - mark: name of a part that begins here
    private mutating func append(_ path: String, mark: String? = nil, limit: Int = .max) throws {
        if let mark { marks.append((count, mark)) }
        let source = try NpySource(path: path + ".x.npy")
        stride = source.schema.sampleBytes
        var batch = SampleBatch(schema: source.schema)
        var place = 0
        while place < limit,
            case .samples(let found) = try source.read(
                from: place, count: min(4096, limit - place), into: &batch), found > 0
        {
            features += batch.features
            classes += batch.classIndices
            place += found
        }
        guard features.count == classes.count * stride else {
            throw SourceError.schemaMismatch(
                source: path, what: "labels", found: "none", expected: "a class per sample")
        }
    }

    private static func column(_ path: String) throws -> [Float] {
        var options = SourceOptions(expected: ExpectedSchema(element: .f32, featureCount: 1))
        options.unlabelled = true
        let source = try NpySource(path: path, options: options)
        var batch = SampleBatch(schema: source.schema)
        var values: [Float] = []
        while case .samples(let found) = try source.read(
            from: values.count, count: 4096, into: &batch), found > 0
        {
            values += (0..<found).map { batch.value(sample: $0, feature: 0) }
        }
        return values
    }

    /// See the top; inside runs of equal groups.
    private mutating func shuffle(groups: [Float]) {
        var random = SplitMix64(seed: 0)
        var order = Array(classes.indices)
        var start = 0
        while start < order.count {
            var end = start + 1
            while end < order.count, groups[end] == groups[start] { end += 1 }
            for place in Swift.stride(from: end - start - 1, to: 0, by: -1) {
                let pick = random.next().multipliedFullWidth(by: UInt64(place + 1)).high
                order.swapAt(start + place, start + Int(pick))
            }
            start = end
        }
        var shuffled: [UInt8] = []
        shuffled.reserveCapacity(features.count)
        for place in order { shuffled += features[(place * stride)..<((place + 1) * stride)] }
        features = shuffled
        classes = order.map { classes[$0] }
    }
}
