// The generators: the authors' own vectors, storage, ranges and moments.

import Arithmetic
import Testing

struct GeneratorTests {
    /// First words for seed 1234567, as published with the reference implementation.
    @Test func splitMixVectors() {
        var generator = SplitMix64(seed: 1_234_567)
        let words = (0..<5).map { _ in generator.next() }
        #expect(
            words == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973,
                9_817_491_932_198_370_423, 4_593_380_528_125_082_431,
                16_408_922_859_458_223_821,
            ])
    }

    /// First words of the reference implementation from the state 1, 2, 3, 4.
    @Test func xoshiroVectors() {
        var generator = Xoshiro256StarStar(state: (1, 2, 3, 4))
        let words = (0..<6).map { _ in generator.next() }
        #expect(
            words == [
                11_520, 0, 1_509_978_240, 1_215_971_899_390_074_240, 1_216_172_134_540_287_360,
                607_988_272_756_665_600,
            ])
    }

    @Test func stateLivesInMemory() {
        var generator = Xoshiro256StarStar(seed: 9)
        for _ in 0..<10 { _ = generator.normal() }
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 40, alignment: 8)
        defer { memory.deallocate() }
        generator.store(to: memory + 3)
        var restored = Xoshiro256StarStar(loadingFrom: memory + 3)
        #expect(restored == generator)
        #expect((0..<10).allSatisfy { _ in restored.next() == generator.next() })
    }

    @Test func zeroStateIsReplaced() {
        #expect(Xoshiro256StarStar(state: (0, 0, 0, 0)) == Xoshiro256StarStar(seed: 0))
    }

    @Test(arguments: [1, 2, 3, 7, 10, 1000] as [UInt64])
    func boundedIsEven(bound: UInt64) {
        var generator = Xoshiro256StarStar(seed: bound)
        var counts = [Int](repeating: 0, count: Int(bound))
        let draws = 20_000
        for _ in 0..<draws { counts[Int(generator.bounded(bound))] += 1 }
        let expected = Double(draws) / Double(bound)
        let chiSquare = counts.reduce(0.0) {
            $0 + (Double($1) - expected) * (Double($1) - expected) / expected
        }
        // Mean bound − 1, standard deviation √(2 (bound − 1)).
        #expect(chiSquare <= Double(bound - 1) + 5 * (2 * Double(bound)).squareRoot())
    }

    /// Half of all words are rejected for this bound: a biased method would show it.
    @Test func boundedRejects() {
        var generator = Xoshiro256StarStar(seed: 4)
        let bound: UInt64 = (1 << 63) + 1
        let low = (0..<4000).reduce(0) { sum, _ in
            sum + (generator.bounded(bound) < bound / 2 ? 1 : 0)
        }
        #expect(abs(low - 2000) < 160)
    }

    @Test func uniformAndNormalMoments() {
        var generator = Xoshiro256StarStar(seed: 12)
        let count = 200_000
        var sum = 0.0
        var square = 0.0
        var fourth = 0.0
        for _ in 0..<count {
            let u = generator.uniform()
            #expect(u >= 0 && u < 1)
            let v = Double(generator.normal())
            sum += v
            square += v * v
            fourth += v * v * v * v
        }
        #expect(abs(sum / Double(count)) < 0.012)
        #expect(abs(square / Double(count) - 1) < 0.016)
        #expect(abs(fourth / Double(count) - 3) < 0.15)
    }

    /// Values, bit by bit: initial weights must never change from one release to the next.
    @Test func goldenValues() {
        var generator = Xoshiro256StarStar(seed: 1)
        let uniform = (0..<4).map { _ in generator.uniform().bitPattern }
        let normal = (0..<4).map { _ in generator.normal().bitPattern }
        #expect(uniform == [0x3F33F2AF, 0x3F053B55, 0x3F12F897, 0x3EC85C38])
        #expect(normal == [0x3EE06B9A, 0xBF284468, 0x3F8A9E0C, 0x3F012964])
    }
}
