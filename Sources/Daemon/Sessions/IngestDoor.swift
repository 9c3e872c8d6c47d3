// The ingest door: greetings, samples, late labels, skips, flushes; and what goes back.
//
// A frame is taken as a whole or refused as a whole, but its samples are judged one by one: a
// bad sample is refused alone and still consumes its sequence. What was taken before is trimmed.

import Messaging
import MillraceProtocol

extension NetworkLoop {
    func takeIngest(
        _ header: FrameHeader, _ body: UnsafeRawBufferPointer, _ peer: Peer
    ) throws(FrameError) {
        switch header.type {
        case .hello: return try greet(Hello.decode(header, body), peer)
        case .samples, .labels, .skip, .flush: break
        default: throw FrameError(.unknownType)
        }
        guard let index = ownSession(peer) else {
            counters.resets &+= 1
            return send(.ingest, peer, Reset().encode(into: memory.send))
        }
        sessions[index].lastHeardNanoseconds = clock.nowNanoseconds
        let session = sessions[index]
        guard header.epoch == session.epoch else {
            throw FrameError(header.epoch < session.epoch ? .fenced : .unknownEpoch)
        }
        guard session.state == .streaming else { throw FrameError(.notReady) }
        switch progress.mode {
        case .running: break
        case .readOnly: throw FrameError(.readOnly)
        case .draining, .drained, .ended: throw FrameError(.stopping)
        }
        switch header.type {
        case .samples:
            let view = try SamplesView(
                header, body, schema: schema, maxBatch: settings.maximumBatch)
            takeSamples(view, index)
        case .labels:
            let view = try LabelsView(
                header, body, schema: schema, maxBatch: settings.maximumBatch)
            takeLabels(view, index)
        case .skip:
            takeSkip(try Skip.decode(header, body), index)
        case .flush:
            _ = try Flush.decode(header, body)
            takeFlush(index)
        default: throw FrameError(.unknownType)
        }
    }

    /// The part of [first, first + count) that is new, or nil after answering a gap, a resend,
    /// or a frame that needs credit up to a sequence beyond the limit.
    /// - needed: how many of its numbers need credit.
    private func newPart(
        _ first: UInt64, _ count: UInt64, needed: UInt64, _ index: Int
    ) -> Range<Int>? {
        let session = sessions[index]
        let expected = producers[session.producer].accepted &+ 1
        if first > expected {
            reportGap(index, expected)
            return nil
        }
        let seen = min(expected &- first, count)
        if seen > 0 {
            producers[session.producer].resends &+= seen
            counters.count(.duplicate)
        }
        if seen == count {
            acknowledge(index, always: true)
            return nil
        }
        guard first &+ max(seen, needed &- 1) <= producers[session.producer].limit else {
            refuseForCredit(index)
            return nil
        }
        return Int(seen)..<Int(count)
    }

    private func reportGap(_ index: Int, _ expected: UInt64) {
        counters.count(.sequenceGap)
        let now = clock.nowNanoseconds
        let isKnown =
            sessions[index].gapExpected == expected
            && now &- sessions[index].gapNanoseconds < 200_000_000
        guard !isKnown else { return }
        sessions[index].gapExpected = expected
        sessions[index].gapNanoseconds = now
        sendNack(sessions[index].peer, session: index, .sequenceGap)
    }

    private func takeSamples(_ view: SamplesView, _ index: Int) {
        let count = UInt64(view.count)
        guard let new = newPart(view.sequence, count, needed: count, index) else { return }
        let producer = sessions[index].producer
        var run = RefusalRun()
        for position in new {
            let sequence = view.sequence &+ UInt64(position)
            guard let record = records.reserve() else { return refuseForCredit(index) }
            let features = view.features(position)
            var refusal = admission.refusal(features)
            record.labelKind = 0
            if refusal == nil, view.hasLabels {
                refusal = fillLabel(
                    record, view.classLabel(position), values: view.valueLabels(position))
            }
            if let refusal {
                refuseSample(record, producer, sequence, refusal, &run, index)
            } else {
                record.kind = .sample
                record.features.copyMemory(
                    from: features.baseAddress ?? UnsafeRawPointer(record.base),
                    byteCount: features.count)
                publish(record, producer, sequence)
            }
        }
        tell(run, index)
    }

    private func takeLabels(_ view: LabelsView, _ index: Int) {
        let count = UInt64(view.count)
        guard let new = newPart(view.sequence, count, needed: count, index) else { return }
        let producer = sessions[index].producer
        var run = RefusalRun()
        for position in new {
            let sequence = view.sequence &+ UInt64(position)
            guard let record = records.reserve() else { return refuseForCredit(index) }
            let isClass = schema.task == .classification
            var refusal = fillLabel(
                record, isClass ? view.classLabel(position) : -1,
                values: isClass ? nil : view.valueLabels(position))
            if refusal == nil, record.labelKind == 0 { refusal = .labelOutOfRange }
            let sample = view.sample(position)
            if sample == 0 || sample >= sequence { refusal = .unknownSample }
            if let refusal {
                refuseSample(record, producer, sequence, refusal, &run, index)
            } else {
                record.kind = .lateLabel
                record.target = sample
                publish(record, producer, sequence)
            }
        }
        tell(run, index)
    }

    private func takeSkip(_ skip: Skip, _ index: Int) {
        // However long, it is one record, so credit for its first new number is enough.
        guard let new = newPart(skip.first, UInt64(skip.count), needed: 1, index) else { return }
        guard let record = records.reserve() else { return refuseForCredit(index) }
        let producer = sessions[index].producer
        record.kind = .skipped
        record.producer = producer
        record.epoch = producers[producer].epoch
        record.sequence = skip.first &+ UInt64(new.lowerBound)
        record.target = UInt64(new.count)
        records.publish()
        producers[producer].accepted = skip.first &+ UInt64(skip.count) &- 1
        noteNewRecord()
    }

    /// Answers at once if all is durable; otherwise the commit's ACK is the answer.
    private func takeFlush(_ index: Int) {
        let producer = sessions[index].producer
        if let stream = durableStream, stream.epoch(producer) == sessions[index].epoch,
            stream[.position, producer] == producers[producer].accepted
        {
            acknowledge(index, always: true)
        } else {
            isFlushWanted = true
        }
    }

    /// One record for all the flushes of a handful: a flood of them costs one place.
    func queueFlush() {
        guard isFlushWanted, let record = spareRecord() else { return }
        isFlushWanted = false
        record.kind = .flush
        record.producer = 0
        records.publish()
        noteNewRecord()
    }

    /// A record that nobody has credit for; nil when it would take a place that was promised.
    func spareRecord() -> StreamRecord? {
        var promised = 0
        for index in sessions.indices where sessions[index].state == .streaming {
            promised &+= producers.promised(sessions[index].producer)
        }
        guard records.capacity - records.count > promised else { return nil }
        return records.reserve()
    }

    private func refuseForCredit(_ index: Int) {
        counters.count(.noCredit)
        sendNack(sessions[index].peer, session: index, .noCredit)
    }

    private func fillLabel(
        _ record: StreamRecord, _ classLabel: Int32, values: UnsafeRawBufferPointer?
    ) -> RefusalReason? {
        if schema.task == .classification {
            record.classIndex = classLabel
            record.labelKind = classLabel >= 0 ? 1 : 0
            return admission.refusal(classLabel: classLabel)
        }
        guard let values else { return nil }
        if let refusal = admission.refusal(valueLabels: values) { return refusal }
        record.labelKind = 2
        UnsafeMutableRawPointer(record.values).copyMemory(
            from: values.baseAddress ?? UnsafeRawPointer(record.base), byteCount: values.count)
        return nil
    }

    private func refuseSample(
        _ record: StreamRecord, _ producer: Int, _ sequence: UInt64, _ reason: RefusalReason,
        _ run: inout RefusalRun, _ index: Int
    ) {
        record.kind = .refused
        record.reason = reason.rawValue
        record.target = 1
        publish(record, producer, sequence)
        counters.count(reason)
        if run.extend(sequence, reason) { return }
        tell(run, index)
        run = RefusalRun(first: sequence, count: 1, reason: reason)
    }

    /// Tells producers of late labels that the learner refused: run by run, after the frame.
    func tellLateRefusals() {
        var run = RefusalRun()
        var owner: Int?
        while let refusal = channels.lateRefusals.pop() {
            let session = sessions.session(of: refusal.producer, epoch: refusal.epoch)
            if session == owner, run.extend(refusal.sequence, .unknownSample) { continue }
            if let owner { tell(run, owner) }
            owner = session
            run = RefusalRun(first: refusal.sequence, count: 1, reason: .unknownSample)
        }
        if let owner { tell(run, owner) }
    }

    /// One NACK for neighbours that were refused for one reason.
    private func tell(_ run: RefusalRun, _ index: Int) {
        guard run.count > 0 else { return }
        sendNack(
            sessions[index].peer, session: index, run.reason, first: run.first, count: run.count)
    }

    private func publish(_ record: StreamRecord, _ producer: Int, _ sequence: UInt64) {
        record.producer = producer
        record.epoch = producers[producer].epoch
        record.sequence = sequence
        records.publish()
        producers[producer].accepted = sequence
        counters.accepted &+= 1
        noteNewRecord()
    }
}

/// Neighbouring sequences of one producer that were refused for one reason.
struct RefusalRun {
    var first: UInt64 = 0
    var count: UInt32 = 0
    var reason = RefusalReason.failed

    /// Takes `sequence` in if it is the next one, refused for the same reason.
    mutating func extend(_ sequence: UInt64, _ reason: RefusalReason) -> Bool {
        guard count > 0, reason == self.reason, sequence == first &+ UInt64(count) else {
            return false
        }
        count &+= 1
        return true
    }
}
