// What a session hears. Frames of other epochs and frames that do not decode are passed over:
// everything a daemon says is absolute and comes again.

import MillraceProtocol

extension ProducerSession {
    /// Takes one frame of the daemon.
    func take(_ frame: UnsafeRawBufferPointer) throws(ClientError) {
        lastHeard = now
        let decoded: Said
        do {
            decoded = try Said(frame)
        } catch {
            if error.reason == .badVersion || error.reason == .badMagic {
                throw ClientError(
                    .protocolMismatch, "the daemon does not speak Millrace 1",
                    why: "its frame was refused: \(error.reason.name)",
                    advice: "the same version of millrace and millraced")
            }
            return
        }
        switch decoded {
        case .welcome(let welcome): try take(welcome)
        case .ack(let ack): try take(ack)
        case .credit(let credit):
            if credit.epoch == epoch, isOpen { limit = max(limit, credit.limit) }
        case .nack(let nack): try take(nack)
        case .reset:
            report.resets += 1
            // In greeting the RESET answers a frame from before the HELLO; WELCOME follows.
            if isOpen { greetLater(milliseconds: 0) }
        case .other: break
        }
    }

    private enum Said {
        case welcome(Welcome)
        case ack(Ack)
        case credit(Credit)
        case nack(Nack)
        case reset
        case other

        init(_ frame: UnsafeRawBufferPointer) throws(FrameError) {
            let (header, body) = try Frame.decode(frame)
            switch header.type {
            case .welcome: self = .welcome(try Welcome.decode(header, body))
            case .ack: self = .ack(try Ack.decode(header, body))
            case .credit: self = .credit(try Credit.decode(header, body))
            case .nack: self = .nack(try Nack.decode(header, body))
            case .reset: self = .reset
            default: self = .other
            }
        }
    }

    private var isOpen: Bool { state == .streaming || state == .flushing }

    private func take(_ welcome: Welcome) throws(ClientError) {
        let isNew = epoch == 0 || (welcome.epoch > epoch && newEpochGreetings > 1)
        guard welcome.epoch == epoch || isNew else { return }
        guard state == .greeting || isNew, welcome.next > welcome.durable else { return }
        if welcome.epoch != epoch {
            // Nothing can have been accepted in an epoch that was overtaken.
            acknowledged = 0
            highestSent = 0
            refusedNumbers = []
            end = nil
            resumedAt = nil
        }
        if welcome.durable < acknowledged { report.positionsLost += 1 }
        epoch = welcome.epoch
        schema = welcome.schema
        maxBatch = max(1, min(options.maxBatch, Int(welcome.maxBatch)))
        report.generation = max(report.generation, welcome.generation)
        report.lastRefusal = ""
        note(welcome.cost)
        try feed.opened(welcome)
        acknowledged = welcome.durable
        if resumedAt == nil { resumedAt = welcome.durable }
        try feed.acknowledged(acknowledged)
        highestSent = max(highestSent, welcome.next - 1)
        position = welcome.next
        limit = welcome.limit
        lastWelcome = now
        wasWelcome = true
        lastRewind = (0, 0)
        flushesInVain = 0
        state = .streaming
    }

    private func take(_ ack: Ack) throws(ClientError) {
        guard ack.epoch == epoch, isOpen else { return }
        limit = max(limit, ack.limit)
        report.generation = max(report.generation, ack.generation)
        note(ack.cost)
        guard ack.durable > acknowledged, ack.durable <= highestSent else { return }
        acknowledged = ack.durable
        flushesInVain = 0
        // What is durable need not be sent again, even if a NACK had sent us back behind it.
        position = max(position, acknowledged + 1)
        try feed.acknowledged(acknowledged)
    }

    /// Adds what the device spent since it was told last.
    private func note(_ cost: DeviceCost?) {
        guard let cost else { return }
        report.cost = (report.cost ?? DeviceCost()) + cost.since(newestCost ?? cost)
        report.totalCost = cost
        newestCost = cost
    }

    private func take(_ nack: Nack) throws(ClientError) {
        guard nack.epoch == 0 || nack.epoch == epoch || nack.reason == .fenced else { return }
        switch nack.reason.kind {
        case .sample:
            guard isOpen else { return }
            count(nack)
        case .retry:
            retry(nack)
        case .fatal:
            try stop(nack)
        }
    }

    /// Counts refused numbers once, although a restarted daemon refuses them again, and in any
    /// order: what the door refuses is told before what the learner refuses.
    private func count(_ nack: Nack) {
        let (after, overflow) = nack.first.addingReportingOverflow(UInt64(nack.count))
        guard nack.count > 0, nack.first > 0, !overflow, after - 1 <= highestSent else { return }
        for number in nack.first..<after where refusedNumbers.insert(number).inserted {
            report.refused[nack.reason.name, default: 0] += 1
        }
        if refusedNumbers.count > 100_000 {
            // Durable decisions are not made again.
            let durable = acknowledged
            refusedNumbers = refusedNumbers.filter { $0 > durable }
        }
        report.lastRefusal = Self.text(nack)
    }

    private func retry(_ nack: Nack) {
        switch nack.reason {
        case .sequenceGap, .badChecksum:
            guard isOpen, nack.expected > acknowledged, nack.expected <= position else { return }
            let isRepeat =
                lastRewind.target == nack.expected && milliseconds(since: lastRewind.at) < 200
            guard !isRepeat else { return }
            lastRewind = (nack.expected, now)
            position = nack.expected
            state = .streaming
        case .duplicate: break
        default:
            report.lastRefusal = Self.text(nack)
            if isOpen {
                greetLater(milliseconds: 250)
            } else if state == .greeting {
                // Patience runs on: lastWelcome stays.
                state = .connecting
                notBefore = now + 250_000_000
            }
        }
    }

    private func stop(_ nack: Nack) throws(ClientError) {
        if nack.reason == .fenced, newEpochGreetings > 1, acknowledged == 0,
            newEpochGreetings < 10
        {
            // Two epochs were assigned to us; the WELCOME of the newer one may be lost.
            epoch = 0
            greetLater(milliseconds: 100)
            return
        }
        throw Self.failure(nack, name: name.text, epoch: epoch)
    }

    private static func text(_ nack: Nack) -> String {
        nack.text.isEmpty ? nack.reason.name : "\(nack.reason.name): \(nack.text)"
    }

    /// The refusals that end a session, in words.
    private static func failure(_ nack: Nack, name: String, epoch: UInt32) -> ClientError {
        let why = text(nack)
        switch nack.reason {
        case .fenced:
            return ClientError(
                .notAllowed, "a newer epoch of producer \(name) is open", why: why,
                advice: "millrace stream --again --name \(name) …, or another --name")
        case .unknownEpoch:
            return ClientError(
                .badData, "the daemon does not know epoch \(epoch) of producer \(name)",
                why: "its state is younger than this spool (\(why))",
                advice:
                    "millrace stream --again …, which sends everything in a new epoch; of a pipe, "
                    + "- --append --again: what the spool still holds, and the input")
        case .unknownProducer, .producerTableFull, .badName:
            return ClientError(
                .notAllowed, "the daemon does not take producer \(name)", why: why,
                advice:
                    "--name with a name it knows (millrace status), [producers] allow, or "
                    + "millrace forget NAME for one of its max-producers that does not come back")
        case .notAllowed:
            return ClientError(
                .notAllowed, "this key may not hand over samples as producer \(name)",
                why: "the daemon's copy of NAME.key says so, or is gone (\(why))",
                advice: "--name with one of the key's producers; or in that copy allow = "
                    + "\"ingest\", producers = \"\(name)\", and reload the daemon")
        case .schemaMismatch, .wrongWidth, .wrongElementType, .oversize, .badRequest,
            .emptyBatch:
            return ClientError(
                .badData, "the daemon does not take these samples", why: why,
                advice: "millrace status, and --features / --label-column")
        default:
            return ClientError(
                .protocolMismatch, "the daemon refused", why: why,
                advice: "the same version of millrace and millraced")
        }
    }
}
