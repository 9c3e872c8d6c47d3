// A producer that keeps the promise of the protocol (nothing is forgotten before it is
// acknowledged) and does everything else that a bad network, a bad program or a bad day can do:
// frames that are lost, repeated, swapped, damaged, of another epoch or of the future, connections
// that vanish or freeze, and a spool that is lost for good.

import Arithmetic
import Daemon
import MillraceProtocol

/// One producer.
final class SimulatedProducer: CustomStringConvertible {
    let script: SimulatedScript
    let count: UInt64
    private(set) var peer: Int
    private(set) var epoch: UInt32 = 0
    /// The highest number that it was told is durable, in this epoch.
    private(set) var acknowledged: UInt64 = 0
    /// The highest number that it ever put into a frame of this epoch.
    private(set) var sent: UInt64 = 0
    /// A promise that the daemon made to it and cannot have meant.
    private(set) var complaint: String?
    private var isWelcome = false
    private var next: UInt64 = 1
    private var limit: UInt64 = 0
    private var turns = 0
    private var silence = 0
    private var losesSpool: Bool
    private var lastRefusal: RefusalReason?

    /// - losesSpool: whether it asks for a new epoch in the middle, once.
    init(script: SimulatedScript, count: UInt64, peer: Int, losesSpool: Bool) {
        self.script = script
        self.count = count
        self.peer = peer
        self.losesSpool = losesSpool
    }

    var isDone: Bool { acknowledged >= count }

    var description: String {
        "\(script.name) at \(peer)\(isWelcome ? "" : ", not welcome"), epoch \(epoch), "
            + "acknowledged \(acknowledged) of \(count), next \(next), limit \(limit)"
            + (lastRefusal.map { ", refused: \($0)" } ?? "")
    }

    /// A new connection.
    func reconnect(peer: Int) {
        self.peer = peer
        isWelcome = false
        turns = 0
    }

    /// Begins again: the daemon has lost, by its owner's will, what this producer knows.
    func forget() {
        epoch = 0
        acknowledged = 0
        sent = 0
        next = 1
        isWelcome = false
    }

    /// The owner went back to a state in which only so much is durable.
    func lower(to durable: UInt64) { acknowledged = min(acknowledged, durable) }

    func turn(_ world: SimulatedWorld, _ generator: inout SplitMix64) {
        let transport = world.rig.transport
        if transport.frozen.contains(peer) {
            if generator.next() % 64 == 0 { transport.frozen.remove(peer) }
            return
        }
        while let frame = transport.take(peer: peer) { hear(frame, world) }
        turns += 1
        silence += 1
        if losesSpool, acknowledged > count / 2, isWelcome {
            losesSpool = false
            forget()
            return reconnect(peer: world.newPeer())
        }
        guard isWelcome else {
            if turns % 30 == 1 { transport.put(.ingest, peer: peer, script.hello(epoch: epoch)) }
            return
        }
        if generator.next() % 24 == 0 {
            misbehave(world, transport, &generator)
        } else if next <= count, next <= limit {
            send(transport, &generator)
        } else if !isDone, silence % 20 == 0 {
            transport.put(
                .ingest, peer: peer, ScriptedProducer.frame(.flush, 1, epoch, 0, [], []))
            // The last frames may be lost, and no gap tells.
            if silence % 100 == 0 { isWelcome = false }
        }
    }

    private func frame(
        from first: UInt64, _ generator: inout SplitMix64
    ) -> (bytes: [UInt8], last: UInt64) {
        let most = min(count &- first &+ 1, 1 + generator.next() % 5)
        let run = script.run(from: first, atMost: max(1, min(most, limit &- first &+ 1)))
        sent = max(sent, first + run - 1)
        return (script.frame(epoch: epoch, first: first, count: run), first + run - 1)
    }

    private func send(_ transport: LoopbackTransport, _ generator: inout SplitMix64) {
        let (bytes, last) = frame(from: next, &generator)
        transport.put(.ingest, peer: peer, bytes)
        next = last + 1
    }

    private func misbehave(
        _ world: SimulatedWorld, _ transport: LoopbackTransport, _ generator: inout SplitMix64
    ) {
        let canSend = next <= count && next <= limit
        switch generator.next() % 10 {
        case 0 where canSend:
            next = frame(from: next, &generator).last + 1  // Lost on its way.
        case 1 where canSend:
            let first = frame(from: next, &generator)
            transport.put(.ingest, peer: peer, first.bytes)
            transport.put(.ingest, peer: peer, first.bytes)
            next = first.last + 1
        case 2 where canSend && next < count && next < limit:
            let first = frame(from: next, &generator)
            guard first.last < min(count, limit) else { break }
            let second = frame(from: first.last + 1, &generator)
            transport.put(.ingest, peer: peer, second.bytes)
            transport.put(.ingest, peer: peer, first.bytes)
            next = second.last + 1
        case 3 where next > 1:
            // From somewhere before, so that a part of it is new and a part is not.
            let first = next - min(next - 1, 1 + generator.next() % 9)
            let again = frame(from: first, &generator)
            transport.put(.ingest, peer: peer, again.bytes)
            next = max(next, again.last + 1)
        case 4:
            transport.put(.ingest, peer: peer, Self.garbage(&generator))
        case 5 where canSend:
            var bytes = frame(from: next, &generator).bytes
            bytes[Int(generator.next() % UInt64(bytes.count))] ^= 1 << UInt8(generator.next() % 8)
            transport.put(.ingest, peer: peer, bytes)
        case 6:
            let other = generator.next() % 2 == 0 ? epoch &+ 1 : epoch &- 1
            transport.put(
                .ingest, peer: peer, script.frame(epoch: other, first: next, count: 1))
        case 7:
            // The connection breaks; what it sent may still come, after the new one's greeting.
            transport.gone.insert(peer)
            let old = peer
            reconnect(peer: world.newPeer())
            if canSend, generator.next() % 2 == 0 {
                transport.put(.ingest, peer: peer, script.hello(epoch: epoch))
                transport.put(.ingest, peer: old, frame(from: next, &generator).bytes)
            }
        case 8: transport.frozen.insert(peer)
        default:
            transport.put(
                .ingest, peer: peer, ScriptedProducer.frame(.flush, 2, epoch, 0, [], []))
        }
    }

    /// Bytes that are no frame, or hardly one.
    static func garbage(_ generator: inout SplitMix64) -> [UInt8] {
        var bytes = (0..<(generator.next() % 90)).map { _ in
            UInt8(truncatingIfNeeded: generator.next())
        }
        if bytes.count > 8, generator.next() % 2 == 0 {
            bytes.replaceSubrange(0..<4, with: Array("MLR1".utf8))
        }
        return bytes
    }

    private func hear(_ frame: [UInt8], _ world: SimulatedWorld) {
        frame.withUnsafeBytes { bytes in
            guard let (header, body) = try? Frame.decode(bytes) else {
                complaint = "a reply that cannot be decoded"
                return
            }
            if let welcome = try? Welcome.decode(header, body) {
                guard welcome.epoch >= epoch else { return }
                if welcome.epoch > epoch {
                    // Two greetings asked for an epoch, and the second answer counts; nothing can
                    // have been taken in the first.
                    if acknowledged > 0 { complaint = "epoch \(epoch) was taken away" }
                    (acknowledged, sent) = (0, 0)
                }
                (epoch, next, limit) = (welcome.epoch, welcome.next, welcome.limit)
                sent = max(sent, next - 1)
                world.ledger.named(welcome.generation)
                note(durable: welcome.durable)
                isWelcome = true
            } else if let ack = try? Ack.decode(header, body), ack.epoch == epoch {
                limit = max(limit, ack.limit)
                world.ledger.named(ack.generation)
                note(durable: ack.durable)
            } else if let credit = try? Credit.decode(header, body) {
                if credit.epoch == epoch { limit = max(limit, credit.limit) }
            } else if let nack = try? Nack.decode(header, body) {
                hear(nack)
            } else if header.type == .reset {
                isWelcome = false
            }
        }
    }

    private func hear(_ nack: Nack) {
        lastRefusal = nack.reason
        switch nack.reason {
        case .sequenceGap, .noCredit: if nack.epoch == epoch { next = nack.expected }
        case .readOnly, .notReady, .stopping: isWelcome = false
        default: break
        }
    }

    private func note(durable: UInt64) {
        if durable > sent { complaint = "\(durable) acknowledged, \(sent) ever sent" }
        if durable > acknowledged { silence = 0 }
        acknowledged = max(acknowledged, durable)
    }
}
