// Those who ask and those who steer: a client of the query door, and an operator at the admin door.
// Every reply is written into the ledger, and every promise in it is kept in mind.

import Arithmetic
import Daemon
import MillraceProtocol

/// Asks for predictions, status and lists, and now and then talks nonsense.
final class SimulatedClient {
    static let questions = 3
    private let samples: SampleScript
    private var peer: Int
    private var request: UInt64 = 0
    private(set) var answers = 0

    init(samples: SampleScript, peer: Int) {
        self.samples = samples
        self.peer = peer
    }

    func reconnect(peer: Int) { self.peer = peer }

    func turn(_ world: SimulatedWorld, _ generator: inout SplitMix64) {
        let transport = world.rig.transport
        while let frame = transport.take(peer: peer) { hear(frame, world) }
        guard generator.next() % 24 == 0 else { return }
        switch generator.next() % 8 {
        case 0: transport.put(.query, peer: peer, SimulatedProducer.garbage(&generator))
        case 1: ask(.init(command: .status), transport)
        case 2: ask(.init(command: .generations), transport)
        case 3:
            // Only the admin door may do this.
            ask(.init(command: .rollback, generation: 1), transport)
        default: predict(Int(generator.next() % UInt64(Self.questions)), transport)
        }
    }

    private func ask(_ request: ControlRequest, _ transport: LoopbackTransport) {
        guard let json = try? ControlCodec.encode(request) else { return }
        transport.put(.query, peer: peer, ScriptedProducer.frame(.request, 1000, 0, 0, [], json))
    }

    private func predict(_ sample: Int, _ transport: LoopbackTransport) {
        var body: [UInt8] = []
        for value in samples.features(UInt64(sample) + 1) {
            withUnsafeBytes(of: value.bitPattern.littleEndian) { body += $0 }
        }
        transport.put(
            .query, peer: peer,
            ScriptedProducer.frame(
                .predict, UInt64(sample), 0, 1, FrameFlags(elementType: .f32), body))
    }

    private func hear(_ frame: [UInt8], _ world: SimulatedWorld) {
        frame.withUnsafeBytes { bytes in
            guard let (header, body) = try? Frame.decode(bytes) else { return }
            if let view = try? PredictionView(header, body) {
                answers += 1
                let bits = (0..<view.outputCount).map { view.output(0, $0).bitPattern }
                world.ledger.predicted(view.generation, sample: Int(view.request), bits: bits)
            } else if let status = try? ControlCodec.decodeReply(StatusReply.self, body) {
                world.ledger.named(status.generation, digest: status.stateDigest)
            } else if let list = try? ControlCodec.decodeReply(GenerationsReply.self, body) {
                for entry in list.generations where entry.state == "durable" {
                    world.ledger.named(entry.generation, digest: entry.stateDigest)
                }
            }
        }
    }
}

/// An operator who does whatever comes to mind.
final class SimulatedOperator {
    /// Checkpoints that were said to be saved, with the generation inside.
    private(set) var saved: [String: UInt64] = [:]
    /// Whether a state was restored, so that the order of samples no longer decides the weights.
    private(set) var hasRestored = false
    private let habits: Set<Int>
    private let peer = 950

    /// - restores: whether he ever restores anything.
    init(restores: Bool) { habits = restores ? [0, 1, 2, 3, 4] : [1, 3, 4] }

    /// The owner began anew; files stay.
    func beginAnew() {
        hasRestored = false
        saved = [:]
    }

    func turn(_ world: SimulatedWorld, _ generator: inout SplitMix64) {
        let transport = world.rig.transport
        while let frame = transport.take(peer: peer) { hear(frame, world) }
        guard generator.next() % 96 == 0, let newest = world.rig.daemon?.newestGeneration else {
            return
        }
        let generation = newest - min(newest - min(newest, 1), generator.next() % 4)
        let name = generator.next() % 2 == 0 ? "a" : "b"
        let habit = Int(generator.next() % 6)
        guard habits.contains(habit) else {
            return transport.put(.admin, peer: peer, SimulatedProducer.garbage(&generator))
        }
        let request =
            switch habit {
            case 0: ControlRequest(command: .rollback, generation: generation)
            case 1: ControlRequest(command: .checkpointSave, name: name)
            case 2: ControlRequest(command: .checkpointRestore, name: name)
            case 3: ControlRequest(command: .hold, generation: generation)
            default: ControlRequest(command: .checkpoints)
            }
        // From here on the file may be the old one or the new one.
        if habit == 1 { saved[name] = nil }
        if habit == 0 || habit == 2 { hasRestored = true }
        guard let json = try? ControlCodec.encode(request) else { return }
        transport.put(.admin, peer: peer, ScriptedProducer.frame(.request, 5, 0, 0, [], json))
    }

    private func hear(_ frame: [UInt8], _ world: SimulatedWorld) {
        frame.withUnsafeBytes { bytes in
            guard let (_, body) = try? Frame.decode(bytes) else { return }
            if let reply = try? ControlCodec.decodeReply(RollbackReply.self, body) {
                world.ledger.named(reply.generation, digest: reply.stateDigest)
            } else if let reply = try? ControlCodec.decodeReply(CheckpointReply.self, body) {
                let entry = reply.checkpoint
                world.ledger.named(entry.generation, digest: entry.stateDigest)
                saved[entry.name] = entry.generation
            }
        }
    }
}
