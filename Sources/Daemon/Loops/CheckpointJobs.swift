// The storage loop's work on checkpoint files.

import struct MillraceProtocol.AuditEntry
import enum MillraceProtocol.RefusalReason
import Learning
import Platform
import WeightStore

extension StorageLoop {
    private var folder: CheckpointFolder {
        CheckpointFolder(storage: storage, directory: settings.checkpointDirectory)
    }

    /// Does what the network loop was asked for, and gives the job back.
    func carryOut(_ job: ControlJob) {
        switch job.work {
        case .saveCheckpoint(let name, let replaces):
            job.outcome = save(name: name, replaces: replaces)
        case .listCheckpoints: job.outcome = .listed(facts())
        case .loadCheckpoint(let name): job.outcome = load(name: name)
        case .findGeneration(let generation): job.outcome = find(generation)
        case .readAudit: job.outcome = .audit(audit.history.reversed())
        }
        channels.finishedJobs.post(job)
        channels.networkWakeUp.callAlways()
    }

    /// Saves an automatic checkpoint when its time has come and something was learned since.
    func checkpointIfDue() {
        guard hot.checkpointIntervalNanoseconds > 0 else { return }
        let now = clock.nowNanoseconds
        guard now &- lastCheckpointNanoseconds >= hot.checkpointIntervalNanoseconds,
            ring.newestGeneration != lastCheckpointGeneration
        else { return }
        lastCheckpointNanoseconds = now
        if case .failed(_, let message) = save(name: "", replaces: true) {
            return report(.checkpointFailed(message))
        }
        do throws(CheckpointError) {
            try folder.retain(newestAutomatic: hot.keptCheckpoints)
        } catch {
            report(.checkpointFailed("old checkpoints cannot be removed: \(error)"))
        }
    }

    /// - givenName: empty for an automatic one, which replaces its like: the same generation.
    private func save(name givenName: String, replaces: Bool) -> ControlJob.Outcome {
        guard givenName.isEmpty || CheckpointWriter.isName(givenName) else {
            return .failed(.badName, Self.nameAdvice(givenName))
        }
        guard let pin = ring.pinNewest() else {
            return .failed(.notReady, "no generation is durable yet")
        }
        defer { ring.unpin(pin) }
        let name =
            givenName.isEmpty
            ? CheckpointFolder.automaticName(generation: pin.generation) : givenName
        let header = ring.header(pin)
        do throws(CheckpointError) {
            let isTaken = try folder.holds(name)
            guard replaces || givenName.isEmpty || !isTaken else {
                return .failed(.alreadyThere, "checkpoint \(name) is there already")
            }
            let bytes = try CheckpointWriter.save(
                storage: storage, directory: settings.checkpointDirectory, name: name,
                header: header, learnerLayout: sections.learnerLayout,
                learner: UnsafeRawPointer(ring.learnerMemory(pin.slot)),
                streamLayout: sections.streamLayout.section,
                stream: UnsafeRawPointer(ring.streamMemory(pin.slot)),
                configuration: configurationText(header.configurationDigest),
                creator: "millraced \(Daemon.version)")
            lastCheckpointGeneration = pin.generation
            return .saved(
                CheckpointFact(
                    name: name, bytes: bytes, generation: pin.generation,
                    digest: header.stateDigest,
                    samples: layout.learnedCount(
                        UnsafeRawPointer(ring.learnerMemory(pin.slot)))))
        } catch {
            return .failed(.failed, "checkpoint \(name) was not saved: \(error)")
        }
    }

    /// Every checkpoint file, newest first; each is read and checked as a whole.
    private func facts() -> [CheckpointFact] {
        let entries = (try? folder.list()) ?? []
        return entries.map(fact).sorted { $0.generation > $1.generation }
    }

    private func fact(_ entry: CheckpointEntry) -> CheckpointFact {
        var fact = CheckpointFact(
            name: entry.name, bytes: 0, generation: entry.automaticGeneration ?? 0, digest: 0,
            samples: 0)
        do throws(CheckpointError) {
            let checkpoint = try CheckpointReader.open(storage: storage, path: entry.path)
            defer { checkpoint.close() }
            fact.bytes = checkpoint.fileBytes
            fact.generation = checkpoint.facts.header.generation
            fact.digest = checkpoint.facts.header.stateDigest
            let memory = UnsafeMutableRawBufferPointer.allocate(
                byteCount: sections.learnerBytes, alignment: SectionLayout.alignment)
            defer { memory.deallocate() }
            try checkpoint.checkShapes(.stream, sections.streamLayout.section)
            try checkpoint.load(.learner, layout: sections.learnerLayout, into: memory)
            if let base = memory.baseAddress {
                fact.samples = layout.learnedCount(UnsafeRawPointer(base))
            }
        } catch {
            fact.problem = "\(error)"
        }
        return fact
    }

    static func nameAdvice(_ name: String) -> String {
        "\"\(name)\" cannot be the name of a checkpoint: 1 to 64 letters, digits, '.', '_' or '-', "
            + "not starting with '.'"
    }

    /// Whether the checkpoint's answers mean what ours mean.
    private func namesFit(_ checkpoint: Checkpoint) throws(CheckpointError) -> Bool {
        let layout = sections.streamLayout.section
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: layout.byteCount, alignment: SectionLayout.alignment)
        defer { memory.deallocate() }
        try checkpoint.load(.stream, layout: layout, into: memory)
        guard let base = memory.baseAddress else { return false }
        let found = StreamSection(layout: sections.streamLayout, base: base).namesDigest
        return found == 0 || settings.namesDigest == 0 || found == settings.namesDigest
    }

    private func find(_ generation: UInt64) -> ControlJob.Outcome {
        guard
            let fact = facts().first(where: { $0.generation == generation && $0.problem == nil })
        else {
            return .failed(
                .notFound,
                "generation \(generation) is neither in the ring nor in a checkpoint; "
                    + "`millrace generations` and `millrace checkpoint list` show what is")
        }
        return load(name: fact.name)
    }

    private func load(name: String) -> ControlJob.Outcome {
        guard CheckpointWriter.isName(name) else {
            return .failed(.badName, Self.nameAdvice(name))
        }
        do throws(CheckpointError) {
            let checkpoint = try CheckpointReader.open(storage: storage, path: folder.path(name))
            defer { checkpoint.close() }
            guard try namesFit(checkpoint) else {
                return .failed(
                    .schemaMismatch,
                    "checkpoint \(name) was learned with other names of features, classes or "
                        + "targets, or with the same in another order")
            }
            try checkpoint.load(
                .learner, layout: sections.learnerLayout,
                into: UnsafeMutableRawBufferPointer(
                    start: staging, count: sections.learnerBytes))
            guard layout.structureFits(staging) else {
                return .failed(
                    .schemaMismatch,
                    "checkpoint \(name) was learned with another activation, output activation or "
                        + "loss, or with junctions of another structure, density, seed or number "
                        + "format")
            }
            if let finding = layout.firstFinding(staging) {
                return .failed(.badChecksum, "checkpoint \(name) cannot be used: \(finding)")
            }
            return .loaded(generation: checkpoint.facts.header.generation, name: name)
        } catch {
            if case .storage(.notFound) = error {
                return .failed(.notFound, "there is no checkpoint \(name)")
            }
            return .failed(Self.reason(error), "checkpoint \(name) cannot be used: \(error)")
        }
    }

    /// Damage and another shape are faults of the file; the rest is the disk's.
    private static func reason(_ error: CheckpointError) -> RefusalReason {
        switch error {
        case .storage: .failed
        case .shapeDiffers, .tensorMissing, .tensorUnexpected: .schemaMismatch
        default: .badChecksum
        }
    }
}
