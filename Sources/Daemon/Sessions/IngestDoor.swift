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
        if header.type == .hello {
            return try greet(Hello.decode(header, body), peer)
        }
        guard let index = sessions.find(peer) else {
            counters.resets &+= 1
            return send(.ingest, peer, Reset().encode(into: memory.send))
        }
        sessions[index].lastHeardNanoseconds = clock.nowNanoseconds
        let session = sessions[index]
        guard session.epoch == header.epoch, session.epoch == producers[session.producer].epoch
        else { throw FrameError(.fenced) }
        guard session.state == .streaming else { throw FrameError(.notReady) }
        guard progress.mode.rawValue <= ServiceMode.readOnly.rawValue else {
            throw FrameError(.stopping)
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
        case .skip: takeSkip(try Skip.decode(header, body), index)
        case .flush:
            _ = try Flush.decode(header, body)
            queueFlush(session.producer)
        default: throw FrameError(.unknownType)
        }
    }

    /// The part of [first, first + count) that is new, or nil after answering a gap or a resend.
    private func newPart(_ first: UInt64, _ count: UInt64, _ index: Int) -> Range<Int>? {
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
        guard let new = newPart(view.sequence, UInt64(view.count), index) else { return }
        let producer = sessions[index].producer
        for position in new {
            let sequence = view.sequence &+ UInt64(position)
            guard let record = room(for: sequence, producer, index) else { return }
            let features = view.features(position)
            var refusal = admission.refusal(features)
            record.labelKind = 0
            if refusal == nil, view.hasLabels {
                refusal = fillLabel(
                    record, view.classLabel(position), values: view.valueLabels(position))
            }
            if let refusal {
                refuseSample(record, producer, sequence, refusal, index)
            } else {
                record.kind = .sample
                record.features.copyMemory(
                    from: features.baseAddress ?? UnsafeRawPointer(record.base),
                    byteCount: features.count)
                publish(record, producer, sequence)
            }
        }
    }

    private func takeLabels(_ view: LabelsView, _ index: Int) {
        guard let new = newPart(view.sequence, UInt64(view.count), index) else { return }
        let producer = sessions[index].producer
        for position in new {
            let sequence = view.sequence &+ UInt64(position)
            guard let record = room(for: sequence, producer, index) else { return }
            let isClass = schema.task == .classification
            var refusal = fillLabel(
                record, isClass ? view.classLabel(position) : -1,
                values: isClass ? nil : view.valueLabels(position))
            if refusal == nil, record.labelKind == 0 { refusal = .labelOutOfRange }
            let sample = view.sample(position)
            if sample == 0 || sample >= sequence { refusal = .unknownSample }
            if let refusal {
                refuseSample(record, producer, sequence, refusal, index)
            } else {
                record.kind = .lateLabel
                record.target = sample
                publish(record, producer, sequence)
            }
        }
    }

    private func takeSkip(_ skip: Skip, _ index: Int) {
        guard let new = newPart(skip.first, UInt64(skip.count), index),
            let record = records.reserve()
        else { return }
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

    private func queueFlush(_ producer: Int) {
        guard let record = records.reserve() else { return }
        record.kind = .flush
        record.producer = producer
        records.publish()
        noteNewRecord()
    }

    /// A record for `sequence`, or nil after saying that there is no credit for it.
    private func room(for sequence: UInt64, _ producer: Int, _ index: Int) -> StreamRecord? {
        if sequence <= producers[producer].limit, let record = records.reserve() {
            return record
        }
        counters.count(.noCredit)
        sendNack(sessions[index].peer, session: index, .noCredit)
        return nil
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
        _ index: Int
    ) {
        record.kind = .refused
        record.reason = reason.rawValue
        record.target = 1
        publish(record, producer, sequence)
        counters.count(reason)
        sendNack(sessions[index].peer, session: index, reason, first: sequence, count: 1)
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
