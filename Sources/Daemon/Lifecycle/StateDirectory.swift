// The state directory: its lock, and what a new process starts from.

import Learning
import MillraceProtocol
import Platform
import WeightStore

/// What recovery found.
struct RecoveredState {
    /// Whether the state is in no slot yet.
    let needsCommit: Bool
}

/// The lock on a state directory; given back with the last reference, also by a start that fails.
final class StateLock {
    private let file: StorageFile
    private let storage: any Storage
    private var isHeld = true

    init(file: StorageFile, storage: any Storage) {
        self.file = file
        self.storage = storage
    }

    deinit { release() }

    func release() {
        if isHeld { storage.close(file) }
        isHeld = false
    }
}

/// Lock, recovery, and moving aside.
public enum StateDirectory {
    /// Makes the directory if it is missing and locks it. Before any door is bound: libzmq would
    /// silently take over the socket of a daemon that is alive.
    static func take(
        _ settings: DaemonSettings, _ storage: any Storage
    ) throws(StartError) -> StateLock {
        let path = settings.stateDirectory + "/lock"
        do throws(StorageError) {
            try storage.makeDirectory(settings.stateDirectory)
            try storage.makeDirectory(settings.checkpointDirectory)
            let lock = try storage.lock(path)
            _ = try? CheckpointFolder(
                storage: storage, directory: settings.checkpointDirectory
            ).removeStaleTemporaries()
            return StateLock(file: lock, storage: storage)
        } catch {
            if case .locked = error { throw .locked(path: path) }
            if case .permissionDenied = error {
                throw .noPermission(directory: settings.stateDirectory, "\(error)")
            }
            throw .storage(
                "the state directory \(settings.stateDirectory) cannot be used: \(error). "
                    + "TRY: another [daemon] state, or MILLRACE_STATE")
        }
    }

    /// Loads the newest intact generation, a checkpoint, or a fresh state into the live sections.
    static func recover(
        _ ring: Ring, _ sections: SectionPair, _ learner: OnlineLearner, _ origin: StateOrigin,
        _ settings: DaemonSettings, _ storage: any Storage,
        _ report: (DaemonEvent) -> Void
    ) throws(StartError) -> RecoveredState {
        let recovery = try open(ring, settings)
        for (slot, content) in recovery.slots.enumerated() {
            if case .damaged(let damage, let generation) = content {
                report(
                    .recovered(
                        "slot \(slot) is damaged and set aside: \(damage), generation "
                            + "\(generation)"))
            }
        }
        if let newest = recovery.newest {
            if case .checkpoint = origin {
                throw .stateExists(generation: newest.header.generation)
            }
            sections.learner.copyMemory(
                from: ring.learnerMemory(newest.slot), byteCount: sections.learnerBytes)
            sections.stream.copyMemory(
                from: ring.streamMemory(newest.slot),
                byteCount: sections.streamLayout.section.byteCount)
            let place = "the state in \(settings.stateDirectory)"
            guard learner.layout.structureFits(sections.learner) else {
                throw .structureDiffers(
                    place,
                    changed: DaemonPlan.differences(
                        found: recovery.description, wanted: ring.geometry.description))
            }
            try acceptNames(sections, settings, place)
            report(.recovered("generation \(newest.header.generation)"))
            return RecoveredState(needsCommit: false)
        }
        switch origin {
        case .newest:
            guard !recovery.lostEverything else {
                throw .nothingIntact("all \(recovery.slots.count) slots are damaged")
            }
            learner.initialise()
        case .checkpoint(let path):
            try load(path, sections, storage)
            try accept(sections.learner, learner.layout, path)
        }
        try acceptNames(sections, settings, "the checkpoint")
        return RecoveredState(needsCommit: true)
    }

    /// Whether a learner section from a checkpoint is one of these junctions, soundly built: what
    /// comes from outside may have any bytes. That every real number is finite is loading's to say.
    private static func accept(
        _ section: UnsafeRawPointer, _ layout: LearnerLayout, _ path: String
    ) throws(StartError) {
        guard layout.structureFits(section) else {
            throw .structureDiffers("the checkpoint \(path)", changed: [])
        }
        if let finding = layout.firstFinding(section) {
            throw .checkpoint("the checkpoint \(path) cannot be used: \(finding)")
        }
    }

    /// Takes the configured names where the state has none; refuses others than it has.
    private static func acceptNames(
        _ sections: SectionPair, _ settings: DaemonSettings, _ place: String
    ) throws(StartError) {
        let stream = StreamSection(layout: sections.streamLayout, base: sections.stream)
        let configured = settings.namesDigest
        if stream.namesDigest == 0 { stream.namesDigest = configured }
        guard configured == 0 || stream.namesDigest == configured else {
            throw .namesDiffer(place)
        }
    }

    private static func open(
        _ ring: Ring, _ settings: DaemonSettings
    ) throws(StartError) -> Recovery {
        do throws(RingError) {
            return try ring.recover()
        } catch {
            switch error {
            case .geometryDiffers(let found, let wanted):
                throw .shapesDiffer(
                    found: found.shapeText, wanted: wanted.shapeText,
                    changed: DaemonPlan.differences(
                        found: found.description, wanted: wanted.description))
            case .superblocksDamaged, .superblocksContradict:
                throw .nothingIntact("\(error)")
            case .storage(.permissionDenied):
                throw .noPermission(directory: settings.stateDirectory, "\(error)")
            case .readOnly, .slotUnreadable, .storage:
                throw .storage("the ring cannot be used: \(error)")
            }
        }
    }

    /// Both sections from a checkpoint file: its learner, and where its producers stood.
    private static func load(
        _ path: String, _ sections: SectionPair, _ storage: any Storage
    ) throws(StartError) {
        do throws(CheckpointError) {
            let checkpoint = try CheckpointReader.open(storage: storage, path: path)
            defer { checkpoint.close() }
            try checkpoint.load(
                .learner, layout: sections.learnerLayout,
                into: UnsafeMutableRawBufferPointer(
                    start: sections.learner, count: sections.learnerBytes))
            try checkpoint.load(
                .stream, layout: sections.streamLayout.section,
                into: UnsafeMutableRawBufferPointer(
                    start: sections.stream, count: sections.streamLayout.section.byteCount))
        } catch {
            throw .checkpoint("the checkpoint \(path) cannot be used: \(error)")
        }
    }

    /// Whether a daemon with this configuration can start from the checkpoint at `path`; reads all
    /// of it and changes nothing. Asked before an old state is moved and before a ring is made.
    public static func check(
        _ path: String, _ plan: DaemonPlan, _ storage: any Storage
    ) throws(StartError) {
        let layout = plan.layout.section
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: layout.byteCount, alignment: SectionLayout.alignment)
        defer { memory.deallocate() }
        do throws(CheckpointError) {
            let checkpoint = try CheckpointReader.open(storage: storage, path: path)
            defer { checkpoint.close() }
            try checkpoint.checkShapes(.learner, layout)
            try checkpoint.checkShapes(.stream, plan.streamLayout.section)
            try checkpoint.load(.learner, layout: layout, into: memory)
        } catch {
            switch error {
            case .storage(.notFound): throw .noCheckpoint(path: path)
            case .shapeDiffers, .tensorMissing, .tensorUnexpected:
                throw .checkpointDiffers(path: path, "\(error)")
            default: break
            }
            throw .checkpoint("the checkpoint \(path) cannot be used: \(error)")
        }
        if let base = memory.baseAddress { try accept(base, plan.layout, path) }
    }

    /// Moves the state aside, so that a daemon begins anew. Returns where it went, if there was
    /// any.
    public static func setAside(
        _ settings: DaemonSettings, _ storage: any Storage
    ) throws(StartError) -> String? {
        let lock = try take(settings, storage)
        defer { lock.release() }
        do throws(StorageError) {
            return try Ring.setAside(storage: storage, directory: settings.stateDirectory)
        } catch {
            if case .permissionDenied = error {
                throw .noPermission(directory: settings.stateDirectory, "\(error)")
            }
            throw .storage("the old state cannot be moved aside: \(error)")
        }
    }
}
