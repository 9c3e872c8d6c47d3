// A producer with a rate keeps it, steadily, and in frames that are worth sending.

import Client
import Simulation
import Testing

@Suite struct RateTests {
    /// A session that will send so many samples at that rate.
    private func rated(
        _ count: UInt64, perSecond rate: Double, _ folder: TemporaryFolder,
        _ daemon: ScriptedDaemon,
        _ clock: ManualClock
    ) throws -> ProducerSession {
        let feed = SourceFeed(
            spool: try folder.spool(), record: Bench.record(), reader: NumberedRows(count: count),
            schema: Bench.schema)
        var options = SessionOptions()
        options.ratePerSecond = rate
        return Bench.session(feed, daemon, clock, epoch: 0, options)
    }

    @Test func aRateIsKept() throws {
        let folder = TemporaryFolder()
        let daemon = ScriptedDaemon(schema: Bench.schema, seed: 5)
        let clock = ManualClock(nowNanoseconds: 1_000_000_000)
        let start = clock.nowNanoseconds
        let session = try rated(500, perSecond: 100, folder, daemon, clock)
        #expect(try Bench.turn(session, daemon, clock))
        let seconds = Double(clock.nowNanoseconds - start) / 1e9
        #expect(seconds > 4.8 && seconds < 6, "500 samples at 100/s took \(seconds) s")
    }

    /// Who waits as long as the session says sends a few at a time, and not 20 ms' worth at once.
    @Test func aRateIsASteadyStream() throws {
        let folder = TemporaryFolder()
        let daemon = ScriptedDaemon(schema: Bench.schema, seed: 5)
        let clock = ManualClock(nowNanoseconds: 1_000_000_000)
        let session = try rated(500, perSecond: 1000, folder, daemon, clock)
        #expect(session.idleMilliseconds == 20, "nothing is due before WELCOME")
        var most: UInt64 = 0
        // After a wait for credit, what was due meanwhile goes out at once.
        var isSteady = false
        for _ in 0..<20_000 where session.state != .done {
            let before = session.report.sent
            let worked = try session.step()
            if isSteady { most = max(most, session.report.sent - before) }
            isSteady = session.state == .streaming && session.position <= session.limit
            daemon.turn()
            if !worked { clock.advance(milliseconds: UInt64(session.idleMilliseconds)) }
        }
        #expect(session.state == .done)
        #expect(most <= 4, "\(most) samples at once, at one a millisecond")
    }

    /// While a frame is sent more falls due; a fast stream must not become one of tiny frames.
    @Test func aFastRateIsOneOfFullFrames() throws {
        let folder = TemporaryFolder()
        let daemon = ScriptedDaemon(schema: Bench.schema, seed: 5)
        let clock = ManualClock(nowNanoseconds: 1_000_000_000)
        let session = try rated(8_000, perSecond: 200_000, folder, daemon, clock)
        for _ in 0..<100_000 where session.state != .done {
            let worked = try session.step()
            daemon.turn()
            // Four numbers in the time that a step takes.
            if worked {
                clock.advance(nanoseconds: 20_000)
            } else {
                clock.advance(milliseconds: UInt64(session.idleMilliseconds))
            }
        }
        #expect(session.state == .done)
        let frames = session.report.frames
        #expect(frames < 8_000 / 8, "\(frames) frames of at most 16 samples")
    }
}
