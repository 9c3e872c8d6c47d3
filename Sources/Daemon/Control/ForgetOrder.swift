// `forget`: a producer that does not come back gives up its row. It goes through the queue like an
// epoch, behind everything that the producer sent, and is answered when it is durable.
//
// A row is given up only when nothing of it is under way: a producer that was heard a moment ago
// would learn of it as an error, and one with samples that are not durable would not know whether
// they were learned.

import MillraceProtocol

extension NetworkLoop {
    /// How long a producer must have been silent.
    static var forgettableNanoseconds: UInt64 { 10_000_000_000 }

    func forget(_ text: String?, _ caller: Caller) {
        switch progress.mode {
        case .running: break
        case .readOnly: return refuse(caller, .readOnly, "the disk fails; see status")
        case .draining, .drained, .ended:
            return refuse(caller, .stopping, "the daemon is about to end")
        }
        guard let name = text.flatMap({ ProducerName($0) }) else {
            return refuse(caller, .badRequest, "forget needs the name of a producer")
        }
        guard let row = producers.producer(named: name) else { return forgetAgain(name, caller) }
        if let why = reasonToKeep(row) {
            return refuse(caller, .notReady, "producer \(name.text) \(why)")
        }
        guard producers[row].epoch < UInt32.max else {
            return refuse(caller, .failed, "the row of \(name.text) has used up its epochs")
        }
        guard control.forgetting.count < ControlDesk.jobCountMax, let record = spareRecord() else {
            return refuse(caller, .notReady, "too much waits already; try again")
        }
        let epoch = producers[row].epoch + 1
        record.kind = .openEpoch
        record.producer = row
        record.epoch = epoch
        record.nameCount = 0
        records.publish()
        noteNewRecord()
        for index in sessions.indices
        where sessions[index].state != .free && sessions[index].producer == row {
            sessions.free(index)
        }
        producers.forget(row, epoch: epoch)
        control.forgetting.append(
            ControlDesk.Forgetting(caller: caller, name: name, producer: row, epoch: epoch))
    }

    /// Who asks while it is under way hears of it when it is durable, too: before that a power cut
    /// would bring the name back.
    private func forgetAgain(_ name: ProducerName, _ caller: Caller) {
        guard let underWay = control.forgetting.last(where: { $0.name == name }) else {
            return refuse(caller, .notFound, "no producer is called \(name.text)")
        }
        guard control.forgetting.count < ControlDesk.jobCountMax else {
            return refuse(caller, .notReady, "too much waits already; try again")
        }
        control.forgetting.append(underWay.asked(by: caller))
    }

    /// Why the producer of a row cannot be forgotten now; nil when it can.
    private func reasonToKeep(_ row: Int) -> String? {
        let now = clock.nowNanoseconds
        let heard = sessions.indices.filter {
            sessions[$0].state != .free && sessions[$0].producer == row
        }.map { sessions[$0].lastHeardNanoseconds }.max()
        if let heard, now &- heard < Self.forgettableNanoseconds {
            return "was heard \((now &- heard) / 1_000_000_000) s ago: end it, and ask again "
                + "\(Self.forgettableNanoseconds / 1_000_000_000) s later"
        }
        guard let stream = durableStream, stream.epoch(row) == producers[row].epoch,
            stream[.position, row] == producers[row].accepted
        else { return "has samples that are not durable yet; try again" }
        return nil
    }

    /// Answers those whose producer is durably forgotten.
    func finishForgetting() {
        guard !control.forgetting.isEmpty, let stream = durableStream else { return }
        control.forgetting.removeAll { waiting in
            guard stream.epoch(waiting.producer) >= waiting.epoch else { return false }
            if !waiting.isRepeated { record(waiting.name) }
            reply(
                waiting.caller,
                ForgetReply(
                    forgotten: waiting.name.text, freePlaces: producers.freeCount))
            return true
        }
    }

    /// Storage writes it into the log and the audit file.
    private func record(_ name: ProducerName) {
        var note = GuardNote(kind: .forget, from: pin?.generation ?? 0)
        note.producer = name
        if channels.guardBoard.adminNotes.push(note) { channels.storageWakeUp.call() }
    }
}
