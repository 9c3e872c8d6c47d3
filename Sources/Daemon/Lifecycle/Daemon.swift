// The assembly: takes all memory, recovers the state, joins the three loops, and runs them on
// threads, or step by step for a test.
//
//   starting → running ⇄ readOnly → draining → drained → ended
//
// READY means: lock taken, newest intact generation loaded, first prediction finite, doors open.

import Accelerator
import Kernels
import Learning
import Messaging
import MillraceProtocol
import Platform
import Synchronization
import WeightStore

/// Where the state of a new process comes from.
public enum StateOrigin: Equatable, Sendable {
    /// The newest intact generation; a fresh state if there is none.
    case newest
    /// A checkpoint file, into an empty state directory.
    case checkpoint(path: String)
}

/// A running daemon.
public final class Daemon: @unchecked Sendable {
    /// The version in status and checkpoints.
    public static let version = "0.1.0"

    /// The kernels that this machine runs, and what that means where they are slow.
    public static var kernelText: String {
        let name = KernelSet.best.name
        return name == KernelSet.plain.name
            ? "\(name): this CPU has no fused multiply-add; the same results, much slower" : name
    }

    let network: NetworkLoop
    let learner: LearnerLoop
    let storageLoop: StorageLoop
    let progress: SharedProgress
    let channels: LoopChannels
    private let arena: Arena
    private let ring: Ring
    private let lock: StateLock
    private let storage: any Storage
    private var threads: [WorkerThread] = []
    let access: AccessLoop?
    private var accessThread: WorkerThread?
    private let connections: ConnectionGuard?
    private let report: @Sendable (DaemonEvent) -> Void

    /// Recovers the state and joins the loops; nothing runs yet.
    ///
    /// - transport: makes the doors; gets the descriptor that must end a wait.
    /// - access: decides who may come in; nil without keys and without a connection guard.
    /// - report: gets events for the log, from any loop.
    public init(
        configuration: LearnerConfiguration, settings: DaemonSettings, origin: StateOrigin,
        storage: any Storage, clock: any MonotonicClock, access: AccessLoop? = nil,
        transport: (Int32) throws(StartError) -> any Transport,
        report: @escaping @Sendable (DaemonEvent) -> Void
    ) throws(StartError) {
        let plan = DaemonPlan(configuration, settings)
        if let shortage = plan.memory.shortage { throw .doesNotFit(shortage) }
        self.storage = storage
        self.access = access
        self.report = report
        lock = try StateDirectory.take(settings, storage)
        if case .checkpoint(let path) = origin { try StateDirectory.check(path, plan, storage) }
        arena = try Self.makeArena(plan)
        let memory = DaemonMemory(plan: plan, settings: settings, arena: arena)
        arena.seal()
        let ring = Ring(
            storage: storage, directory: settings.stateDirectory, geometry: plan.geometry,
            memory: memory.ring)
        self.ring = ring
        let kernels = KernelSet.best
        let learner = OnlineLearner(
            layout: plan.layout, section: memory.sections.learner,
            workspace: memory.workspace, kernels: kernels)
        let start = try StateDirectory.recover(
            ring, memory.sections, learner, origin, settings, storage, report)
        let change = learner.stateWasReplaced()
        if let change {
            report(.deviceChanged(from: Self.text(change.before), to: Self.text(change.after)))
        }
        let predictor = Predictor(
            layout: plan.layout, workspace: memory.network.predictor, kernels: kernels)
        progress = SharedProgress(producerCapacity: settings.maximumProducers)
        channels = LoopChannels(slotCount: plan.geometry.totalSlots)
        let stream = StreamSection(layout: plan.streamLayout, base: memory.sections.stream)
        for producer in 0..<settings.maximumProducers {
            progress.setTaken(producer, stream[.position, producer])
        }
        let records = RecordQueue(
            capacity: plan.recordCapacity, shape: plan.recordShape, memory: memory.records)
        self.learner = LearnerLoop(
            learner: learner, sections: memory.sections, records: records, ring: ring,
            channels: channels, progress: progress, clock: clock,
            settings: settings, generationBytes: plan.geometry.slotBytes,
            guardian: LearnerGuard(
                settings: settings.learnerGuard, layout: plan.layout, sections: memory.sections,
                ring: ring, board: channels.guardBoard, memory: memory.guardian, kernels: kernels))
        storageLoop = StorageLoop(
            settings: settings, layout: plan.layout, storage: storage, ring: ring,
            sections: memory.sections, staging: memory.network.staging, channels: channels,
            progress: progress,
            clock: clock, report: report)
        let gate = access == nil ? nil : OpenGate(settings.gateLimits)
        let doors = try transport(channels.networkWakeUp.fileDescriptor)
        let ledger = ConnectionLedger(capacity: settings.descriptorCapacity)
        let wakeUp = channels.networkWakeUp
        connections = gate.flatMap {
            Self.makeGuard(doors, $0, ledger, wakeUp, settings, clock, report)
        }
        network = NetworkLoop(
            settings: settings, description: Self.describe(plan),
            admission: Admission(schema: plan.schema, bounds: settings.bounds, kernels: kernels),
            predictor: predictor, memory: memory.network,
            transport: doors, records: records,
            ring: ring, sections: memory.sections, channels: channels, progress: progress,
            clock: clock,
            producers: ProducerDirectory(
                stream: stream,
                allowed: settings.allowedProducers.map { Set($0.compactMap { ProducerName($0) }) }),
            ledger: ledger, access: access?.board)
        joinGuard(doors)
        try commitFirst(isNeeded: start.needsCommit || change != nil)
        try selfTest(predictor, memory, plan)
    }

    /// The newest durable generation.
    public var newestGeneration: UInt64 { ring.newestGeneration }

    /// Starts the threads.
    public func start() {
        precondition(threads.isEmpty)
        threads = [
            WorkerThread(name: "mr-network") { [network] in network.run() },
            WorkerThread(name: "mr-learner") { [learner] in learner.run() },
            WorkerThread(name: "mr-storage") { [storageLoop] in storageLoop.run() },
        ]
        guard let access else { return }
        accessThread = WorkerThread(name: "mr-access") { access.run() }
    }

    /// Asks for a clean stop: what is queued is learned, committed and acknowledged.
    public func stop() {
        progress.change(from: .running, to: .draining)
        progress.change(from: .readOnly, to: .draining)
        channels.learnerWakeUp.callAlways()
    }

    /// Whether a stop has been asked for, by `stop` or by the admin door.
    public var isStopping: Bool { progress.mode.rawValue >= ServiceMode.draining.rawValue }

    /// Whether storage fails at present.
    public var isReadOnly: Bool { progress.mode == .readOnly }

    /// Turns of network, learner, storage and access loop so far (nil without the last); a watchdog
    /// looks at whether they move.
    public var turns: (network: UInt64, learner: UInt64, storage: UInt64, access: UInt64?) {
        (
            progress.networkTurns.load(ordering: .relaxed),
            progress.learnerTurns.load(ordering: .relaxed),
            progress.storageTurns.load(ordering: .relaxed), access?.turns
        )
    }

    /// Whether everything that was decided is durable and acknowledged after a stop.
    public var isDrained: Bool {
        progress.mode == .drained && progress.openOrders.load(ordering: .acquiring) == 0
            && channels.commits.isEmpty && channels.results.isEmpty
    }

    /// Puts another table of keys in force, from any thread: from the next frame on keys that are
    /// not in it are refused, their sessions end, and their connections are shut down. Those of
    /// other keys notice nothing.
    public func replaceClients(_ clients: ClientTable) {
        guard let board = access?.board else { return }
        board.replace(clients)
        channels.networkWakeUp.callAlways()
        report(.clientsReplaced(count: clients.clients.count))
    }

    /// Ends the threads, finished or not.
    public func end() {
        progress.enter(.ended)
        channels.networkWakeUp.callAlways()
        channels.learnerWakeUp.callAlways()
        channels.storageWakeUp.callAlways()
        for thread in threads { thread.join() }
        threads = []
        // While the access thread still reads the reports, and nobody uses the doors any more.
        connections?.stopMonitors()
        access?.stop()
        accessThread?.join()
        accessThread = nil
        connections?.closeMonitors()
    }

    /// The guard of a daemon that has connections; nil over a transport without sockets.
    private static func makeGuard(
        _ doors: any Transport, _ gate: OpenGate, _ ledger: ConnectionLedger,
        _ networkWakeUp: WakeUp, _ settings: DaemonSettings, _ clock: any MonotonicClock,
        _ report: @escaping @Sendable (DaemonEvent) -> Void
    ) -> ConnectionGuard? {
        guard !doors.monitors.isEmpty else { return nil }
        let allowed = ProcessFacts.allowDescriptors(settings.descriptorCapacity)
        if allowed < settings.descriptorCapacity {
            report(.descriptorsScarce(needed: settings.descriptorCapacity, allowed: allowed))
        }
        return ConnectionGuard(
            settings: settings, gate: gate, ledger: ledger, monitors: doors.monitors, clock: clock,
            askDoors: { networkWakeUp.callAlways() },
            report: report)
    }

    /// The guard gets its turns on the access thread; without one nobody reads the reports.
    private func joinGuard(_ doors: any Transport) {
        guard let access, let connections else {
            for (_, monitor) in doors.monitors { monitor.stop() }
            return
        }
        connections.join(access.poller)
        access.connectionTurn = { connections.turn() }
    }

    private static func makeArena(_ plan: DaemonPlan) throws(StartError) -> Arena {
        do throws(MemoryRegionError) {
            return try Arena(byteCount: plan.arenaBytes)
        } catch {
            throw .noMemory(error)
        }
    }

    private static func describe(_ plan: DaemonPlan) -> ServiceDescription {
        ServiceDescription(
            version: version, configuration: plan.layout.configuration, layout: plan.layout,
            budget: plan.memory.lines.map {
                BudgetLine(owner: $0.owner, detail: $0.detail, bytes: $0.bytes)
            },
            budgetBytes: plan.memory.budgetBytes, plannedBytes: plan.memory.totalBytes)
    }

    /// `artix7 (16 digits)`
    private static func text(_ device: DeviceIdentity) -> String {
        device.digest == 0 ? "none" : "\(device.name) (\(Hexadecimal.digits(device.digest)))"
    }

    /// A state that is in no slot yet becomes a durable generation before any door opens.
    private func commitFirst(isNeeded: Bool) throws(StartError) {
        if isNeeded {
            learner.requestCommit()
            _ = learner.turn()
            _ = storageLoop.turn()
        }
        _ = network.turn()
        network.pinNewest()
        guard network.pin != nil else {
            throw .storage("the first generation could not be made durable; see the disk's state")
        }
    }

    private func selfTest(
        _ predictor: Predictor, _ memory: DaemonMemory, _ plan: DaemonPlan
    ) throws(StartError) {
        guard let pin = network.pin else { return }
        let bytes = plan.schema.featureCount * plan.schema.elementType.bytes
        let sample = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: 64)
        defer { sample.deallocate() }
        sample.initializeMemory(as: UInt8.self, repeating: 0)
        guard let base = sample.baseAddress else { return }
        let outputs = memory.network.outputs
        _ = predictor.predict(
            section: UnsafeRawPointer(ring.learnerMemory(pin.slot)),
            features: UnsafeRawPointer(base), outputs: outputs)
        for index in 0..<plan.schema.outputCount where !outputs[index].isFinite {
            throw .selfTestFailed(generation: pin.generation)
        }
    }
}

extension Daemon {
    /// One turn of the network loop; for tests that run everything in one thread.
    package func stepNetwork() -> Bool { network.turn() }

    /// One turn of the learner loop.
    package func stepLearner() -> Bool { learner.turn() }

    /// The live learner section, for tests that damage it as a fault in memory would.
    package var liveSection: UnsafeMutableRawPointer { network.sections.learner }

    /// Where everything lies in `liveSection`.
    package var liveLayout: LearnerLayout { network.description.layout }

    /// One turn of the storage loop.
    package func stepStorage() -> Bool { storageLoop.turn() }

    /// How far the ingest door has taken row `row` of the producer table in, durable or not: its
    /// newest epoch and highest sequence; of a free row the epoch that stayed, and 0. Between turns of
    /// the network loop, or within one before the next frame is received.
    package func accepted(row: Int) -> (epoch: UInt32, sequence: UInt64) {
        let producers = network.producers
        return (producers.epochs[row], producers.rows[row]?.accepted ?? 0)
    }

    /// The name in row `row` of the producer table; nil while the row is free.
    package func producerName(row: Int) -> String? { network.producers.rows[row]?.name.text }
}
