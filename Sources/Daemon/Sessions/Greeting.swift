// HELLO and what follows from it. The daemon assigns epochs: zero asks for a new one, which is
// durable before WELCOME names it; a lower one is fenced, an equal one continues.

import Messaging
import MillraceProtocol

extension NetworkLoop {
    func greet(_ hello: Hello, _ peer: Peer) throws(FrameError) {
        switch progress.mode {
        case .running: break
        case .readOnly: throw FrameError(.readOnly)
        case .draining, .drained, .ended: throw FrameError(.stopping)
        }
        if hello.schemaDigest != 0, hello.schemaDigest != schema.digest {
            counters.count(.schemaMismatch)
            return sendNack(peer, session: nil, .schemaMismatch, text: schemaText)
        }
        guard keeper.may(visitor, produceAs: hello.name) else {
            throw refusal(.producer, .ingest)
        }
        guard producers.isAllowed(hello.name) else { throw FrameError(.unknownProducer) }
        let known = producers.producer(named: hello.name)
        let current = known.map { producers[$0].epoch } ?? 0
        if hello.epoch == 0 {
            try openEpoch(hello, known, current, peer)
        } else if let known, hello.epoch == current {
            attach(known, peer, hello)
            if producers[known].isEpochDurable { welcome(known) }
        } else {
            throw FrameError(hello.epoch < current ? .fenced : .unknownEpoch)
        }
    }

    private func openEpoch(
        _ hello: Hello, _ known: Int?, _ current: UInt32, _ peer: Peer
    ) throws(FrameError) {
        let name = hello.name
        if let known, let index = ownSession(peer), sessions[index].producer == known {
            // The same question again while the answer becomes durable.
            let isWaiting = sessions[index].state == .greeting
            if isWaiting || producers[known].accepted == 0 {
                // No new epoch for it, but no flood of answers either.
                guard greetings.repeats(peer, clock.nowNanoseconds) else {
                    throw FrameError(.notReady)
                }
            }
            if isWaiting { return }
            // Or while the answer was on its way. Another epoch would fence the one that it names,
            // and a producer that hears of the first only could never come back.
            if producers[known].accepted == 0 {
                sessions[index].state = .greeting
                return welcome(known)
            }
        }
        let row: Int
        if let known { row = known } else { row = try producers.place(for: name) }
        let next = known == nil ? producers.firstEpoch : current < UInt32.max ? current + 1 : nil
        guard let next else { throw FrameError(.failed) }
        guard greetings.take(peer, clock.nowNanoseconds) else { throw FrameError(.notReady) }
        guard let record = spareRecord() else { throw FrameError(.notReady) }
        record.kind = .openEpoch
        record.producer = row
        record.epoch = next
        name.withBytes { bytes in
            record.nameCount = bytes.count
            record.name.copyMemory(from: bytes)
        }
        records.publish()
        noteNewRecord()
        producers.open(row, name: name, epoch: next)
        attach(row, peer, hello)
    }

    private func attach(_ producer: Int, _ peer: Peer, _ hello: Hello) {
        let index = sessions.place(for: producer, peer)
        sessions[index] = Session(
            state: .greeting, peer: peer, producer: producer, epoch: producers[producer].epoch,
            key: keeper.key(visitor), lastHeardNanoseconds: clock.nowNanoseconds,
            wantsCost: hello.wantsCost)
    }

    /// Sends WELCOME to the greeting session of `producer`, whose epoch is durable.
    private func welcome(_ producer: Int) {
        guard let stream = durableStream, let pin else { return }
        for index in sessions.indices
        where sessions[index].state == .greeting && sessions[index].producer == producer {
            let durable = stream[.position, producer]
            producers[producer].limit = limit(of: producer)
            let message = Welcome(
                epoch: producers[producer].epoch, next: producers[producer].accepted &+ 1,
                durable: durable, limit: producers[producer].limit, generation: pin.generation,
                schema: schema, maxBatch: settings.maximumBatch,
                cost: sessions[index].wantsCost ? durableCost : nil)
            if send(index, message.encode(into: memory.send)) {
                sessions[index].state = .streaming
                sessions[index].acknowledged = durable
            }
        }
    }

    /// Tells every session what the pinned generation has made durable.
    func announceDurable() {
        guard let stream = durableStream else { return }
        finishForgetting()
        for index in sessions.indices where sessions[index].state != .free {
            let producer = sessions[index].producer
            guard stream.epoch(producer) == producers[producer].epoch else { continue }
            producers[producer].isEpochDurable = true
            if sessions[index].state == .greeting {
                welcome(producer)
            } else {
                acknowledge(index, always: false)
            }
        }
    }

    /// Sends ACK if the durable position moved, or always.
    func acknowledge(_ index: Int, always: Bool) {
        let session = sessions[index]
        guard session.state == .streaming, let stream = durableStream, let pin,
            stream.epoch(session.producer) == session.epoch
        else { return }
        let durable = stream[.position, session.producer]
        guard always || durable > session.acknowledged else { return }
        let message = Ack(
            epoch: session.epoch, durable: durable, limit: producers[session.producer].limit,
            generation: pin.generation, cost: session.wantsCost ? durableCost : nil)
        if send(index, message.encode(into: memory.send)) {
            sessions[index].acknowledged = durable
            counters.acknowledgements &+= 1
        }
    }

    /// How far a producer may send: what the learner has taken, plus its share of the queue.
    func limit(of producer: Int) -> UInt64 {
        guard progress.mode == .running else { return producers[producer].limit }
        let taken = min(progress.takenSequence(producer), producers[producer].accepted)
        return max(producers[producer].limit, taken &+ UInt64(settings.samplesPerProducer))
    }

    /// Widens windows that have room again: by a quarter of a share at a time, or at once for a
    /// producer that has used its window up.
    func grantCredit() {
        guard progress.mode == .running else { return }
        for index in sessions.indices where sessions[index].state == .streaming {
            let producer = sessions[index].producer
            let wider = limit(of: producer)
            let gain = wider &- producers[producer].limit
            let isExhausted = producers[producer].accepted >= producers[producer].limit
            guard gain > 0, isExhausted || gain >= UInt64(settings.samplesPerProducer / 4)
            else { continue }
            producers[producer].limit = wider
            let message = Credit(
                epoch: sessions[index].epoch, next: producers[producer].accepted &+ 1,
                limit: wider)
            _ = send(index, message.encode(into: memory.send))
        }
    }
}

extension NetworkLoop {
    func sendNack(
        _ peer: Peer, session: Int?, _ reason: RefusalReason, first: UInt64 = 0,
        count: UInt32 = 0, text: String = ""
    ) {
        let producer = session.map { sessions[$0].producer }
        let message = Nack(
            epoch: producer.map { producers[$0].epoch } ?? 0,
            expected: producer.map { producers[$0].accepted &+ 1 } ?? 0, reason: reason,
            count: count, first: first, text: text)
        counters.nacks &+= 1
        send(.ingest, peer, message.encode(into: memory.send))
    }

    /// Sends the first `bytes` of the send buffer to a session; a peer that is gone loses it.
    func send(_ index: Int, _ bytes: Int) -> Bool {
        let frame = UnsafeRawBufferPointer(rebasing: memory.send[..<bytes])
        switch transport.send(.ingest, frame, to: sessions[index].peer) {
        case .sent: return true
        case .wouldBlock: return false
        case .gone:
            sessions.free(index)
            return false
        }
    }

    /// Sends the first `bytes` of the send buffer; what cannot be delivered is dropped, because
    /// every answer can be asked for again.
    func send(_ door: Door, _ peer: Peer, _ bytes: Int) {
        let frame = UnsafeRawBufferPointer(rebasing: memory.send[..<bytes])
        switch transport.send(door, frame, to: peer) {
        case .sent: noteAnswer(bytes)
        case .wouldBlock: counters.dropped &+= 1
        case .gone: break
        }
    }

    /// What this daemon learns from, in words.
    var schemaText: String {
        "this daemon takes \(schema.featureCount) features of \(schema.elementType.name), "
            + "\(schema.outputCount) outputs, \(schema.task.name)"
    }
}
