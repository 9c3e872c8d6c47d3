// Goal: how soon the detectors see a rise, and how seldom they see one that is none, on streams
// whose change is known; and that memory is bounded.

import Arithmetic
import Learning
import Testing

@Suite struct DriftStreamTests {
    /// Errors of a classifier that is wrong with probability `before`, then `after`.
    private static func errors(
        _ before: Double, _ after: Double, change: Int, count: Int, seed: UInt64,
        height: Double = 1
    ) -> [Double] {
        var generator = SplitMix64(seed: seed &* 0x9E37)
        return (0..<count).map { index in
            let u = Double(generator.next() >> 11) * 0x1p-53
            return u < (index < change ? before : after) ? height : 0
        }
    }

    /// A rise by 0.3 with σ² ≈ 0.16 in the window: the bound is below 0.3 from about 70 samples on,
    /// and a look comes every 32.
    @Test func anAdaptiveWindowSeesARiseWithin160Samples() throws {
        var late = 0
        for seed in 1...30 as ClosedRange<UInt64> {
            let window = OwnedWindow(AdaptiveWindowSettings())
            let stream = Self.errors(0.1, 0.4, change: 2_000, count: 2_160, seed: seed)
            var rise: LevelChange?
            for (index, x) in stream.enumerated() {
                guard let change = window.add(x), change.after > change.before else { continue }
                #expect(index >= 2_000, "a false alarm at \(index), seed \(seed)")
                rise = rise ?? change
            }
            guard let rise else {
                late += 1
                continue
            }
            #expect((0.05..<0.15).contains(rise.before) && (0.2..<0.75).contains(rise.after))
            #expect((20..<260).contains(rise.samplesAfter), "\(rise)")
        }
        #expect(late == 0)
    }

    /// δ = 0.002 bounds the chance per look: 25 of 12,500 looks. The bound is far from tight.
    @Test func anAdaptiveWindowCutsNoStationaryStream() {
        var cuts = 0
        for seed in 1...20 as ClosedRange<UInt64> {
            let window = OwnedWindow(AdaptiveWindowSettings())
            for x in Self.errors(0.2, 0.2, change: 0, count: 20_000, seed: seed) {
                if window.add(x) != nil { cuts += 1 }
            }
        }
        #expect(cuts <= 2)
    }

    /// From 0.2 to 0.8 on average, δ = 0.1: the sum grows by 0.5 a sample, λ = 25 takes 50 of them.
    @Test func pageHinkleySeesARiseWithin130Samples() throws {
        for seed in 1...30 as ClosedRange<UInt64> {
            let test = OwnedPageHinkley(PageHinkleySettings(delta: 0.1, threshold: 25))
            let stream = Self.errors(0.1, 0.4, change: 2_000, count: 2_130, seed: seed, height: 2)
            let alarms = stream.enumerated().compactMap { index, x in
                test.add(x).map { (index, $0) }
            }
            let (index, change) = try #require(alarms.first, "seed \(seed)")
            #expect(index >= 2_000, "a false alarm at \(index), seed \(seed)")
            #expect((0.1..<0.4).contains(change.before) && (0.5..<1.3).contains(change.after))
            // The estimate of when it began: a chance excursion may have come just before.
            #expect((1_850..<2_060).contains(index + 1 - change.samplesAfter), "\(index) \(change)")
        }
    }

    /// With drift −0.1 and σ² = 0.36 an excursion gets to 25 with probability e^−13.9.
    @Test func pageHinkleyIsQuietOnAStationaryStream() {
        var alarms = 0
        for seed in 1...20 as ClosedRange<UInt64> {
            let test = OwnedPageHinkley(PageHinkleySettings(delta: 0.1, threshold: 25))
            for x in Self.errors(0.1, 0.1, change: 0, count: 20_000, seed: seed, height: 2) {
                if test.add(x) != nil { alarms += 1 }
            }
        }
        #expect(alarms <= 1)
    }

    @Test func nothingIsAnAlarmBeforeTheMinimum() {
        let test = OwnedPageHinkley(
            PageHinkleySettings(delta: 0, threshold: 0.5, minimumCount: 40, forgetting: 1))
        for index in 0..<60 {
            let alarm = test.add(index < 5 ? 0 : 2)
            #expect((alarm != nil) == (index == 39))
        }
        #expect(test.count == 20)
    }

    /// A full last row lets the oldest bucket go: what is left is exactly the newest values.
    @Test(arguments: [2, 3, 5]) func memoryIsBounded(_ buckets: Int) {
        let settings = AdaptiveWindowSettings(
            delta: 1e-6, bucketsPerRow: buckets, checkInterval: 1, rowCount: 4, shortest: 5)
        let window = OwnedWindow(settings)
        var generator = SplitMix64(seed: 5)
        var newest: [Double] = []
        for _ in 0..<2_000 {
            let x = Double(generator.next() >> 11) * 0x1p-53
            #expect(window.add(x) == nil)
            newest.append(x)
            #expect(window.width <= buckets * 15)
            newest.removeFirst(newest.count - window.width)
            let mean = newest.reduce(0, +) / Double(newest.count)
            let variance = newest.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            #expect((window.mean - mean).magnitude < 1e-9)
            #expect((window.squares - variance).magnitude < 1e-9)
        }
        #expect(window.width >= (buckets - 1) * 15)
    }
}
