// Control requests: read-only ones are answered at once from the pinned generation; those that
// change something are carried out by another loop and answered when the result is durable.

import Kernels
import Learning
import Messaging
import MillraceProtocol
import WeightStore

/// Who waits for the answer to a control request.
struct Caller {
    let door: Door
    let peer: Peer
    let request: UInt64
}

/// Requests that are being carried out.
struct ControlDesk {
    /// A rollback on its way to the learner.
    struct Restoring {
        let caller: Caller
        let source: String
        let restoredFrom: UInt64
        /// The ring slot it reads from; nil when it comes from the staging memory.
        let pin: Pin?
    }

    /// A producer whose end is on its way to the disk.
    struct Forgetting {
        let caller: Caller
        let name: ProducerName
        let producer: Int
        let epoch: UInt32
        /// Whether somebody had asked for it before.
        var isRepeated = false

        /// The same end, asked for once more.
        func asked(by another: Caller) -> Forgetting {
            Forgetting(
                caller: another, name: name, producer: producer, epoch: epoch, isRepeated: true)
        }
    }

    /// Callers of jobs that another loop has, by ticket.
    var jobs: [UInt32: Caller] = [:]
    /// At most one restore at a time: there is one staging memory.
    var restoring: Restoring?
    var restoringTicket: UInt32 = 0
    /// The job that reads a checkpoint for a restore, or 0.
    var loadingTicket: UInt32 = 0
    private var lastTicket: UInt32 = 0
    var savedCheckpoints: UInt64 = 0
    /// Producers that are forgotten once it is durable.
    var forgetting: [Forgetting] = []

    /// Jobs at most: each holds memory until storage has done it.
    static let jobCountMax = 16
    /// The share of the query door, where anybody may ask.
    static let queryJobCountMax = 8

    /// Whether a restore is under way; there is one staging memory.
    var isRestoring: Bool { restoring != nil || loadingTicket != 0 }

    mutating func nextTicket() -> UInt32 {
        lastTicket = lastTicket == UInt32.max ? 1 : lastTicket + 1
        return lastTicket
    }
}

extension NetworkLoop {
    func takeRequest(
        _ header: FrameHeader, _ body: UnsafeRawBufferPointer, _ peer: Peer, door: Door
    ) {
        let caller = Caller(door: door, peer: peer, request: header.sequence)
        do throws(ControlError) {
            let request = try ControlCodec.decodeRequest(body)
            guard door == .admin || !request.command.needsAdmin else {
                return refuse(
                    caller, .notAllowed,
                    "\(request.command.rawValue) is answered on the admin socket only")
            }
            guard door == .admin || keeper.may(visitor, Self.rights(request.command)) else {
                let error = self.refusal(.noRightForFrame, door)
                counters.count(error.reason)
                return refuse(
                    caller, error.reason,
                    "\(request.command.rawValue) needs the right metrics, which this key has not")
            }
            perform(request, caller)
        } catch {
            counters.count(.badRequest)
            refuse(caller, .badRequest, "\(error)")
        }
    }

    /// Which of these a key needs for a command at the query door.
    private static func rights(_ command: ControlCommand) -> AccessRights {
        // Who may ask for predictions must know what to ask with.
        command == .schema ? [.query, .metrics] : .metrics
    }

    private func perform(_ request: ControlRequest, _ caller: Caller) {
        switch request.command {
        case .status: reply(caller, statusReply())
        case .schema: reply(caller, schemaReply())
        case .generations: reply(caller, generationsReply())
        case .checkpoints: post(.listCheckpoints, caller)
        case .guardian: post(.readAudit, caller)
        case .checkpointSave:
            post(
                .saveCheckpoint(name: request.name ?? "", replaces: request.replace ?? false),
                caller)
        case .rollback: rollback(to: request.generation, caller)
        case .checkpointRestore: restore(checkpoint: request.name, caller)
        case .hold: hold(request.generation, caller)
        case .forget: forget(request.name, caller)
        case .stop:
            progress.change(from: .running, to: .draining)
            progress.change(from: .readOnly, to: .draining)
            channels.learnerWakeUp.callAlways()
            reply(caller, StopReply())
        }
    }

    /// Hands work to the storage loop. Its ticket, or 0 after refusing because too much waits.
    @discardableResult
    private func post(_ work: ControlJob.Work, _ caller: Caller) -> UInt32 {
        let limit =
            caller.door == .admin ? ControlDesk.jobCountMax : ControlDesk.queryJobCountMax
        guard control.jobs.count < limit else {
            refuse(caller, .notReady, "\(control.jobs.count) requests wait already; try again")
            return 0
        }
        let ticket = control.nextTicket()
        control.jobs[ticket] = caller
        channels.storageJobs.post(ControlJob(ticket: ticket, work: work))
        channels.storageWakeUp.callAlways()
        return ticket
    }

    private func hold(_ generation: UInt64?, _ caller: Caller) {
        guard let generation else {
            return refuse(caller, .badRequest, "hold needs a generation")
        }
        guard ring.hold(generation: generation) else {
            return refuse(
                caller, .notFound, "generation \(generation) is not in the ring any more")
        }
        channels.guardBoard.proved.store(generation, ordering: .releasing)
        _ = channels.guardBoard.adminNotes.push(
            GuardNote(kind: .hold, from: pin?.generation ?? 0, to: generation))
        reply(caller, HoldReply(held: generation))
    }

    private func rollback(to generation: UInt64?, _ caller: Caller) {
        guard let generation else {
            return refuse(caller, .badRequest, "rollback needs a generation")
        }
        guard mayRestore(caller) else { return }
        if let pin = ring.pin(generation: generation) {
            order(
                ControlDesk.Restoring(
                    caller: caller, source: "ring", restoredFrom: generation, pin: pin),
                section: UnsafeRawPointer(ring.learnerMemory(pin.slot)))
        } else {
            control.loadingTicket = post(.findGeneration(generation), caller)
        }
    }

    private func restore(checkpoint name: String?, _ caller: Caller) {
        guard let name else { return refuse(caller, .badRequest, "restore needs a name") }
        guard mayRestore(caller) else { return }
        control.loadingTicket = post(.loadCheckpoint(name: name), caller)
    }

    private func mayRestore(_ caller: Caller) -> Bool {
        guard progress.mode.rawValue <= ServiceMode.readOnly.rawValue else {
            refuse(caller, .stopping, "the daemon is about to end")
            return false
        }
        guard !control.isRestoring else {
            refuse(caller, .notReady, "another restore is under way; try again")
            return false
        }
        return true
    }

    private func order(_ restoring: ControlDesk.Restoring, section: UnsafeRawPointer) {
        guard
            OnlineLearner.allWeightsFinite(
                layout: description.layout, section: section, kernels: .best)
        else {
            if let pin = restoring.pin { ring.unpin(pin) }
            return refuse(
                restoring.caller, .failed,
                "generation \(restoring.restoredFrom) has weights that are not finite numbers")
        }
        let ticket = control.nextTicket()
        let order = RestoreOrder(
            section: UInt(bitPattern: section), generation: restoring.restoredFrom, ticket: ticket)
        guard channels.restores.push(order) else {
            if let pin = restoring.pin { ring.unpin(pin) }
            return refuse(restoring.caller, .notReady, "another restore is under way; try again")
        }
        hold.forget(ring)
        control.restoring = restoring
        control.restoringTicket = ticket
        channels.learnerWakeUp.callAlways()
    }

    /// The commit that answers a restore is durable, or storage refused it.
    func finishRestore(_ result: CommitResult) {
        guard let restoring = control.restoring, control.restoringTicket == result.ticket else {
            return
        }
        if let pin = restoring.pin { ring.unpin(pin) }
        control.restoring = nil
        guard result.isDurable else {
            return refuse(
                restoring.caller, .readOnly,
                "the state was restored in memory but storage refuses to keep it; "
                    + "see status, and mend the disk")
        }
        reply(
            restoring.caller,
            RollbackReply(
                generation: result.generation, restoredFrom: restoring.restoredFrom,
                stateDigest: digest(of: result.generation), source: restoring.source))
    }

    /// Answers what the storage loop has finished.
    func finishJobs() -> Bool {
        guard let job = channels.finishedJobs.take() else { return false }
        if job.ticket == control.loadingTicket { control.loadingTicket = 0 }
        guard let caller = control.jobs.removeValue(forKey: job.ticket) else { return true }
        switch job.outcome {
        case .waiting: refuse(caller, .failed, "the job was given back undone")
        case .failed(let reason, let message):
            refuse(caller, reason, message)
        case .saved(let fact):
            control.savedCheckpoints &+= 1
            reply(caller, CheckpointReply(checkpoint: entry(fact)))
        case .audit(let entries):
            reply(caller, GuardReply(guardian: guardStatus, history: entries))
        case .listed(let facts):
            reply(
                caller,
                CheckpointsReply(
                    directory: settings.checkpointDirectory, checkpoints: facts.map(entry)))
        case .loaded(let generation, let name):
            order(
                ControlDesk.Restoring(
                    caller: caller, source: name, restoredFrom: generation, pin: nil),
                section: UnsafeRawPointer(memory.staging))
        }
        return true
    }

    private func entry(_ fact: CheckpointFact) -> MillraceProtocol.CheckpointEntry {
        MillraceProtocol.CheckpointEntry(
            name: fact.name, path: settings.checkpointDirectory + "/\(fact.name).safetensors",
            generation: fact.generation, stateDigest: fact.digest, bytes: fact.bytes,
            samples: fact.samples, problem: fact.problem)
    }

    func reply(_ caller: Caller, _ value: some ControlReply) {
        do throws(ControlError) {
            deliver(caller, try ControlCodec.encode(value))
        } catch {
            refuse(caller, .failed, "the reply could not be written: \(error)")
        }
    }

    func refuse(_ caller: Caller, _ reason: RefusalReason, _ message: String) {
        guard let json = try? ControlCodec.encode(ErrorReply(reason, message)) else { return }
        deliver(caller, json)
    }

    /// Control replies are longer than a data frame may be; they get memory of their own.
    private func deliver(_ caller: Caller, _ json: [UInt8]) {
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: FrameHeader.byteCount + json.count, alignment: 16)
        defer { memory.deallocate() }
        let bytes = json.withUnsafeBytes {
            ControlFrame.encode(.reply, request: caller.request, json: $0, into: memory)
        }
        guard let bytes else { return }
        _ = transport.send(
            caller.door, UnsafeRawBufferPointer(rebasing: memory[..<bytes]), to: caller.peer)
    }
}
