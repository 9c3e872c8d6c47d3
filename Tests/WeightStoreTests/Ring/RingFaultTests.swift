// Goal: whatever the disk does at whatever moment, a restart finds the last acknowledged
// generation or a newer one that was being written, byte for byte, and the held one too.
// Method: a script of commits, pins and holds runs once to count its disk operations; then for
// every operation × fault × kind of restart × seed it runs with that fault, the machine restarts,
// and what is recovered is compared; then the power is cut once more, for what was recovered must
// stay recovered.

import Platform
import Simulation
import Testing
import WeightStore

/// What a client may rely on after a run.
private struct Promise {
    var acknowledged: UInt64 = 0
    var attempted: UInt64 = 0
    var held: UInt64 = 0
    /// What start-up showed to clients.
    var recovered: UInt64 = 0
}

/// One life of a daemon: recover, then `commits` commits with pins and holds between.
private func live(
    _ disk: SimulatedDisk, commits: Int, from promise: Promise = Promise()
) -> Promise {
    var promise = promise
    let fixture = RingFixture(disk)
    let ring = fixture.ring
    guard let recovery = try? ring.recover() else { return promise }
    promise.recovered = recovery.newest?.header.generation ?? 0
    promise.acknowledged = max(promise.acknowledged, promise.recovered)
    var pin: Pin?
    for step in 0..<commits where !disk.hasCrashed {
        if step % 4 == 2 { pin = ring.pinNewest() }
        if step % 4 == 3 { _ = ring.hold(generation: ring.newestGeneration) }
        guard let slot = ring.acquire() else { continue }
        var isDone = false
        for _ in 0..<2 where !isDone {
            let generation = ring.nextGeneration
            fixture.fill(slot, generation)
            promise.attempted = generation
            if let header = try? ring.commit(slot, generation: generation) {
                promise.acknowledged = generation
                promise.held = header.heldGeneration
                isDone = true
            }
        }
        if !isDone { ring.release(slot) }
        if step % 4 == 0, let kept = pin {
            #expect(fixture.bytes(kept.slot).elementsEqual(fixture.expected(kept.generation)))
            ring.unpin(kept)
            pin = nil
        }
    }
    return promise
}

/// Recovers without faults and compares; returns what was found wrong.
private func check(_ disk: SimulatedDisk, _ promise: Promise) -> String? {
    let fixture = RingFixture(disk)
    let recovery: Recovery
    do {
        recovery = try fixture.ring.recover()
    } catch {
        return "recovery failed: \(error)"
    }
    guard !recovery.lostEverything || promise.acknowledged == 0 else { return "lost everything" }
    let found = recovery.newest?.header.generation ?? 0
    guard found >= promise.acknowledged else {
        return "recovered \(found), acknowledged \(promise.acknowledged)"
    }
    guard found <= max(promise.attempted, promise.acknowledged) else {
        return "recovered \(found), never written"
    }
    guard found == 0 || fixture.has(found) else { return "generation \(found) has other bytes" }
    guard recovery.heldLost.isEmpty else { return "lost held \(recovery.heldLost)" }
    let held = recovery.newest?.header.heldGeneration ?? 0
    guard held >= promise.held else { return "held \(held), was \(promise.held)" }
    guard held == 0 || fixture.has(held) else { return "held \(held) has other bytes" }
    guard fixture.ring.nextGeneration > found else { return "number used twice" }
    // What start-up showed must survive the next power cut.
    fixture.ring.close()
    disk.restart(.dropUnsynchronized)
    let again = RingFixture(disk)
    let later = (try? again.ring.recover())?.newest?.header.generation ?? 0
    guard later == found else { return "recovered \(found), after a power cut \(later)" }
    guard later == 0 || again.has(later) else { return "other bytes after a power cut" }
    guard held == 0 || again.has(held) else { return "held lost after a power cut" }
    // And the ring must be usable.
    guard (try? again.commitNext()) != nil else { return "no commit after recovery" }
    return nil
}

@Suite struct RingFaultTests {
    @Test(arguments: DiskFault.Kind.allCases)
    func everyOperationOfALife(kind: DiskFault.Kind) {
        let plain = makeDisk()
        let last = live(plain, commits: 12)
        #expect(last.acknowledged == 12)
        #expect(last.held == 11)
        var states = 0
        for mode in RestartMode.allCases {
            for index in 0..<(plain.operationCount + 4) {
                for seed in UInt64(1)...6 {
                    let disk = makeDisk(seed: seed, fault: DiskFault(kind, at: index))
                    let promise = live(disk, commits: 12)
                    guard disk.hasFaulted else { continue }
                    states += 1
                    disk.restart(mode)
                    if let wrong = check(disk, promise) {
                        Issue.record("\(kind) at \(index), \(mode), seed \(seed): \(wrong)")
                    }
                }
            }
        }
        print("ring, first life, \(kind.rawValue): \(states) states")
        #expect(states > 0)
    }

    /// The second life starts from what a fault and a restart left, and has a fault of its own,
    /// in recovery too.
    @Test(arguments: DiskFault.Kind.allCases)
    func everyOperationOfASecondLife(kind: DiskFault.Kind) {
        var states = 0
        var generator = SeededGenerator(seed: 99)
        for mode in RestartMode.allCases {
            for index in 0..<32 {
                for seed in UInt64(1)...6 {
                    let first = DiskFault(
                        .allCases.randomElement(using: &generator) ?? .crash,
                        at: .random(in: 20..<46, using: &generator))
                    let between =
                        RestartMode.allCases.randomElement(using: &generator) ?? .keepSubset
                    let disk = makeDisk(seed: seed, fault: first)
                    var promise = live(disk, commits: 8)
                    let start = disk.operationCount
                    disk.restart(between, fault: DiskFault(kind, at: start + index))
                    promise = live(disk, commits: 5, from: promise)
                    states += 1
                    disk.restart(mode)
                    if let wrong = check(disk, promise) {
                        Issue.record(
                            """
                            \(first.kind) at \(first.operationIndex), \(between), then \(kind) \
                            at \(start + index), \(mode), seed \(seed): \(wrong)
                            """)
                    }
                }
            }
        }
        print("ring, second life, \(kind.rawValue): \(states) states")
    }

    /// A disk that cannot sync fails the first commit in every place that is tried, and again at
    /// every later start. Nothing was ever promised, so the ring begins when the disk is mended.
    @Test(arguments: RestartMode.allCases)
    func firstCommitsThatAllFailLoseNothing(mode: RestartMode) {
        for seed in UInt64(1)...40 {
            let disk = makeDisk(seed: seed)
            for _ in 1...3 {
                let fixture = RingFixture(disk)
                guard let recovery = try? fixture.ring.recover(), !recovery.lostEverything else {
                    Issue.record("\(mode), seed \(seed): no start")
                    break
                }
                disk.arm(DiskFault(.inputOutputPersistent, at: 0, of: .synchronize))
                #expect(throws: RingError.self) { try fixture.commitNext() }
                fixture.ring.close()
                disk.restart(mode)
            }
            let mended = RingFixture(disk)
            #expect(throws: Never.self, "\(mode), seed \(seed)") {
                _ = try mended.ring.recover()
                _ = try mended.commitNext()
            }
        }
    }
}
