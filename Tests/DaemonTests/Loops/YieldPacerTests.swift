// How often a loop that always has work offers its processor.

import Daemon
import Simulation
import Testing

@Suite struct YieldPacerTests {
    private static let interval: UInt64 = 500_000

    /// The stretches, in nanoseconds of work, of records that take `cost` of their number each.
    private func stretches(of records: Int, cost: (Int) -> UInt64) -> [UInt64] {
        let clock = ManualClock(nowNanoseconds: 77)
        var pacer = YieldPacer(clock: clock, intervalNanoseconds: Self.interval)
        var began = clock.nowNanoseconds
        var result: [UInt64] = []
        for record in 0..<records {
            clock.advance(nanoseconds: cost(record))
            guard pacer.isOver() else { continue }
            result.append(clock.nowNanoseconds - began)
            clock.advance(milliseconds: 3)  // others have the processor
            pacer.begin()
            began = clock.nowNanoseconds
        }
        return result
    }

    @Test(arguments: [150, 570, 2_000, 15_000, 100_000, 400_000])
    func theSecondStretchLastsOneInterval(cost: Int) {
        let cost = UInt64(cost)
        let all = stretches(of: 20_000) { _ in cost }
        #expect(all.count > 4)
        #expect(all[0] == cost)
        for stretch in all.dropFirst() {
            #expect(stretch <= Self.interval && stretch + cost > Self.interval)
        }
    }

    @Test func aRecordLongerThanAnIntervalIsAStretch() {
        #expect(stretches(of: 5) { _ in 20_000_000 } == Array(repeating: 20_000_000, count: 5))
    }

    @Test func aSlowerPaceIsNoticedAfterOneStretch() {
        let all = stretches(of: 3_000) { $0 < 1_001 ? 1_000 : 50_000 }
        let late = all.lastIndex { $0 > Self.interval }
        #expect(all.filter { $0 > Self.interval }.count == 1)
        #expect(late.map { $0 < all.count - 100 } == true)
    }

    @Test func aClockThatStandsStillEndsStretchesAllTheSame() {
        let all = stretches(of: 10_000) { _ in 0 }
        #expect(all.count == 1 + 9_999 / Int(YieldPacer.mostRecords))
    }
}
