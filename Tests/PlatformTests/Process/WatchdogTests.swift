// When the service manager is told that all is well, over a clock that the test moves.

import Platform
import Testing

@Suite struct WatchdogTests {
    private func watch(_ environment: [String: String], now: UInt64 = 0) -> Watchdog? {
        Watchdog(environment: environment, processIdentifier: 42, now: now)
    }

    @Test func onlyThisProcessIsWatched() {
        #expect(watch([:]) == nil)
        #expect(watch(["WATCHDOG_USEC": "0"]) == nil && watch(["WATCHDOG_USEC": "-5"]) == nil)
        #expect(watch(["WATCHDOG_USEC": "soon"]) == nil)
        #expect(watch(["WATCHDOG_USEC": "3000", "WATCHDOG_PID": "41"]) == nil)
        let own = watch(["WATCHDOG_USEC": "3000", "WATCHDOG_PID": "42"])
        #expect(own?.intervalNanoseconds == 3_000_000 && own?.feedNanoseconds == 1_000_000)
        let huge = watch(["WATCHDOG_USEC": "18446744073709551615"])
        #expect(huge?.intervalNanoseconds == UInt64.max)
    }

    @Test func aSignIsDueAfterAThirdOfTheInterval() throws {
        var dog = try #require(watch(["WATCHDOG_USEC": "3000"], now: 500))
        #expect(dog.look(at: [1, 1, 1], now: 1_000_499) == .rest)
        #expect(dog.look(at: [1, 1, 1], now: 1_000_500) == .feed)
        #expect(dog.look(at: [2, 2, 2], now: 2_000_499) == .rest)
        #expect(dog.look(at: [2, 2, 2], now: 2_000_500) == .feed)
    }

    @Test(arguments: 0..<3)
    func aLoopThatDoesNotMoveEndsTheFeeding(stuck: Int) throws {
        var dog = try #require(watch(["WATCHDOG_USEC": "3000"]))
        var turns: [UInt64] = [5, 5, 5]
        #expect(dog.look(at: turns, now: 1_000_000) == .feed)
        for step in 2..<9 {
            for index in 0..<3 where index != stuck { turns[index] += 1 }
            #expect(dog.look(at: turns, now: UInt64(step) * 1_000_000) == .nudge)
            #expect(dog.stuck(turns) == [stuck])
            #expect(dog.isLate(now: UInt64(step) * 1_000_000) == (step >= 3))
        }
        // It moved after all.
        turns[stuck] += 1
        #expect(dog.look(at: turns, now: 9_000_000) == .feed)
    }
}
