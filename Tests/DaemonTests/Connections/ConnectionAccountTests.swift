// The account of a connection, look by look: who is honest is never cut, whatever the order of
// looks, deliveries and empty doors; who never ends a message is, however small its frames are.

import Arithmetic
import Daemon
import Platform
import Testing

@Suite struct ConnectionAccountTests {
    static let limits = AccountLimits(
        maximumMessageBytes: 32_768, highWater: 16)

    /// A connection with a door, seen by a guard.
    struct World {
        var account = ConnectionAccount(delivered: 0, nanoseconds: 0)
        var read: UInt64 = 0
        var reads: UInt64 = 0
        var delivered: UInt64 = 0
        var emptied: UInt64 = 0
        var nanoseconds: UInt64 = 0

        mutating func look() -> ConnectionAccount.Verdict {
            nanoseconds += 4_000_000
            return account.look(
                ConnectionAccount.Look(
                    deliveredBefore: delivered,
                    traffic: SocketTraffic(read: read, reads: reads),
                    emptied: emptied, deliveredAfter: delivered, nanoseconds: nanoseconds),
                ConnectionAccountTests.limits)
        }

        /// Bytes come in segments of `segment`.
        mutating func receive(_ bytes: UInt64, segment: UInt64 = 1448) {
            read += bytes
            reads += (bytes + segment - 1) / segment
        }
    }

    @Test func anHonestStreamIsNeverCut() {
        for seed in UInt64(1)...200 {
            var generator = SplitMix64(seed: seed)
            var world = World()
            world.receive(200)  // The handshake: never delivered.
            var whole: UInt64 = 0  // Bytes of whole messages that libzmq has.
            for _ in 0..<500 {
                // Beyond the high-water mark libzmq reads nothing until somebody takes.
                if whole > 15 * 32_000 {
                    world.delivered += whole
                    whole = 0
                    world.emptied += 2
                }
                // Up to a high-water mark of messages, and the beginning of one more.
                let size = 41 + generator.next() % 32_000
                let count = generator.next() % 17
                let room = min(count, (16 * 32_000 - min(whole, 16 * 32_000)) / size)
                whole += room * size
                world.receive(room * size)
                let part = generator.next() % size
                world.receive(part)
                if generator.next() % 3 == 0 {
                    // The loop takes everything; the door is empty at least twice.
                    world.delivered += whole
                    whole = 0
                    world.emptied += 2 + generator.next() % 5
                } else if generator.next() % 3 == 0, whole > 0 {
                    let some = 1 + generator.next() % whole
                    world.delivered += some
                    whole -= some
                }
                // The rest of the message that had begun.
                let verdict = world.look()
                guard case .guilty = verdict else {
                    world.receive(size - part)
                    whole += size
                    continue
                }
                Issue.record("seed \(seed): \(verdict)")
                return
            }
        }
    }

    @Test func heartbeatsOfADayAreNoDebt() {
        var world = World()
        world.receive(300)
        for _ in 0..<86_400 {
            // PONG and the peer's own PING, encrypted, every two seconds.
            world.receive(43, segment: 43)
            world.emptied += 5
            world.nanoseconds += 1_000_000_000
            guard world.look() == .fair else {
                Issue.record("cut after \(world.nanoseconds / 1_000_000_000) s")
                return
            }
        }
    }

    @Test(arguments: [UInt64(2), 36, 1002, 32_777])
    func framesWithoutEndAreCutOnceTheDoorWasSeenEmpty(frameBytes: UInt64) {
        var world = World()
        world.receive(200)
        _ = world.look()
        var verdict = ConnectionAccount.Verdict.fair
        for _ in 0..<10_000 {
            world.receive(frameBytes, segment: frameBytes == 36 ? 36 : 1448)
            verdict = world.look()
            if verdict != .fair { break }
        }
        // Nobody has looked at the door, so nothing is proved yet.
        #expect(verdict == .doorMustBeSeen)
        #expect(world.look() == .doorMustBeSeen)
        world.emptied += 1  // It may have begun before the look.
        #expect(world.look() == .doorMustBeSeen)
        world.emptied += 2
        #expect(world.look() == .guilty(.endless))
        #expect(world.account.unfinishedBytes <= 64_000 + Int64(frameBytes))
    }

    @Test func oneFrameInManySegmentsCostsItsBuffersAndIsCut() {
        var world = World()
        // 300 frames of 34 bytes in segments of their own: 11 kB on the wire, 5 MB in libzmq.
        world.receive(300 * 36, segment: 36)
        #expect(world.look() == .doorMustBeSeen)
        world.emptied += 2
        #expect(world.look() == .guilty(.endless))
    }

    @Test func aSaturatedDoorIsBoundByTheExactSum() {
        var world = World()
        // The door is never empty and the connection delivers all the time, but less than it sends.
        var verdict = ConnectionAccount.Verdict.fair
        for _ in 0..<1000 where verdict == .fair {
            world.receive(100_000)
            world.delivered += 10_000
            verdict = world.look()
        }
        #expect(verdict == .guilty(.backlog))
        #expect(world.account.pendingBytes < 1_200_000)
    }

    @Test func finishingAMessageBringsNoCredit() {
        var world = World()
        for _ in 0..<50 {
            // Forty kilobytes of a message, the door empty, then its end.
            world.receive(40_000)
            world.emptied += 2
            _ = world.look()
            world.delivered += 40_000
            world.emptied += 2
            #expect(world.look() == .fair)
        }
        world.receive(60_000)
        _ = world.look()
        world.emptied += 2
        #expect(world.look() == .guilty(.endless))
    }

    @Test func aDescriptorWithAPastStartsAtZero() {
        var world = World()
        world.delivered = 1 << 40
        world.account = ConnectionAccount(delivered: world.delivered, nanoseconds: 0)
        world.receive(500)
        #expect(world.look() == .fair)
        #expect(world.account.pendingBytes == 500)
    }
}
