// Producers that come for a few samples and do not come back: each takes a row of the table, and the
// operator gives the row to the next one. What was said to be forgotten stays so.

import Arithmetic
import Daemon
import MillraceProtocol

/// The guests of one history, one at a time.
struct SimulatedGuests {
    static let most = 3

    private(set) var current: SimulatedProducer?
    /// Names that a reply said to be forgotten.
    private(set) var forgotten: [String] = []
    /// The name that was last asked to be forgotten; a crash decides whether it is.
    private(set) var asked: String?
    private var count = 0
    private static let peer = 951

    mutating func turn(_ world: SimulatedWorld, _ generator: inout SplitMix64) {
        while let frame = world.rig.transport.take(peer: Self.peer) { hear(frame) }
        if current == nil, count < Self.most {
            count += 1
            current = SimulatedProducer(
                script: world.plan.guestScript(count), count: 4 + generator.next() % 6,
                peer: world.newPeer(), losesSpool: false)
        }
        guard let current else { return }
        // Who is done is silent.
        guard current.isDone else { return current.turn(world, &generator) }
        guard generator.next() % 48 == 0 else { return }
        asked = current.script.name
        let request = ControlRequest(command: .forget, name: current.script.name)
        guard let json = try? ControlCodec.encode(request) else { return }
        world.rig.transport.put(
            .admin, peer: Self.peer, ScriptedProducer.frame(.request, 7, 0, 0, [], json))
    }

    func reconnect(_ world: SimulatedWorld) {
        if let current, !current.isDone { current.reconnect(peer: world.newPeer()) }
    }

    /// The owner went back to another state: whom it knows is known again.
    mutating func beginAnew() {
        forgotten = []
        asked = nil
    }

    private mutating func hear(_ frame: [UInt8]) {
        frame.withUnsafeBytes { bytes in
            guard let (_, body) = try? Frame.decode(bytes) else { return }
            do throws(ControlError) {
                leave(try ControlCodec.decodeReply(ForgetReply.self, body).forgotten)
            } catch {
                // Forgotten, and the reply was lost with the process.
                if case .refused(.notFound, _) = error, let asked { leave(asked) }
            }
        }
    }

    private mutating func leave(_ name: String) {
        if !forgotten.contains(name) { forgotten.append(name) }
        if current?.script.name == name { current = nil }
    }
}
