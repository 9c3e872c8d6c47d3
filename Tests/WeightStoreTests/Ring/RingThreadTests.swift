// Goal: three threads share the ring without locks on their paths, and what a reader has pinned
// never changes. Method: a learner thread fills slots, a storage thread commits and holds, two
// readers pin and compare every byte with what the generation's number determines, twice.

import Glibc
import Platform
import Simulation
import Synchronization
import Testing
import WeightStore

private final class Work: @unchecked Sendable {
    let fixture: RingFixture
    let handed = Atomic<Int>(-1)
    let stop = Atomic<Bool>(false)
    let reads = Atomic<Int>(0)
    let wrong = Atomic<Int>(0)
    let skips = Atomic<Int>(0)
    let commits = Atomic<Int>(0)

    init(_ fixture: RingFixture) { self.fixture = fixture }

    /// Every 8-byte word of a slot is the generation's number: cheap to write and to check.
    func fill(_ slot: Int, _ number: UInt64) {
        let words = fixture.ring.learnerMemory(slot).bindMemory(
            to: UInt64.self, capacity: fixture.ring.geometry.payloadBytes / 8)
        for index in 0..<(fixture.ring.geometry.payloadBytes / 8) { words[index] = number }
    }

    func isUniform(_ slot: Int, _ number: UInt64) -> Bool {
        let words = fixture.ring.learnerMemory(slot).bindMemory(
            to: UInt64.self, capacity: fixture.ring.geometry.payloadBytes / 8)
        for index in 0..<(fixture.ring.geometry.payloadBytes / 8) where words[index] != number {
            return false
        }
        return true
    }

    func learn() {
        var number: UInt64 = 0
        while !stop.load(ordering: .acquiring) {
            guard handed.load(ordering: .acquiring) < 0 else {
                sched_yield()
                continue
            }
            guard let slot = fixture.ring.acquire() else {
                skips.add(1, ordering: .relaxed)
                sched_yield()
                continue
            }
            number += 1
            fill(slot, number)
            handed.store(slot, ordering: .releasing)
        }
    }

    func store(commitCount: Int) {
        var number: UInt64 = 0
        while number < commitCount {
            let slot = handed.load(ordering: .acquiring)
            guard slot >= 0 else {
                sched_yield()
                continue
            }
            number += 1
            do {
                try fixture.ring.commit(slot, generation: number)
                commits.add(1, ordering: .relaxed)
            } catch {
                wrong.add(1, ordering: .relaxed)
                fixture.ring.release(slot)
            }
            handed.store(-1, ordering: .releasing)
            if number % 16 == 0 { _ = fixture.ring.hold(generation: number - 1) }
        }
        stop.store(true, ordering: .releasing)
    }

    func read(byNumber: Bool) {
        var newest: UInt64 = 0
        while !stop.load(ordering: .acquiring) {
            let wanted = fixture.ring.newestGeneration
            let candidate =
                byNumber
                ? fixture.ring.pin(generation: wanted > 1 ? wanted - 1 : wanted)
                : fixture.ring.pinNewest()
            guard let pin = candidate else { continue }
            let isRight =
                isUniform(pin.slot, pin.generation)
                && fixture.ring.header(pin).generation == pin.generation
                && isUniform(pin.slot, pin.generation)
            fixture.ring.unpin(pin)
            reads.add(1, ordering: .relaxed)
            if !isRight { wrong.add(1, ordering: .relaxed) }
            if !byNumber, pin.generation < newest { wrong.add(1, ordering: .relaxed) }
            newest = max(newest, byNumber ? newest : pin.generation)
            for listing in fixture.ring.list()
            where listing.state == .durable && listing.generation == 0 {
                wrong.add(1, ordering: .relaxed)
            }
        }
    }
}

@Suite struct RingThreadTests {
    @Test(.timeLimit(.minutes(1)))
    func pinnedBytesNeverChange() throws {
        let geometry = RingGeometry(
            slotCount: 4, heldCount: 1, learnerBytes: 8192, streamBytes: 1024, layoutDigest: 3)
        let fixture = RingFixture(makeDisk(), geometry: geometry)
        _ = try fixture.ring.recover()
        let work = Work(fixture)
        let threads = [
            startThread { work.learn() },
            startThread { work.store(commitCount: 400) },
            startThread { work.read(byNumber: false) },
            startThread { work.read(byNumber: true) },
        ]
        for thread in threads { pthread_join(thread, nil) }
        #expect(work.wrong.load(ordering: .relaxed) == 0)
        #expect(work.commits.load(ordering: .relaxed) == 400)
        #expect(work.reads.load(ordering: .relaxed) > 0)
        print(
            "ring, threads: \(work.commits.load(ordering: .relaxed)) commits,",
            "\(work.reads.load(ordering: .relaxed)) pinned reads,",
            "\(work.skips.load(ordering: .relaxed)) times no slot was free")
    }
}

private final class ThreadBody {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

/// A plain thread: the ring's threads are never those of the cooperative pool.
private func startThread(_ body: @escaping @Sendable () -> Void) -> pthread_t {
    var thread = pthread_t()
    let context = Unmanaged.passRetained(ThreadBody(body)).toOpaque()
    let result = pthread_create(
        &thread, nil,
        { context in
            guard let context else { return nil }
            Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run()
            return nil
        }, context)
    precondition(result == 0, "a thread starts")
    return thread
}
