// Who does not take answers gets no more, and is cut; who takes them is always answered.

import Daemon
import Platform
import Testing

@Suite struct AnswerBookTests {
    /// What libzmq has written to a connection.
    final class Wire {
        var sent: UInt64 = 300  // The handshake.
        var serial: UInt64 = 1
    }

    /// A connection with questions each millisecond.
    struct World {
        let wire = Wire()
        var book: AnswerBook
        var now: UInt64 = 1

        init() {
            let wire = wire
            book = AnswerBook(capacity: 64, frameBytes: 1000) {
                SocketTraffic(
                    serial: $0 == 5 ? wire.serial : 0, read: 0, reads: 0, sent: wire.sent)
            }
        }

        mutating func ask(_ bytes: Int) -> AnswerBook.Verdict {
            now += 1_000_000
            let verdict = book.judge(5, now)
            if verdict == .answer { book.note(5, bytes) }
            return verdict
        }
    }

    @Test func whoTakesAnswersIsAlwaysAnswered() {
        var world = World()
        for _ in 0..<100_000 {
            guard world.ask(1000) == .answer else {
                Issue.record("dropped after \(world.wire.sent) bytes")
                return
            }
            world.wire.sent += 1042
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
            if number % 10 == 9 { world.wire.sent += 1000 }
        }
        #expect(dropped > 8000)
    }

    @Test func whatIsWrittenBesidesIsNoCredit() {
        var world = World()
        _ = world.ask(1000)
        // A million bytes of PONG.
        world.wire.sent += 1_000_000
        var answered = 0
        while answered < 1000, world.ask(1000) == .answer { answered += 1 }
        #expect(answered == AnswerBook.poolFrames / 2 + 1)
    }

    @Test func anotherConnectionOfTheNumberStartsAnew() {
        var world = World()
        while world.ask(1000) == .answer {}
        #expect(world.ask(1000) == .drop)
        world.wire.sent = 0
        world.wire.serial = 2
        #expect(world.ask(1000) == .answer)
    }
}
