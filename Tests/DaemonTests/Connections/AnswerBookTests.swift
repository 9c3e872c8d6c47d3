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
        for _ in 0..<450 { verdicts[world.ask(1000), default: 0] += 1 }
        #expect(verdicts[.answer] == AnswerBook.poolFrames / 2 + 1)
        // A question each millisecond.
        #expect((verdicts[.drop] ?? 0) <= 302)
        #expect((verdicts[.condemn(serial: 1)] ?? 0) > 100)
    }

    /// The kernel takes nothing of a slow line for a tenth of a second, and then a third of what it
    /// keeps.
    @Test func whoTakesSomeTenTimesASecondIsNotCut() {
        var world = World()
        for number in 0..<20_000 {
            guard case .condemn = world.ask(1000) else {
                if number % 100 == 99 { world.wire.sent += 500 }
                continue
            }
            Issue.record("cut after \(number) ms")
            return
        }
    }

    /// Seven connections fill the pool and take nothing; an eighth has two answers waiting.
    @Test(arguments: [200, 400])
    func inAFullPoolOnlyWhoTakesNothingIsCut(takesEveryMilliseconds: Int) {
        final class Line {
            var sent: UInt64 = 300
        }
        let line = Line()
        var now: UInt64 = 1
        var book = AnswerBook(capacity: 64, frameBytes: 1000) {
            SocketTraffic(
                serial: $0 < 8 ? 1 + UInt64($0) : 0, read: 0, reads: 0,
                sent: $0 == 7 ? line.sent : 300)
        }
        for _ in 0..<2 { book.note(7, 1000) }
        for _ in 0..<4 {
            for descriptor in Int32(0)..<7 where book.judge(descriptor, now) == .answer {
                book.note(descriptor, 1000)
            }
        }
        var verdicts: [AnswerBook.Verdict: Int] = [:]
        for millisecond in 1...1000 {
            now += 1_000_000
            if millisecond % takesEveryMilliseconds == 0 { line.sent += 100 }
            verdicts[book.judge(7, now), default: 0] += 1
        }
        #expect((verdicts[.drop] ?? 0) > 500)
        #expect((verdicts[.condemn(serial: 8)] != nil) == (takesEveryMilliseconds > 300))
    }

    /// What was given to connections that are closed waits nowhere.
    @Test func whoIsGoneLeavesThePool() {
        final class Lines {
            var isOpen = true
        }
        let lines = Lines()
        var book = AnswerBook(capacity: 64, frameBytes: 1000) {
            SocketTraffic(
                serial: $0 == 7 || lines.isOpen ? 1 + UInt64($0) : 0, read: 0, reads: 0, sent: 300)
        }
        for _ in 0..<4 {
            for descriptor in Int32(0)..<7 where book.judge(descriptor, 1) == .answer {
                book.note(descriptor, 1000)
            }
        }
        book.note(7, 1001)
        #expect(book.judge(7, 2) == .drop)
        lines.isOpen = false
        #expect(book.judge(7, 3) == .answer)
    }

    @Test func whoTakesSlowlyWaitsAndIsNotCut() {
        var world = World()
        var dropped = 0
        for number in 0..<10_000 {
            let verdict = world.ask(1000)
            #expect(verdict == .answer || verdict == .drop)
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
