// The Morse stream: its code table and distribution against a draw from the authors' own
// generator, its seekability, its noise and drift.

import SampleSources
import Testing

@Suite struct MorseTests {
    /// Counts and sums of frames.
    struct Figures {
        var values = 0.0
        var used = 0.0
        var sum = 0.0
        var squares = 0.0
        var full = 0.0

        var usedShare: Double { used / values }
        var level: Double { sum / used }
        var deviation: Double { (squares / used - level * level).squareRoot() }

        mutating func add(_ value: Float) {
            values += 1
            guard value != 0 else { return }
            used += 1
            sum += Double(value)
            squares += Double(value) * Double(value)
            if value == 1000 { full += 1 }
        }
    }

    func figures(_ source: any SampleSource, from start: Int = 0, samples: Int) throws -> Figures {
        var figures = Figures()
        var batch = SampleBatch(schema: source.schema)
        var index = start
        while index < start + samples {
            guard
                case .samples(let count) = try source.read(
                    from: index, count: min(1000, start + samples - index), into: &batch)
            else { break }
            for i in 0..<count {
                for feature in 0..<64 { figures.add(batch.value(sample: i, feature: feature)) }
            }
            index += count
        }
        return figures
    }

    /// The code word that a frame without noise shows.
    func word(_ batch: SampleBatch, _ sample: Int) -> String {
        var word = ""
        var run = 0
        for i in 0...64 {
            if i < 64, batch.value(sample: sample, feature: i) != 0 {
                run += 1
            } else if run > 0 {
                word += run <= 3 ? "." : "-"
                run = 0
            }
        }
        return word
    }

    @Test func knowsSixtyFourSymbols() {
        #expect(MorseCode.names.count == 64 && Set(MorseCode.names).count == 64)
        #expect(Set(MorseCode.words).count == 63)
        #expect(MorseCode.words[1] == MorseCode.words[10])
    }

    @Test func drawsTheWordOfItsLabel() throws {
        let source = try MorseSource(options: "limit=20000")
        var batch = SampleBatch(schema: source.schema)
        var counts = [Int](repeating: 0, count: 64)
        for index in stride(from: 0, to: 20_000, by: 1000) {
            #expect(try source.read(from: index, count: 1000, into: &batch) == .samples(1000))
            for i in 0..<1000 {
                let label = Int(batch.classIndices[i])
                counts[label] += 1
                guard word(batch, i) == MorseCode.words[label] else {
                    Issue.record("sample \(index + i) is not \(MorseCode.names[label])")
                    return
                }
            }
        }
        #expect(counts.allSatisfy { (220...410).contains($0) })
        #expect(try source.read(from: 20_000, count: 1, into: &batch) == .end)
    }

    @Test(.enabled(if: hasData("morse")))
    func agreesWithTheAuthorsDraw() throws {
        let drawn = try NpySource(path: dataDirectory + "/morse/train.x.npy")
        var batch = SampleBatch(schema: drawn.schema)
        #expect(try drawn.read(from: 0, count: 2000, into: &batch) == .samples(2000))
        for i in 0..<2000 {
            #expect(word(batch, i) == MorseCode.words[Int(batch.classIndices[i])])
        }
        let theirs = try figures(drawn, samples: 76_800)
        let ours = try figures(try MorseSource(options: "seed=5"), samples: 76_800)
        #expect(abs(ours.usedShare - theirs.usedShare) < 0.003)
        #expect(abs(ours.level - theirs.level) < 1)
        #expect(abs(ours.deviation - theirs.deviation) < 1)
        #expect(abs(ours.full - theirs.full) < 300)
    }

    @Test func hasTheDistributionOfThePaper() throws {
        let figures = try figures(try MorseSource(), samples: 20_000)
        #expect(abs(figures.usedShare - 0.289) < 0.004)
        #expect(abs(figures.level - 750) < 2)
        #expect(abs(figures.deviation - 83.7) < 1.5)
    }

    @Test(arguments: ["", "noise=0.1", "noise=0.1,drift=1e-3,spaces=9,seed=77"])
    func givesEveryIndexTheSameSample(options: String) throws {
        let first = try MorseSource(options: options)
        let second = try MorseSource(options: options)
        #expect(first.identity == second.identity && first.isSeekable)
        var whole = SampleBatch(schema: first.schema)
        _ = try first.read(from: 0, count: 500, into: &whole)
        var one = SampleBatch(schema: second.schema)
        for index in [499, 0, 250, 1, 77] {
            #expect(try second.read(from: index, count: 1, into: &one) == .samples(1))
            #expect(one.features[...] == whole.features[(index * 128)..<(index * 128 + 128)])
            #expect(one.classIndices[0] == whole.classIndices[index])
        }
        #expect(try second.read(from: 1 << 60, count: 1, into: &one) == .samples(1))
        let other = try MorseSource(options: "seed=123456")
        _ = try other.read(from: 0, count: 500, into: &one)
        #expect(one.features != whole.features && other.identity != first.identity)
    }

    @Test func addsNoiseAndDriftsAndShifts() throws {
        let calm = try figures(try MorseSource(), samples: 5000)
        let noisy = try figures(try MorseSource(options: "noise=0.25"), samples: 5000)
        #expect(noisy.usedShare > 0.6)
        let drift = try MorseSource(options: "drift=1e-4")
        #expect(abs(try figures(drift, samples: 300).level - 750) < 15)
        let turned = try figures(drift, from: 9900, samples: 200)
        #expect(abs(turned.level - 377) < 15 && turned.usedShare < calm.usedShare - 0.03)
        let ramp = try MorseSource(options: "ramp=1e-4")
        #expect(try figures(ramp, from: 3000, samples: 100).usedShare > 0.5)
        let shifted = try MorseSource(options: "spaces=63")
        var batch = SampleBatch(schema: shifted.schema)
        _ = try shifted.read(from: 0, count: 1000, into: &batch)
        let atStart = (0..<1000).filter { batch.value(sample: $0, feature: 0) != 0 }.count
        #expect(atStart < 150)
        #expect(
            (0..<1000).allSatisfy {
                word(batch, $0) == MorseCode.words[Int(batch.classIndices[$0])]
            })
    }

    @Test(arguments: [
        "noise=2", "noise=", "noise", "nois=0.1", "seed=-1", "drift=x", "limit=1.5", "noise=nan",
        "seed=1,seed=2", "spaces=64",
    ])
    func refusesOptions(options: String) {
        #expect(throws: SourceError.self) { try MorseSource(options: options) }
    }

    @Test func suitsTheReceiver() throws {
        let float = SourceOptions(
            expected: ExpectedSchema(
                element: .f32, featureCount: 64,
                labels: .classIndices(classCount: 64, names: MorseCode.names)))
        let source = try SourceCatalog.open("morse:limit=2", options: float)
        #expect(try readAll(source).rows.joined().max() ?? 9 <= 1)
        let wrong = SourceOptions(expected: ExpectedSchema(element: .i16, featureCount: 63))
        #expect(throws: SourceError.self) { try SourceCatalog.open("morse", options: wrong) }
    }
}
