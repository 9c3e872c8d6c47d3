// One run of `millrace stream`: find the daemon's schema, open the source and the spool, then
// turn the producer until it is done or a signal comes.

import Client
import Messaging
import MillraceProtocol
import Platform
import SampleSources

/// The two kinds of feed, as a run sees them.
protocol StreamFeed: SampleFeed {
    var record: SpoolRecord { get }
    var badRows: UInt64 { get }
    var badRowTexts: [String] { get }
    func close(finished: Bool) throws(ClientError)
}

extension SourceFeed: StreamFeed {}
extension JournalFeed: StreamFeed {}

/// A run.
final class StreamRun {
    private let command: StreamCommand
    private let signals: ProcessSignals
    private let name: ProducerName
    private let endpoints: Endpoints
    private let query: RequestClient
    private let session: ProducerSession
    private let feed: any StreamFeed
    private let transport: SocketTransport
    private let clock = MachineClock()
    private let wasFinished: Bool
    private let isStandardInput: Bool
    /// How to go on after an interruption.
    private let advice: String
    private let isEndless: Bool
    private let energyUnit: String?
    /// The daemon's classes, if they have names.
    let classNames: [String]
    private var progress: ProgressLine

    init(_ command: StreamCommand, signals: ProcessSignals) throws(ClientError) {
        self.command = command
        self.signals = signals
        endpoints = command.daemon.endpoints
        let text = command.name ?? command.source.defaultName
        guard let name = ProducerName(text) else {
            throw ClientError(.usage, "\(text) is not a producer's name", advice: "--name NAME")
        }
        self.name = name
        let context = try makeContext()
        query = try command.daemon.queryClient(context)
        let schema = try query.ask(SchemaReply.self, ControlRequest(command: .schema))
        guard let wire = schema.wireSchema else {
            throw ClientError(.protocolMismatch, "the daemon's schema cannot be read")
        }
        energyUnit = schema.costEnergyUnit
        let source = try command.source.open(
            schema, rate: command.rate, unlabelled: command.noLabels, mayBeEmpty: command.append)
        source.notes.forEach { Console.talk("note: \($0)") }
        let spool = try Spool(
            storage: LinuxStorage(), root: Endpoints.spoolRoot(), endpoint: endpoints.spooled,
            name: text)
        try Self.needsLabels(command, source, schema)
        let (record, change) = try Self.record(command, spool, source, wire)
        if record.epoch == 0, !command.again, source.isSeekable { Self.noteOthers(query, text) }
        isStandardInput = command.source.source == "-"
        isEndless = source.isLive && !isStandardInput
        advice =
            isStandardInput
            ? "--append with the rest of the input; what was read is kept in the spool"
            : "the same command\(command.again ? " without --again" : ""); it continues where this "
                + "one stopped"
        wasFinished = record.finished && !isEndless
        feed = try Self.feed(command, spool, record, source, wire, change)
        classNames = schema.classNames
        transport = try SocketTransport(
            context, endpoint: endpoints.ingest, keys: command.daemon.keys)
        var options = SessionOptions()
        options.maxBatch = command.batch
        options.maxFrameBytes = schema.maxMessageBytes
        options.ratePerSecond = command.rate
        options.wantsCost = command.cost
        session = ProducerSession(
            name: name, epoch: record.epoch, schemaDigest: wire.digest,
            feed: feed,
            transport: transport, clock: clock, options: options)
        let rows = source.count.flatMap(UInt64.init(exactly:))
        progress = ProgressLine(
            name: text, total: command.loop ? command.limit : Self.least(command.limit, rows))
    }

    private static func least(_ first: UInt64?, _ second: UInt64?) -> UInt64? {
        guard let first else { return second }
        return second.map { min(first, $0) } ?? first
    }

    /// A stream without labels would be used up by a daemon that learns from nothing else.
    private static func needsLabels(
        _ command: StreamCommand, _ source: any SampleSource, _ schema: SchemaReply
    ) throws(ClientError) {
        guard case .none = source.schema.labels, !(source is EmptySource),
            let task = schema.wireSchema?.task, task == .classification || task == .regression,
            schema.pendingWindow == 0
        else { return }
        throw ClientError(
            .badData, "\(source.name) has no labels, and nothing would be learned without",
            why: "the daemon's [labels] window is 0, so none can come later",
            advice:
                "--label-column NAME, or --labels FILE.y.npy; or a daemon with [labels] window, "
                + "--no-labels, and millrace label")
    }

    /// Says that the daemon knows the name already, when nothing of that is remembered here.
    private static func noteOthers(_ query: RequestClient, _ name: String) {
        guard let status = try? query.ask(StatusReply.self, ControlRequest(command: .status)),
            let known = status.producers.first(where: { $0.name == name }), known.learned > 0
        else { return }
        Console.talk(
            "note: the daemon has learned \(Format.count(known.learned)) samples of \(name) that "
                + "were sent from another spool, or under another address of it; this is a new "
                + "epoch, which begins with the first sample")
    }

    /// Rows of a pipe exist only in the spool: a new epoch must not drop those that were not
    /// acknowledged.
    private static func refuseToDrop(_ spool: Spool, _ wire: WireSchema) throws(ClientError) {
        guard let known = try spool.load(), known.source == "-", !known.finished,
            Journal.exists(in: spool, epoch: known.epoch)
        else { return }
        let journal = try Journal(
            spool: spool, epoch: known.epoch, next: known.acknowledged + 1,
            rowBytes: rowBytes(wire))
        let waiting = journal.next - 1 - min(known.acknowledged, journal.next - 1)
        // A daemon that began anew may assign the same number again.
        guard waiting > 0 else { return try journal.removeAll() }
        throw ClientError(
            .tryAgain, "the spool of \(spool.name) holds rows that may not be acknowledged yet",
            why: "\(waiting) of them; --again would drop them",
            advice:
                "millrace stream - --append --name \(spool.name) </dev/null, which sends them; or "
                + "--again --append, which sends them in the new epoch")
    }

    /// Bytes of a row in the journal: features and label.
    private static func rowBytes(_ wire: WireSchema) -> Int {
        (wire.sampleBytes ?? 0) + (wire.labelBytes ?? 0)
    }

    /// How the columns are read and in which order, as part of a source's identity.
    private static func manner(_ command: StreamCommand) -> String {
        var manner = ""
        if let columns = command.source.columns.features { manner += " features \(columns)" }
        if let columns = command.source.columns.labelColumn { manner += " labels \(columns)" }
        if let path = command.shuffleWithin {
            manner += " shuffled within \(Endpoints.absolute(path)) by \(command.seed)"
        }
        return manner
    }

    /// Where the source lies and how it is read, whatever it holds; nil if it cannot be read again.
    private static func place(_ command: StreamCommand, _ source: any SampleSource) -> String? {
        guard source.isSeekable, let path = source.identity?.path else { return nil }
        return path + manner(command)
    }

    /// What is remembered of the name, or a new record; and how the source has changed behind the
    /// samples that were sent.
    private static func record(
        _ command: StreamCommand, _ spool: Spool, _ source: any SampleSource, _ wire: WireSchema
    ) throws(ClientError) -> (SpoolRecord, SourceChange?) {
        let identity =
            (source.isSeekable ? (source.identity?.text ?? "-") : "-") + manner(command)
        let fresh = SpoolRecord(name: spool.name, endpoint: spool.endpoint, source: identity)
        if command.again, !command.append, command.source.source == "-" {
            try refuseToDrop(spool, wire)
        }
        guard !command.again || command.append, var known = try spool.load() else {
            return (fresh, nil)
        }
        if command.append { known.finished = false }
        if command.again {
            known = try JournalFeed.renewed(known, in: spool, rowBytes: rowBytes(wire))
        }
        if known.source == identity { return (known, nil) }
        if known.epoch == 0 { return (fresh, nil) }
        let place = place(command, source)
        guard let sent = known.prefix, sent.source == place else {
            throw another(known, identity, "")
        }
        let now = try SourceReader(source, place: place).prefix(samples: sent.samples)
        guard now == sent else {
            throw another(
                known, identity, "; its first \(sent.samples) samples are not those that were sent")
        }
        Console.talk(
            "note: \(source.name) has changed behind the \(sent.samples) samples that were sent; "
                + "going on there")
        known.finished = false
        return (known, SourceChange(source: identity, unchanged: sent.samples))
    }

    private static func another(
        _ known: SpoolRecord, _ identity: String, _ more: String
    ) -> ClientError {
        ClientError(
            .badData, "\(known.name) was streaming another source",
            why: "then: \(known.source); now: \(identity)\(more)",
            advice: "--name NEWNAME for another source, or for a file of the new rows alone; or "
                + "--again, which learns all rows of this source in a new epoch, also those that "
                + "were learned before")
    }

    private static func feed(
        _ command: StreamCommand, _ spool: Spool, _ record: SpoolRecord,
        _ source: any SampleSource, _ wire: WireSchema, _ change: SourceChange?
    ) throws(ClientError) -> any StreamFeed {
        let policy: BadRowPolicy = command.skipBad ? .skip : .stop
        guard source.isSeekable else {
            guard !command.loop, command.shuffleWithin == nil else {
                throw ClientError(
                    .usage, "\(command.source.source) cannot be read again",
                    why: "--loop and --shuffle-within need a file")
            }
            let isOver = record.finished && command.source.source == "-"
            return JournalFeed(
                spool: spool, record: record, reader: SourceReader(source), schema: wire,
                goal: isOver ? 0 : command.limit, badRows: policy)
        }
        var order: [Int]?
        if let path = command.shuffleWithin {
            guard let count = source.count else {
                throw ClientError(.usage, "--shuffle-within needs a source of known length")
            }
            order = GroupShuffle.order(
                groups: try GroupShuffle.groups(path: path, count: count), seed: command.seed)
        }
        var options = SourceFeed.Options()
        options.goal = command.limit
        options.loops = command.loop
        options.badRows = policy
        options.change = change
        let reader = SourceReader(source, order: order, place: place(command, source))
        return SourceFeed(
            spool: spool, record: record, reader: reader, schema: wire, options: options)
    }

    /// Streams until everything is acknowledged or a signal comes.
    func run() throws(ClientError) -> StreamReport {
        var begin: UInt64?
        var interrupted = false
        do throws(ClientError) {
            while session.state != .done, !interrupted {
                let began = clock.nowNanoseconds
                let worked = try session.step()
                if begin == nil, session.resumedAt != nil {
                    begin = began
                }
                progress.show(
                    samples: samples(session.acknowledged), state: session.state, query,
                    clock.nowNanoseconds)
                if !worked { transport.wait(milliseconds: session.idleMilliseconds) }
                interrupted = signals.next() != nil
            }
        } catch {
            progress.clear()
            try? feed.close(finished: false)
            throw error
        }
        progress.clear()
        let end = clock.nowNanoseconds
        try feed.close(finished: session.state == .done && !isEndless)
        feed.badRowTexts.forEach { Console.talk("note: left out: \($0)") }
        let seconds = Double(end - (begin ?? end)) / 1e9
        return report(
            resumedAt: samples(session.resumedAt ?? 0), seconds: seconds, interrupted: interrupted)
    }

    /// Samples among the numbers up to `sequence`.
    private func samples(_ sequence: UInt64) -> UInt64 {
        feed.record.samples(through: sequence)
    }

    private func report(
        resumedAt: UInt64, seconds: Double, interrupted: Bool
    ) -> StreamReport {
        let status = try? query.ask(StatusReply.self, ControlRequest(command: .status))
        let mine = status?.producers.first { $0.name == name.text && $0.epoch == session.epoch }
        let acknowledged = samples(session.acknowledged)
        let fresh = Double(acknowledged - min(resumedAt, acknowledged))
        return StreamReport(
            name: name.text, epoch: session.epoch,
            samples: samples(max(session.position, 1) - 1), acknowledged: acknowledged,
            refused: mine?.refused ?? session.report.refusedTotal,
            refusedBy: session.report.refused,
            expired: mine?.expired ?? 0, duplicates: mine?.resends ?? session.report.resent,
            badRows: feed.badRows,
            resumedAt: resumedAt, sent: session.report.sent, resent: session.report.resent,
            greetings: session.report.greetings, seconds: seconds,
            samplesPerSecond: seconds > 0 ? fresh / seconds : 0,
            generation: max(session.report.generation, status?.generation ?? 0),
            finished: session.state == .done && !isEndless,
            wasFinished: wasFinished && session.report.sent == 0,
            fromStandardInput: isStandardInput, advice: interrupted ? advice : nil,
            interrupted: interrupted,
            prequential: PrequentialDocument(figures: mine?.figures), costAsked: command.cost,
            cost: session.report.cost.map {
                CostDocument($0, samples: UInt64(max(0, fresh)), energyUnit: energyUnit)
            },
            totalCost: session.report.totalCost.map {
                CostDocument($0, samples: nil, energyUnit: energyUnit)
            })
    }
}
