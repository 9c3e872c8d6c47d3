// The data: mnist and morse from .npy files, smallnet from its rule.
//
// smallnet, after the rule of Dey et al.: a sample is 512 bits read as 64 bytes; the number of
// one bits is uniform in 0…512 and their places are random; the class is the quarter that the
// number lies in, 512 itself in the last.

import Arithmetic
import SampleSources

/// Samples with classes, in memory.
struct LabelledSamples: Sendable {
    var featureCount = 0
    /// count × featureCount raw values, row after row.
    var values: [Int16] = []
    var classes: [UInt8] = []

    var count: Int { classes.count }
}

/// A training and a test set.
struct DataSet: Sendable {
    var train: LabelledSamples
    var test: LabelledSamples
    var classCount: Int
    /// The raw value that stands for 1.
    var unit: Float
}

extension DataSet {
    /// A set by name.
    /// - folder: where `mnist` and `morse` lie
    static func load(_ name: DataName, folder: String) throws(SourceError) -> DataSet {
        switch name {
        case .mnist:
            DataSet(
                train: try read("\(folder)/mnist/train.x.npy"),
                test: try read("\(folder)/mnist/test.x.npy"), classCount: 10, unit: 255)
        case .morse:
            DataSet(
                train: try read("\(folder)/morse/train.x.npy"),
                test: try read("\(folder)/morse/test.x.npy"), classCount: 64, unit: 1000)
        case .smallnet:
            DataSet(
                train: smallnet(count: 2000, seed: 1), test: smallnet(count: 2000, seed: 2),
                classCount: 4, unit: 255)
        }
    }

    private static func read(_ path: String) throws(SourceError) -> LabelledSamples {
        let source = try NpySource(path: path)
        var samples = LabelledSamples(featureCount: source.schema.featureCount)
        var batch = SampleBatch(schema: source.schema)
        while case .samples(let count) = try source.read(
            from: samples.count, count: 4096, into: &batch)
        {
            guard batch.classIndices.count == count else {
                throw .schemaMismatch(
                    source: path, what: "labels", found: "none", expected: "a class per sample")
            }
            samples.classes += batch.classIndices.map { UInt8(truncatingIfNeeded: $0) }
            append(batch, to: &samples.values)
        }
        return samples
    }

    private static func append(_ batch: SampleBatch, to values: inout [Int16]) {
        batch.features.withUnsafeBytes { bytes in
            if batch.schema.element == .u8 {
                values.append(contentsOf: bytes.lazy.map(Int16.init))
            } else {
                let count = bytes.count / 2
                values.append(
                    contentsOf: (0..<count).lazy.map {
                        bytes.loadUnaligned(fromByteOffset: 2 * $0, as: Int16.self)
                    })
            }
        }
    }

    /// The rule at the top.
    static func smallnet(count: Int, seed: UInt64) -> LabelledSamples {
        var random = Xoshiro256StarStar(seed: seed)
        var samples = LabelledSamples(featureCount: 64)
        var places = Array(0..<512)
        for _ in 0..<count {
            let ones = random.index(below: 513)
            var bytes = [Int16](repeating: 0, count: 64)
            for index in 0..<ones {
                places.swapAt(index, index + random.index(below: 512 - index))
                bytes[places[index] / 8] |= 1 << Int16(places[index] % 8)
            }
            samples.values += bytes
            samples.classes.append(UInt8(min(3, ones / 128)))
        }
        return samples
    }
}
