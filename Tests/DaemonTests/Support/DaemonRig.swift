// A daemon, its disk and its producers in one thread: turns are taken in an order that a seed
// draws, and the process can die between any two of them.

import Accelerator
import Arithmetic
import Daemon
import Glibc
import Learning
import Messaging
import MillraceProtocol
import Platform
import Simulation
import Synchronization
import WeightStore

/// One daemon after another over the same storage.
final class DaemonRig {
    let storage: any Storage
    var configuration: LearnerConfiguration
    var settings: DaemonSettings
    /// Who may come in; nil in a daemon without keys.
    var access: AccessLoop?
    let clock = ManualClock(nowNanoseconds: 1_000_000_000)
    private(set) var transport = LoopbackTransport()
    private(set) var daemon: Daemon?
    /// What the daemons reported so far.
    let events = EventLog()

    init(
        storage: any Storage, directory: String, classCount: Int = 3, featureCount: Int = 5,
        pendingCapacity: Int = 0, producers: Int = 3, commitSequences: UInt64 = 40,
        isPipelined: Bool = false,
        device: DeviceDescription? = nil
    ) {
        self.storage = storage
        configuration = LearnerConfiguration(
            featureCount: featureCount, elementType: .f32,
            normaliser: .running(clip: 8, horizon: 0),
            task: .classification(classCount: classCount), hidden: [6], hiddenActivation: .relu,
            outputActivation: .softmax, loss: .crossEntropy, initialisation: .heUniform, seed: 7,
            learningRate: 0.05, pendingCapacity: pendingCapacity, producerCapacity: producers,
            schedule: isPipelined ? .pipeline : .sequential,
            device: device)
        settings = DaemonSettings(stateDirectory: directory, endpoints: [[], [], []])
        settings.maximumProducers = producers
        settings.maximumPeers = 4
        settings.queueSamples = 96 * producers + 4 * settings.maximumPeers
        settings.maximumMessageBytes = 8 * 1024
        settings.commit = CommitPolicy(
            sequences: commitSequences, intervalNanoseconds: 50_000_000)
    }

    /// A new process over what is on the disk.
    func boot(origin: StateOrigin = .newest) throws(StartError) {
        let transport = LoopbackTransport()
        self.transport = transport
        daemon = try Daemon(
            configuration: configuration, settings: settings, origin: origin, storage: storage,
            clock: clock, access: access, transport: { _ throws(StartError) in transport },
            report: { [events] in events.add($0) })
    }

    /// The process dies: everything in memory is gone.
    func kill() { daemon = nil }

    /// One turn of one loop, drawn from `generator`.
    func turn(_ generator: inout SplitMix64) {
        guard let daemon else { return }
        switch generator.next() % 3 {
        case 0: _ = daemon.stepNetwork()
        case 1: _ = daemon.stepLearner()
        default: _ = daemon.stepStorage()
        }
        if generator.next() % 8 == 0 { clock.advance(milliseconds: 3) }
    }

    /// Turns of all loops until `isDone`, at most `turns`.
    func run(turns: Int = 20_000, until isDone: () -> Bool) {
        for _ in 0..<turns {
            guard let daemon, !isDone() else { return }
            _ = daemon.stepNetwork()
            _ = daemon.stepLearner()
            _ = daemon.stepStorage()
            clock.advance(milliseconds: 1)
        }
    }

    /// Status as a client would get it.
    func status() -> StatusReply? {
        ask(ControlRequest(command: .status), door: .query, StatusReply.self)
    }

    /// The same, asked over ipc at a door that has keys.
    func localStatus() -> StatusReply? {
        ask(
            ControlRequest(command: .status), door: .query, StatusReply.self,
            origin: FrameOrigin(isLocal: true))
    }

    /// A control request and its reply.
    func ask<Reply: ControlReply>(
        _ request: ControlRequest, door: Door, _ type: Reply.Type,
        origin: FrameOrigin = FrameOrigin()
    ) -> Reply? {
        try? answer(request, door: door, type, origin: origin).get()
    }

    /// The same with what was said against it; `malformed` without a reply after `turns` of all
    /// loops and `networkTurns` of the network's before them.
    func answer<Reply: ControlReply>(
        _ request: ControlRequest, door: Door, _ type: Reply.Type,
        origin: FrameOrigin = FrameOrigin(), turns: Int = 400, networkTurns: Int = 0
    ) -> Result<Reply, ControlError> {
        guard let json = try? ControlCodec.encode(request) else { return .failure(.malformed("")) }
        transport.put(
            door, peer: 900, origin: origin, ScriptedProducer.frame(.request, 5, 0, 0, [], json))
        for _ in 0..<networkTurns { _ = daemon?.stepNetwork() }
        var found = transport.take(peer: 900)
        run(turns: turns) {
            found = found ?? transport.take(peer: 900)
            return found != nil
        }
        return (found ?? []).withUnsafeBytes { bytes in
            guard let (_, body) = try? Frame.decode(bytes) else {
                return .failure(.malformed("no frame"))
            }
            return Result { () throws(ControlError) in
                try ControlCodec.decodeReply(type, body)
            }
        }
    }
}

/// Events of daemons, from any of their loops.
final class EventLog: Sendable {
    private let events = Mutex<[DaemonEvent]>([])

    func add(_ event: DaemonEvent) { events.withLock { $0.append(event) } }

    var all: [DaemonEvent] { events.withLock { $0 } }
}

/// A directory that is removed at the end of a test.
final class ScratchDirectory {
    let path: String
    init() {
        var template = Array("/tmp/millrace-test-XXXXXX".utf8CString)
        _ = mkdtemp(&template)
        path = template.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { String(cString: $0) } ?? ""
        }
    }
    deinit {
        guard path.hasPrefix("/tmp/millrace-test-") else { return }
        let storage = LinuxStorage()
        for folder in [path + "/checkpoints", path] {
            for name in (try? storage.list(folder)) ?? [] {
                try? storage.remove(folder + "/" + name)
            }
            rmdir(folder)
        }
    }
}
