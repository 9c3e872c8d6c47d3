// Goal: whatever is lost, repeated or killed, every sample is decided exactly once, in its place,
// and the producer says "done" only when all of them are durable. Every case prints its seed.

import Client
import MillraceProtocol
import Simulation
import Testing

@Suite struct SessionTests {
    private static func expectWhole(
        _ daemon: ScriptedDaemon, count: UInt64, without: Set<UInt64> = [], _ note: String
    ) {
        let expected = (0..<count).map { without.contains($0) ? nil : NumberedRows.row($0) }
        // Compared outside the macro, which would print every row.
        let isWhole = daemon.durable.decided == expected
        #expect(isWhole, "\(note): \(daemon.durable.decided.count) of \(count)")
        #expect(daemon.trouble.isEmpty, "\(note): \(daemon.trouble)")
    }

    @Test func aQuietStreamIsSentOnceAndFlushed() throws {
        let folder = TemporaryFolder()
        let daemon = ScriptedDaemon(
            schema: Bench.schema, seed: 1, weather: Weather(commitPermille: 0))
        let clock = ManualClock(nowNanoseconds: 1_000_000_000)
        let feed = SourceFeed(
            spool: try folder.spool(), record: Bench.record(),
            reader: NumberedRows(count: 1000), schema: Bench.schema)
        let session = Bench.session(feed, daemon, clock, epoch: 0)
        #expect(try Bench.turn(session, daemon, clock))
        Self.expectWhole(daemon, count: 1000, "quiet")
        #expect(session.report.sent == 1000)
        #expect(session.report.resent == 0)
        #expect(session.report.greetings == 1)
        #expect(daemon.flushes == 1, "no commit but the flush")
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func theCostOfAStreamSurvivesStorms(_ seed: UInt64) throws {
        let folder = TemporaryFolder()
        let daemon = ScriptedDaemon(
            schema: Bench.schema, seed: seed,
            weather: Weather(lossPermille: 30, repeatPermille: 30, killPermille: 10))
        daemon.clocksPerNumber = 34
        daemon.costBase = 1_000_000
        let clock = ManualClock(nowNanoseconds: 1_000_000_000)
        let feed = SourceFeed(
            spool: try folder.spool(), record: Bench.record(),
            reader: NumberedRows(count: 500), schema: Bench.schema)
        var options = SessionOptions()
        options.wantsCost = true
        let session = Bench.session(feed, daemon, clock, epoch: 0, options)
        #expect(try Bench.turn(session, daemon, clock), "seed \(seed)")
        let cost = try #require(session.report.cost)
        #expect(cost.clocks == 34 * 500, "seed \(seed)")
        #expect(cost.energy == 3 * cost.clocks && cost.nanoseconds == 10 * cost.clocks)
        #expect(session.report.totalCost?.clocks == 34 * 1_000_500, "seed \(seed)")
    }

    @Test(arguments: [(true, nil), (false, 34)] as [(Bool, UInt64?)])
    func withoutADeviceOrAWishNoCostIsTold(_ wantsCost: Bool, _ clocks: UInt64?) throws {
        let folder = TemporaryFolder()
        let daemon = ScriptedDaemon(schema: Bench.schema, seed: 1)
        daemon.clocksPerNumber = clocks
        let clock = ManualClock(nowNanoseconds: 1_000_000_000)
        let feed = SourceFeed(
            spool: try folder.spool(), record: Bench.record(),
            reader: NumberedRows(count: 100), schema: Bench.schema)
        var options = SessionOptions()
        options.wantsCost = wantsCost
        let session = Bench.session(feed, daemon, clock, epoch: 0, options)
        #expect(try Bench.turn(session, daemon, clock))
        #expect(session.report.cost == nil && session.report.totalCost == nil)
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func everyStormIsSurvived(_ seed: UInt64) throws {
        let folder = TemporaryFolder()
        var generator = SeededGenerator(seed: seed &* 77)
        let weather = Weather(
            lossPermille: generator.next() % 60, repeatPermille: generator.next() % 60,
            killPermille: generator.next() % 25, commitPermille: generator.next() % 300 + 10)
        let daemon = ScriptedDaemon(schema: Bench.schema, seed: seed, weather: weather)
        let clock = ManualClock(nowNanoseconds: 1_000_000_000)
        let count = 300 + generator.next() % 700
        let feed = SourceFeed(
            spool: try folder.spool(), record: Bench.record(),
            reader: NumberedRows(count: count), schema: Bench.schema)
        let session = Bench.session(feed, daemon, clock, epoch: 0)
        #expect(try Bench.turn(session, daemon, clock), "seed \(seed), \(weather)")
        Self.expectWhole(daemon, count: count, "seed \(seed), \(weather)")
        #expect(session.acknowledged == count, "seed \(seed)")
    }

    @Test(arguments: [1, 16, 500, 984, 1000] as [UInt64])
    func oneLostFrameIsSentAgain(_ number: UInt64) throws {
        let folder = TemporaryFolder()
        let daemon = ScriptedDaemon(schema: Bench.schema, seed: number)
        daemon.losing = [number]
        let clock = ManualClock(nowNanoseconds: 1_000_000_000)
        let feed = SourceFeed(
            spool: try folder.spool(), record: Bench.record(),
            reader: NumberedRows(count: 1000), schema: Bench.schema)
        let session = Bench.session(feed, daemon, clock, epoch: 0)
        #expect(try Bench.turn(session, daemon, clock, turns: 2000))
        Self.expectWhole(daemon, count: 1000, "without \(number)")
        #expect(session.report.resent > 0)
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func theClientMayDieTooAtAnyMoment(_ seed: UInt64) throws {
        let folder = TemporaryFolder()
        var generator = SeededGenerator(seed: seed &+ 4242)
        let weather = Weather(
            lossPermille: generator.next() % 20, killPermille: generator.next() % 15,
            commitPermille: 50)
        let daemon = ScriptedDaemon(schema: Bench.schema, seed: seed, weather: weather)
        let clock = ManualClock(nowNanoseconds: 1_000_000_000)
        var lives = 0
        var isDone = false
        while !isDone, lives < 1000 {
            lives += 1
            // A new process: only the spool is left of the old one.
            let spool = try folder.spool()
            let record = try spool.load() ?? Bench.record()
            let feed = SourceFeed(
                spool: spool, record: record, reader: NumberedRows(count: 500),
                schema: Bench.schema)
            let session = Bench.session(feed, daemon, clock, epoch: record.epoch)
            let turns = Int(generator.next() % 40) + 1
            isDone = try Bench.turn(session, daemon, clock, turns: lives > 900 ? 50_000 : turns)
            daemon.hangUp()
            if isDone { try feed.close(finished: true) }
        }
        #expect(isDone, "seed \(seed)")
        Self.expectWhole(daemon, count: 500, "seed \(seed), lives \(lives)")
        #expect(try folder.spool().load()?.finished == true)
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func whatCannotBeReadAgainIsInTheJournal(_ seed: UInt64) throws {
        let folder = TemporaryFolder()
        var generator = SeededGenerator(seed: seed &+ 99)
        let daemon = ScriptedDaemon(
            schema: Bench.schema, seed: seed,
            weather: Weather(
                lossPermille: generator.next() % 20, killPermille: generator.next() % 15,
                commitPermille: 40))
        let clock = ManualClock(nowNanoseconds: 1_000_000_000)
        // The pipe: what one life has read from it, the next one does not get.
        var begin: UInt64 = 0
        var isDone = false
        var lives = 0
        while !isDone, lives < 500 {
            lives += 1
            let spool = try folder.spool()
            let record = try spool.load() ?? Bench.record()
            let pipe = Pipe(from: begin, to: 400)
            let feed = JournalFeed(
                spool: spool, record: record, reader: pipe, schema: Bench.schema)
            let session = Bench.session(feed, daemon, clock, epoch: record.epoch)
            let turns = lives > 400 ? 50_000 : Int(generator.next() % 60) + 1
            isDone = try Bench.turn(session, daemon, clock, turns: turns)
            daemon.hangUp()
            begin = pipe.position
            if isDone { try feed.close(finished: true) }
        }
        #expect(isDone, "seed \(seed)")
        Self.expectWhole(daemon, count: 400, "seed \(seed), lives \(lives)")
        let left = try LinuxStorageNames.rows(in: folder)
        #expect(left.isEmpty, "finished work leaves no rows: \(left)")
    }

    @Test func refusedSamplesAreCountedOnceAlthoughTheDaemonDies() throws {
        for seed in 0..<20 as Range<UInt64> {
            let folder = TemporaryFolder()
            let daemon = ScriptedDaemon(
                schema: Bench.schema, seed: seed,
                weather: Weather(killPermille: 10, commitPermille: 30))
            daemon.poison = 100
            let clock = ManualClock(nowNanoseconds: 1_000_000_000)
            let feed = SourceFeed(
                spool: try folder.spool(), record: Bench.record(),
                reader: NumberedRows(count: 300), schema: Bench.schema)
            let session = Bench.session(feed, daemon, clock, epoch: 0)
            #expect(try Bench.turn(session, daemon, clock), "seed \(seed)")
            Self.expectWhole(daemon, count: 300, without: [100], "seed \(seed)")
            #expect(session.report.refusedTotal <= 1, "seed \(seed)")
        }
    }

    @Test func refusalsMayComeInAnyOrder() throws {
        let folder = TemporaryFolder()
        let daemon = ScriptedDaemon(
            schema: Bench.schema, seed: 1, weather: Weather(commitPermille: 0))
        let clock = ManualClock(nowNanoseconds: 1_000_000_000)
        let feed = SourceFeed(
            spool: try folder.spool(), record: Bench.record(),
            reader: NumberedRows(count: 100), schema: Bench.schema)
        let session = Bench.session(feed, daemon, clock, epoch: 0)
        try Bench.turn(session, daemon, clock, until: { session.position > 50 })
        daemon.refuse(.unknownSample, first: 20, count: 2)
        daemon.refuse(.unknownSample, first: 7, count: 1)
        daemon.refuse(.labelOutOfRange, first: 20, count: 3)
        daemon.refuse(.outOfBounds, first: 0, count: 1)
        daemon.refuse(.outOfBounds, first: .max, count: 4)
        daemon.refuse(.outOfBounds, first: 99_999, count: .max)
        _ = try session.step()
        #expect(session.report.refused == ["unknownSample": 3, "labelOutOfRange": 1])
        #expect(session.resumedAt == 0)
    }

    @Test func badRowsGiveUpTheirNumbers() throws {
        let folder = TemporaryFolder()
        let daemon = ScriptedDaemon(schema: Bench.schema, seed: 3)
        let clock = ManualClock(nowNanoseconds: 1_000_000_000)
        let rows = NumberedRows(count: 100)
        rows.bad = [0, 50, 51, 99]
        var options = SourceFeed.Options()
        options.badRows = .skip
        let feed = SourceFeed(
            spool: try folder.spool(), record: Bench.record(), reader: rows,
            schema: Bench.schema, options: options)
        #expect(
            try Bench.turn(Bench.session(feed, daemon, clock, epoch: 0), daemon, clock))
        Self.expectWhole(daemon, count: 100, without: rows.bad, "bad rows")
        #expect(feed.badRows == 4)
        #expect(feed.badRowTexts.count == 3)
    }

    @Test func aBadRowStopsTheRunUnlessToldOtherwise() throws {
        let folder = TemporaryFolder()
        let daemon = ScriptedDaemon(schema: Bench.schema, seed: 3)
        let clock = ManualClock(nowNanoseconds: 1_000_000_000)
        let rows = NumberedRows(count: 100)
        rows.bad = [50]
        let feed = SourceFeed(
            spool: try folder.spool(), record: Bench.record(), reader: rows,
            schema: Bench.schema)
        let session = Bench.session(feed, daemon, clock, epoch: 0)
        let error = #expect(throws: ClientError.self) {
            try Bench.turn(session, daemon, clock)
        }
        #expect(error?.status == .badData)
    }

    @Test func loopingBeginsAgainUntilTheGoal() throws {
        let folder = TemporaryFolder()
        let daemon = ScriptedDaemon(schema: Bench.schema, seed: 5)
        let clock = ManualClock(nowNanoseconds: 1_000_000_000)
        var options = SourceFeed.Options()
        options.loops = true
        options.goal = 250
        let feed = SourceFeed(
            spool: try folder.spool(), record: Bench.record(),
            reader: NumberedRows(count: 100), schema: Bench.schema, options: options)
        #expect(
            try Bench.turn(Bench.session(feed, daemon, clock, epoch: 0), daemon, clock))
        let expected = (0..<250).map { NumberedRows.row($0 % 100) }
        let isWhole = daemon.durable.decided == expected
        #expect(isWhole)
    }

    @Test func nobodyThereIsUnreachableAndLaterIsTryAgain() throws {
        let folder = TemporaryFolder()
        let daemon = ScriptedDaemon(schema: Bench.schema, seed: 5)
        daemon.weather.lossPermille = 1000
        let clock = ManualClock(nowNanoseconds: 1_000_000_000)
        let feed = SourceFeed(
            spool: try folder.spool(), record: Bench.record(),
            reader: NumberedRows(count: nil), schema: Bench.schema)
        let session = Bench.session(feed, daemon, clock, epoch: 0)
        var error = #expect(throws: ClientError.self) { try Bench.turn(session, daemon, clock) }
        #expect(error?.status == .unreachable)

        daemon.weather.lossPermille = 0
        let second = Bench.session(feed, daemon, clock, epoch: feed.record.epoch)
        try Bench.turn(second, daemon, clock, turns: 100)
        #expect(second.acknowledged > 0)
        daemon.weather.lossPermille = 1000
        error = #expect(throws: ClientError.self) { try Bench.turn(second, daemon, clock) }
        #expect(error?.status == .tryAgain)
    }

    @Test func aYoungerDaemonIsNotFedSilently() throws {
        let folder = TemporaryFolder()
        let daemon = ScriptedDaemon(schema: Bench.schema, seed: 5)
        let clock = ManualClock(nowNanoseconds: 1_000_000_000)
        var record = Bench.record()
        record.epoch = 7
        let feed = SourceFeed(
            spool: try folder.spool(), record: record, reader: NumberedRows(count: 10),
            schema: Bench.schema)
        let session = Bench.session(feed, daemon, clock, epoch: 7)
        let error = #expect(throws: ClientError.self) { try Bench.turn(session, daemon, clock) }
        #expect(error?.status == .badData)
        #expect(error?.advice.contains("--again") == true)
    }

    @Test func lateLabelsReserveTheirNumbersAndTheStreamGoesOn() throws {
        for seed in 0..<30 as Range<UInt64> {
            let folder = TemporaryFolder()
            let daemon = ScriptedDaemon(
                schema: Bench.schema, seed: seed,
                weather: Weather(lossPermille: seed % 3 * 15, killPermille: seed % 5 * 3))
            let clock = ManualClock(nowNanoseconds: 1_000_000_000)
            var options = SourceFeed.Options()
            options.goal = 100
            try stream(folder, daemon, clock, options)

            let labels = (1...40).map { LateLabel(sample: UInt64($0), classIndex: 1) }
            do {
                let spool = try folder.spool()
                let record = try #require(try spool.load())
                let feed = LabelFeed(
                    spool: spool, record: record, epoch: record.epoch, labels: labels)
                let session = Bench.session(feed, daemon, clock, epoch: record.epoch)
                #expect(try Bench.turn(session, daemon, clock), "seed \(seed)")
            }
            #expect(daemon.durable.labels.count == 40, "seed \(seed)")
            options.goal = nil
            try stream(folder, daemon, clock, options)
            let rows = daemon.durable.decided.compactMap(\.self)
            #expect(rows == (0..<300).map(NumberedRows.row), "seed \(seed)")
            #expect(daemon.durable.decided.count == 340, "seed \(seed)")
        }
    }

    private func stream(
        _ folder: TemporaryFolder, _ daemon: ScriptedDaemon, _ clock: ManualClock,
        _ options: SourceFeed.Options
    ) throws {
        let spool = try folder.spool()
        let record = try spool.load() ?? Bench.record()
        let feed = SourceFeed(
            spool: spool, record: record, reader: NumberedRows(count: 300),
            schema: Bench.schema, options: options)
        let session = Bench.session(feed, daemon, clock, epoch: record.epoch)
        #expect(try Bench.turn(session, daemon, clock))
        try feed.close(finished: true)
    }

    @Test func aSecondRunOfTheSameNameIsKeptOut() throws {
        let folder = TemporaryFolder()
        let first = try folder.spool()
        let error = #expect(throws: ClientError.self) { try folder.spool() }
        #expect(error?.status == .tryAgain)
        withExtendedLifetime(first) {}
        #expect(throws: Never.self) { try folder.spool("other") }
    }
}
