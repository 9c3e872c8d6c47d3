import ArgumentParser
import Client
import Messaging
import MillraceProtocol
import Platform

/// `millrace label`
struct LabelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "label", abstract: "Gives samples that were sent before their labels.",
        discussion: """
            FILE has one label per line: the sample's number in the producer's epoch (the first is 1;
            predict counts from 0), a comma, and the class (its name, or its number where classes have none) or the target values; - reads standard input. A label
            that comes after its sample left the window is refused as unknownSample. When all
            labels are refused the exit code is 65.
            """)

    @Argument(help: "A file of labels, or -.", completion: .file())
    var file: String?
    @Option(
        help: ArgumentHelp("The producer whose samples these are.", valueName: "name"),
        completion: Completions.producers)
    var name: String
    @Option(help: ArgumentHelp("The number of one sample, from 1.", valueName: "number"))
    var sample: UInt64?
    // A target may be negative.
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Its class, or its target values.", valueName: "label"))
    var label: String?
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard ProducerName(name) != nil else {
            throw ValidationError("--name takes 1 to 64 of A-Z a-z 0-9 . _ -")
        }
        let isSingle = sample != nil || label != nil
        guard isSingle == (file == nil), (sample == nil) == (label == nil) else {
            throw ValidationError("Give a FILE, or --sample N and --label C.")
        }
    }

    /// What `--json` prints.
    private struct Document: Encodable {
        var name: String
        var epoch: UInt32
        var labels: Int
        var applied: UInt64
        var refused: UInt64
        var refusedBy: [String: UInt64]
        var generation: UInt64
    }

    func run() throws {
        try reporting(output) {
            let signals = ProcessSignals()
            let context = try makeContext()
            let query = try daemon.queryClient(context)
            let schema = try query.ask(SchemaReply.self, ControlRequest(command: .schema))
            let labels = try LabelText(schema: schema).labels(
                file: file, sample: sample, label: label)
            let document = try send(labels, query, context, signals)
            if output.json {
                Console.printJSON(document)
            } else {
                show(document)
            }
            guard document.applied > 0 || document.refused == 0 else {
                throw AfterDocument(
                    error: ClientError(
                        .badData, "all \(document.refused) labels were refused",
                        why: document.refusedBy.keys.sorted().joined(separator: ", "),
                        advice: "millrace status, for how many samples are pending: a sample that "
                            + "was never sent, or has its label, takes none; labels that come "
                            + "later need a larger window in [labels], which all producers share"))
            }
        }
    }

    private func show(_ document: Document) {
        Console.print(
            "\(name): \(document.applied) of \(document.labels) labels applied, "
                + "\(document.refused) refused, generation \(document.generation)")
        for (reason, count) in document.refusedBy.sorted(by: { $0.key < $1.key }) {
            Console.print("refused: \(count) \(reason)")
        }
    }

    private func send(
        _ labels: [LateLabel], _ query: RequestClient, _ context: MessagingContext,
        _ signals: ProcessSignals
    ) throws -> Document {
        let endpoints = daemon.endpoints
        let spool = try Spool(
            storage: LinuxStorage(), root: Endpoints.spoolRoot(), endpoint: endpoints.spooled,
            name: name)
        let record = try spool.load()
        let status = try query.ask(StatusReply.self, ControlRequest(command: .status))
        guard let producer = status.producers.first(where: { $0.name == name }),
            let producerName = ProducerName(name)
        else {
            throw ClientError(
                .noInput, "the daemon knows no producer \(name)", advice: "millrace status")
        }
        if let record, Journal.exists(in: spool, epoch: record.epoch),
            producer.next <= record.acknowledged || !record.finished
        {
            throw ClientError(
                .tryAgain, "the spool of \(name) holds samples that are not acknowledged",
                why: "they would have to change their numbers",
                advice: "the same millrace stream command to its end, then this one")
        }
        let feed = LabelFeed(
            spool: spool, record: record?.epoch == producer.epoch ? record : nil,
            epoch: producer.epoch, labels: labels)
        let transport = try SocketTransport(
            context, endpoint: endpoints.ingest, keys: daemon.keys)
        let session = ProducerSession(
            name: producerName, epoch: producer.epoch, feed: feed, transport: transport,
            clock: MachineClock())
        while session.state != .done {
            if try !session.step() { transport.wait(milliseconds: 20) }
            if signals.next() != nil { throw ExitCode(130) }
        }
        return try document(labels.count, session, before: producer, query)
    }

    /// What became of the labels. The learner counts a label that came too late without telling
    /// the sender, so the numbers are those of `status`, after minus before.
    private func document(
        _ count: Int, _ session: ProducerSession, before: ProducerStatus, _ query: RequestClient
    ) throws -> Document {
        let status = try query.ask(StatusReply.self, ControlRequest(command: .status))
        let after = status.producers.first { $0.name == name && $0.epoch == session.epoch }
        let heard = session.report.refusedTotal
        let refused = after.map { $0.refused - min(before.refused, $0.refused) } ?? heard
        let applied = after.map { $0.labels - min(before.labels, $0.labels) }
        var reasons = session.report.refused
        if refused > heard {
            reasons[RefusalReason.unknownSample.name, default: 0] += refused - heard
        }
        return Document(
            name: name, epoch: session.epoch, labels: count,
            applied: applied ?? UInt64(count) - min(refused, UInt64(count)), refused: refused,
            refusedBy: reasons, generation: session.report.generation)
    }
}
