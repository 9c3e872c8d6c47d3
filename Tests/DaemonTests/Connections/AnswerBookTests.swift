// Who does not take answers gets no more, and is cut; who takes them is always answered.

import Daemon
import Platform
import Testing

@Suite struct AnswerBookTests {
    /// A connection that libzmq writes.
    struct World {
        var book = AnswerBook(capacity: 64, frameBytes: 1000)
        var sent: UInt64 = 300  // The handshake.
        var now: UInt64 = 1

        mutating func ask(_ bytes: Int, serial: UInt64 = 1) -> AnswerBook.Verdict {
            now += 1_000_000
            let traffic = SocketTraffic(serial: serial, read: 0, reads: 0, sent: sent)
            let verdict = book.judge(5, traffic, now)
            if verdict == .answer { book.note(5, traffic, bytes) }
            return verdict
        }
    }

    @Test func whoTakesAnswersIsAlwaysAnswered() {
        var world = World()
        for _ in 0..<100_000 {
            guard world.ask(1000) == .answer else {
                Issue.record("dropped after \(world.sent) bytes")
                return
            }
            world.sent += 1042
        }
    }

    @Test func whoTakesNothingGetsAFewAndIsCut() {
        var world = World()
        var verdicts: [AnswerBook.Verdict: Int] = [:]
        for _ in 0..<100 { verdicts[world.ask(1000), default: 0] += 1 }
        #expect(verdicts[.answer] == AnswerBook.poolFrames / 2 + 1)
        // A question each millisecond.
        #expect((verdicts[.drop] ?? 0) <= 21)
        #expect((verdicts[.condemn] ?? 0) > 50)
    }

    @Test func whoTakesSlowlyWaitsAndIsNotCut() {
        var world = World()
        var dropped = 0
        for number in 0..<10_000 {
            let verdict = world.ask(1000)
            #expect(verdict != .condemn)
            dropped += verdict == .drop ? 1 : 0
            if number % 10 == 9 { world.sent += 1000 }
        }
        #expect(dropped > 8000)
    }

    @Test func whatIsWrittenBesidesIsNoCredit() {
        var world = World()
        _ = world.ask(1000)
        // A million bytes of PONG.
        world.sent += 1_000_000
        var answered = 0
        while answered < 1000, world.ask(1000) == .answer { answered += 1 }
        #expect(answered == AnswerBook.poolFrames / 2 + 1)
    }

    @Test func anotherConnectionOfTheNumberStartsAnew() {
        var world = World()
        while world.ask(1000) == .answer {}
        #expect(world.ask(1000) == .drop)
        world.sent = 0
        #expect(world.ask(1000, serial: 2) == .answer)
    }
}
