// Status, schema and generations as replies. Every number of a producer comes from the one
// pinned generation, so the balance in the reply holds exactly: what was accepted after that
// generation is counted as queued.

import Accelerator
import Learning
import MillraceProtocol
import Platform
import WeightStore

extension NetworkLoop {
    func statusReply() -> StatusReply {
        let stream = durableStream
        let generation = pin?.generation ?? 0
        var reply = StatusReply(
            version: description.version, mode: mode,
            uptimeSeconds: Double(clock.nowNanoseconds &- startNanoseconds) / 1e9,
            generation: generation, stateDigest: digest(of: generation),
            samples: pin.map { learnedSamples(slot: $0.slot) } ?? 0,
            inFlight: pin.map { inFlightSamples(slot: $0.slot) } ?? 0,
            producers: stream.map(producerReplies) ?? [], counters: counterReply(),
            figures: figures(producer: nil), budget: description.budget,
            budgetBytes: description.budgetBytes, plannedBytes: description.plannedBytes,
            residentBytes: ProcessFacts.residentBytes, queueDepth: records.count,
            commits: progress.commits.load(ordering: .relaxed),
            skippedCommits: progress.skippedCommits.load(ordering: .relaxed),
            checkpoints: control.savedCheckpoints, device: deviceStatus, saturations: saturations,
            guardian: guardStatus, access: keeper.board?.status(), connections: connectionStatus)
        reply.reload = reloadStatus
        reply.drift = driftStatus
        return reply
    }

    /// The guard as it last told.
    var guardStatus: GuardStatus {
        let board = channels.guardBoard
        var status = board.status.withLock { $0 }
        let generation = board.answersFrom.load(ordering: .acquiring)
        status.answersFrom = generation == 0 ? nil : generation
        return status
    }

    func schemaReply() -> SchemaReply {
        let configuration = description.configuration
        return SchemaReply(
            schema: schema, scale: Double(configuration.inputScale),
            offset: Double(configuration.inputOffset), featureNames: settings.featureNames,
            classNames: settings.classNames, targetNames: settings.targetNames,
            maxBatch: Int(settings.maximumBatch),
            maxMessageBytes: settings.maximumMessageBytes,
            pendingWindow: configuration.pendingCapacity,
            networkText: configuration.networkText,
            costEnergyUnit: description.layout.device?.plan.device.energyUnit)
    }

    func generationsReply() -> GenerationsReply {
        var entries: [GenerationEntry] = []
        var spent: [UInt64: DeviceFigures] = [:]
        for fact in ring.list() where fact.state != .empty {
            let isReadable = fact.state == .durable
            let samples = isReadable ? learnedSamples(slot: fact.slot) : 0
            if isReadable { spent[fact.generation] = deviceFigures(slot: fact.slot) }
            var entry = GenerationEntry(
                generation: fact.generation, restoredFrom: fact.restoredFrom,
                stateDigest: fact.stateDigest, state: "\(fact.state)", held: fact.isHeld,
                pins: fact.pins, samples: samples)
            entry.driftAlarms = isReadable ? driftAlarms(slot: fact.slot) : nil
            entries.append(entry)
        }
        entries.sort { $0.generation < $1.generation }
        addDevice(spent, to: &entries)
        Self.addDriftSince(to: &entries)
        entries.reverse()
        return GenerationsReply(newest: pin?.generation ?? 0, generations: entries)
    }

    /// The digest of a generation's learner section, as its commit computed it; 0 if unknown.
    func digest(of generation: UInt64) -> UInt64 {
        ring.list().first { $0.state == .durable && $0.generation == generation }?.stateDigest ?? 0
    }

    /// Samples that the state in a slot has learned. Not the stream's count of learned samples:
    /// a rollback takes weights back, and the stream goes on.
    private func learnedSamples(slot: Int) -> UInt64 {
        description.layout.learnedCount(UnsafeRawPointer(ring.learnerMemory(slot)))
    }

    /// Labelled samples inside the pipeline of a slot.
    private func inFlightSamples(slot: Int) -> Int {
        description.layout.inFlightCount(UnsafeRawPointer(ring.learnerMemory(slot)))
    }

    private var mode: DaemonMode {
        switch progress.mode {
        case .running: .learning
        case .readOnly: .readOnly
        case .draining, .drained, .ended: .stopping
        }
    }

    private func producerReplies(_ stream: StreamSection) -> [ProducerStatus] {
        (0..<stream.layout.producerCapacity).compactMap { producer in
            guard let row = producers.rows[producer], stream.epoch(producer) == row.epoch else {
                return nil
            }
            let position = stream[.position, producer]
            var status = ProducerStatus(
                name: row.name.text, epoch: row.epoch, position: position, durable: position,
                next: row.accepted &+ 1, queued: row.accepted &- position,
                learned: stream[.learned, producer], pending: stream[.pending, producer],
                expired: stream[.expired, producer], refused: stream[.refused, producer],
                skipped: stream[.skipped, producer], labels: stream[.labels, producer],
                resends: row.resends, idCount: stream[.idCount, producer],
                idSum: stream[.idSum, producer], idXor: stream[.idXor, producer],
                figures: figures(producer: producer))
            status.drift = producerDrift(producer)
            return status
        }
    }

    private func counterReply() -> DaemonCounters {
        var refused: [String: UInt64] = [:]
        for reason in RefusalReason.allCases {
            var count = counters.refused(reason)
            if reason == .unknownSample {
                count &+= progress.refusedLabels.load(ordering: .relaxed)
            }
            if count > 0 { refused[reason.name] = count }
        }
        return DaemonCounters(
            framesReceived: counters.frames, bytesReceived: counters.bytes,
            samplesAccepted: counters.accepted, refusedBy: refused,
            duplicates: producers.rows.reduce(0) { $0 &+ ($1?.resends ?? 0) },
            acksSent: counters.acknowledgements, nacksSent: counters.nacks,
            resetsSent: counters.resets, repliesDropped: counters.dropped,
            predictions: counters.predictions)
    }
}
