// The streams of the study, in memory, as the examples of the project learn them.

import Arithmetic
import Configuration
import Learning
import SampleSources

/// A stream with its configuration and the place of its poison.
struct StudyStream: Sendable {
    private(set) var name: String
    private(set) var configuration: LearnerConfiguration
    let classCount: Int
    let stride: Int
    var features: [UInt8] = []
    var classes: [Int32] = []
    /// Where the poison begins; it lasts `poisonSamples`.
    let poisonStart: Int

    static let poisonSamples = 5_000

    var count: Int { classes.count }

    /// - passes: how often the file is read. - limit: samples at most
    init(
        _ name: String, example: String, file: String, labels: String? = nil, passes: Int = 1,
        limit: Int = .max, groups: String? = nil, poisonStart: Int
    ) throws {
        let loaded = try ConfigurationLoader.load(path: example, environment: [:])
        var learner = loaded.learner
        learner.device = nil
        learner.pendingCapacity = 0
        learner.producerCapacity = 1
        self.name = name
        self.poisonStart = poisonStart
        configuration = learner
        classCount = loaded.outputCount
        let source = try NpySource(path: file)
        stride = source.schema.sampleBytes
        var batch = SampleBatch(schema: source.schema)
        while classes.count < limit,
            case .samples(let count) = try source.read(
                from: classes.count, count: min(4096, limit - classes.count), into: &batch)
        {
            features += batch.features
            classes += batch.classIndices
            if count == 0 { break }
        }
        if let groups { try shuffle(within: groups) }
        let (allFeatures, allClasses) = (features, classes)
        for _ in 1..<max(passes, 1) {
            features += allFeatures
            classes += allClasses
        }
    }

    /// The same samples for another learner.
    mutating func rename(_ name: String, _ change: (inout LearnerConfiguration) -> Void) {
        self.name = name
        change(&configuration)
    }

    /// Goes on with another stream of the same samples.
    mutating func append(_ other: StudyStream) {
        features += other.features
        classes += other.classes
    }

    /// Every run of equal groups in an order drawn from a seed, as `--shuffle-within` does.
    private mutating func shuffle(within path: String) throws {
        var options = SourceOptions(expected: ExpectedSchema(element: .f32, featureCount: 1))
        options.unlabelled = true
        let source = try NpySource(path: path, options: options)
        var batch = SampleBatch(schema: source.schema)
        var groups: [Float] = []
        while groups.count < classes.count,
            case .samples(let count) = try source.read(
                from: groups.count, count: classes.count - groups.count, into: &batch), count > 0
        {
            groups += (0..<count).map { batch.value(sample: $0, feature: 0) }
        }
        var random = Xoshiro256StarStar(seed: 1)
        var order = Array(classes.indices)
        var start = 0
        while start < order.count {
            var end = start + 1
            while end < order.count, groups[end] == groups[start] { end += 1 }
            for place in Swift.stride(from: end - start - 1, to: 0, by: -1) {
                order.swapAt(start + place, start + random.index(below: place + 1))
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
