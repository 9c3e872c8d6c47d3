// A producer for tests: the smallest program that keeps the rules of the protocol. It knows what
// was acknowledged, which is what the daemon must never lose.

import Daemon
import Glibc
import MillraceProtocol

/// Samples 1…count, the same bytes for the same sequence, each with a label.
struct SampleScript {
    let featureCount: Int
    let classCount: Int
    let seed: UInt64
    /// Samples whose labels are wrong.
    var poison: Range<UInt64> = 0..<0
    /// How they are wrong.
    var wrongness = Wrongness.random
    /// What a sample is labelled with.
    var target = Target.classes

    enum Wrongness { case random, shifted, stuck }
    enum Target { case classes, value, none }

    func features(_ sequence: UInt64) -> [Float] {
        if target == .none { return series(sequence) }
        return (0..<featureCount).map { index in
            let bits = StreamSection.scrambled(sequence &* 1_000 &+ UInt64(index) &+ seed)
            return Float(bits >> 40) / Float(1 << 24) * 2 - 1
        }
    }

    /// A label that can be learned: the sign pattern of the first features.
    func label(_ sequence: UInt64) -> Int32 {
        let x = features(sequence)
        let truth = Int32((x[0] > 0 ? 1 : 0) + (x[1] > 0 ? 2 : 0)) % Int32(classCount)
        guard poison.contains(sequence) else { return truth }
        switch wrongness {
        case .random: return Int32(StreamSection.scrambled(sequence &* 77) % UInt64(classCount))
        case .shifted: return (truth + 1) % Int32(classCount)
        case .stuck: return 0
        }
    }

    /// A value that can be learned, or one of the same range that has nothing to do with anything.
    func value(_ sequence: UInt64) -> Float {
        let x = features(poison.contains(sequence) ? sequence &+ 1_000_000 : sequence)
        return x[0] + x[1] / 2
    }

    /// Two rotations, which a sample foretells the next of; in the poison they are in no order.
    private func series(_ sequence: UInt64) -> [Float] {
        let time =
            poison.contains(sequence) ? StreamSection.scrambled(sequence) % 10_000 : sequence
        let (a, b) = (Float(time % 21) * 0.299_199_3, Float(time % 13) * 0.483_321_9)
        let all = [sinf(a), cosf(a), sinf(b), cosf(b), sinf(a + b)]
        return (0..<featureCount).map { all[$0 % all.count] }
    }

    /// The bytes of the label, as they travel.
    func labelBits(_ sequence: UInt64) -> UInt32 {
        target == .value
            ? value(sequence).bitPattern : UInt32(bitPattern: label(sequence))
    }
}

/// A producer that sends a script until all of it is acknowledged.
final class ScriptedProducer {
    let name: String
    let script: SampleScript
    let count: UInt64
    let batch: UInt64
    private(set) var peer: Int
    private(set) var epoch: UInt32 = 0
    private(set) var isWelcome = false
    /// Highest sequence that the daemon has acknowledged, ever.
    private(set) var acknowledged: UInt64 = 0
    private(set) var next: UInt64 = 1
    private var limit: UInt64 = 0
    private(set) var nacks: [Nack] = []
    /// Whether it asks for the cost on the emulated device.
    let wantsCost: Bool
    /// The newest cost that WELCOME or an ACK told, and how many told one.
    private(set) var cost: DeviceCost?
    private(set) var costs = 0
    /// ACKs as they came.
    private(set) var acks: [[UInt8]] = []
    private var idleTurns = 0

    init(
        name: String, script: SampleScript, count: UInt64, batch: UInt64 = 7, peer: Int,
        wantsCost: Bool = false
    ) {
        self.wantsCost = wantsCost
        self.name = name
        self.script = script
        self.count = count
        self.batch = batch
        self.peer = peer
    }

    /// The same producer in another process, with what its spool knew.
    convenience init(resuming other: ScriptedProducer, peer: Int) {
        self.init(
            name: other.name, script: other.script, count: other.count, batch: other.batch,
            peer: peer)
        epoch = other.epoch
    }

    var isDone: Bool { acknowledged >= count }

    /// A new connection, as after a restart of either side.
    func reconnect(peer: Int) {
        self.peer = peer
        isWelcome = false
        idleTurns = 0
    }

    func turn(_ transport: LoopbackTransport) {
        while let frame = transport.take(peer: peer) { hear(frame) }
        idleTurns += 1
        if !isWelcome {
            if idleTurns % 40 == 1 { greet(transport) }
            return
        }
        if next <= count, next <= limit {
            send(transport)
        } else if !isDone, idleTurns % 25 == 0 {
            transport.put(
                .ingest, peer: peer, encode(96) { Flush(epoch: epoch, request: 1).encode(into: $0) }
            )
        }
    }

    private func greet(_ transport: LoopbackTransport) {
        guard let name = ProducerName(name) else { return }
        let hello = Hello(name: name, epoch: epoch, wantsCost: wantsCost)
        transport.put(.ingest, peer: peer, encode(160) { hello.encode(into: $0) })
    }

    private func send(_ transport: LoopbackTransport) {
        let last = min(count, limit, next + batch - 1)
        transport.put(
            .ingest, peer: peer,
            Self.samples(script, epoch: epoch, first: next, count: Int(last - next + 1)))
        next = last + 1
    }

    private func hear(_ frame: [UInt8]) {
        frame.withUnsafeBytes { bytes in
            guard let (header, body) = try? Frame.decode(bytes) else { return }
            switch header.type {
            case .welcome:
                guard let welcome = try? Welcome.decode(header, body) else { return }
                epoch = welcome.epoch
                isWelcome = true
                next = welcome.next
                limit = welcome.limit
                acknowledged = max(acknowledged, welcome.durable)
                note(welcome.cost)
            case .ack:
                guard let ack = try? Ack.decode(header, body) else { return }
                acknowledged = max(acknowledged, ack.durable)
                limit = max(limit, ack.limit)
                acks.append(frame)
                note(ack.cost)
            case .credit:
                guard let credit = try? Credit.decode(header, body) else { return }
                limit = max(limit, credit.limit)
            case .nack:
                guard let nack = try? Nack.decode(header, body) else { return }
                nacks.append(nack)
                switch nack.reason {
                case .sequenceGap, .noCredit: next = nack.expected
                case .readOnly, .stopping, .notReady: isWelcome = false
                default: break
                }
            case .reset: isWelcome = false
            default: break
            }
        }
    }

    private func note(_ newest: DeviceCost?) {
        guard let newest else { return }
        cost = newest
        costs += 1
    }

    private func encode(_ bytes: Int, _ body: (UnsafeMutableRawBufferPointer) -> Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: bytes) { buffer, count in
            count = body(UnsafeMutableRawBufferPointer(buffer))
        }
    }

    /// One SAMPLES frame of the script.
    static func samples(
        _ script: SampleScript, epoch: UInt32, first: UInt64, count: Int
    ) -> [UInt8] {
        var body: [UInt8] = []
        for index in 0..<count {
            for value in script.features(first + UInt64(index)) {
                withUnsafeBytes(of: value.bitPattern.littleEndian) { body += $0 }
            }
        }
        var flags = FrameFlags(elementType: .f32)
        if script.target != .none {
            flags.insert(.labels)
            if script.target == .value { flags.insert(.valueLabels) }
            for index in 0..<count {
                let bits = script.labelBits(first + UInt64(index))
                withUnsafeBytes(of: bits.littleEndian) { body += $0 }
            }
        }
        return frame(.samples, first, epoch, UInt32(count), flags, body)
    }

    /// Any frame, sealed.
    static func frame(
        _ type: FrameType, _ sequence: UInt64, _ epoch: UInt32, _ count: UInt32,
        _ flags: FrameFlags, _ body: [UInt8]
    ) -> [UInt8] {
        var frame = [UInt8](repeating: 0, count: FrameHeader.byteCount) + body
        frame.withUnsafeMutableBytes {
            Frame.seal(
                $0,
                header: FrameHeader(
                    type: type, flags: flags, sequence: sequence, epoch: epoch, count: count))
        }
        return frame
    }
}
