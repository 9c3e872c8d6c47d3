// A daemon in memory, as MILLRACE.md describes it and as small as that allows, which can lose
// frames, repeat them, cut connections and be killed: everything that was not committed is gone.
//
// Invariants that it checks itself: a number is decided once per epoch in the surviving history;
// the sample with a number is always the same sample. `applied` is what a crash leaves.

import Client
import MillraceProtocol
import Simulation

extension SeededGenerator {
    /// True `permille` times in 1,000.
    mutating func chance(_ permille: UInt64) -> Bool { next() % 1000 < permille }
}

/// What can happen between the two.
struct Weather {
    /// Chances in 1,000 per frame.
    var lossPermille: UInt64 = 0
    var repeatPermille: UInt64 = 0
    /// Chance in 1,000 per turn that the daemon is killed.
    var killPermille: UInt64 = 0
    /// Chance in 1,000 per turn of a commit.
    var commitPermille: UInt64 = 200
}

/// The daemon and the path to it.
final class ScriptedDaemon: FrameTransport {
    struct Producer {
        var epoch: UInt32 = 0
        var decided: [[UInt8]?] = []  // Index = number − 1; nil = skipped or refused.
        var labels: [UInt64: Int32] = [:]
    }

    let schema: WireSchema
    var weather: Weather
    var generator: SeededGenerator
    /// Values of the first feature that are refused.
    var poison: Float?
    var window = 64
    var maxBatch: UInt32 = 16
    /// Clocks that a decided number costs on an emulated device; nil: there is none.
    var clocksPerNumber: UInt64?
    /// What lives in memory, and what a kill leaves.
    private(set) var live = Producer()
    private(set) var durable = Producer()
    private(set) var generation: UInt64 = 1
    private(set) var kills = 0
    private(set) var flushes = 0
    /// Numbers whose frame gets lost, once.
    var losing: Set<UInt64> = []
    private(set) var trouble: [String] = []
    var isDown = false
    /// Numbers that were learned before, by somebody else.
    var costBase: UInt64 = 0
    private var hasSession = false
    private var wantsCost = false
    private var toldLimit: UInt64 = 0
    private var toDaemon: [[UInt8]] = []
    private var toClient: [[UInt8]] = []

    init(schema: WireSchema, seed: UInt64, weather: Weather = Weather()) {
        self.schema = schema
        self.weather = weather
        generator = SeededGenerator(seed: seed)
    }

    // The client's side.

    func send(_ frame: UnsafeRawBufferPointer) throws(ClientError) -> Bool {
        guard !isDown, toDaemon.count < 32 else { return false }
        guard !generator.chance(weather.lossPermille), !isLost(frame) else { return true }
        toDaemon.append(Array(frame))
        // ZeroMQ never repeats a frame; repeated data frames stand for a peer that resends too
        // much. A repeated HELLO would open an epoch that nobody asked for.
        let isHello = frame.count > 5 && frame[5] == FrameType.hello.rawValue
        if !isHello, generator.chance(weather.repeatPermille) { toDaemon.append(Array(frame)) }
        return true
    }

    private func isLost(_ frame: UnsafeRawBufferPointer) -> Bool {
        guard let (header, _) = try? Frame.decode(frame), header.type == .samples else {
            return false
        }
        let numbers = header.sequence..<(header.sequence + UInt64(header.count))
        let hit = losing.filter { numbers.contains($0) }
        losing.subtract(hit)
        return !hit.isEmpty
    }

    func receive(into memory: UnsafeMutableRawBufferPointer) throws(ClientError) -> Int? {
        guard !toClient.isEmpty else { return nil }
        let frame = toClient.removeFirst()
        memory.copyBytes(from: frame)
        return frame.count
    }

    func wait(milliseconds: Int) {}

    /// Says that numbers are refused.
    func refuse(_ reason: RefusalReason, first: UInt64, count: UInt32) {
        let nack = Nack(
            epoch: live.epoch, expected: next, reason: reason, count: count, first: first)
        reply { nack.encode(into: $0) }
    }

    /// The client's process has ended: the daemon takes some of what it had sent, then the
    /// connection is gone, and nobody hears the answers.
    func hangUp() {
        while !toDaemon.isEmpty, !isDown, generator.chance(800) { take(toDaemon.removeFirst()) }
        toDaemon = []
        toClient = []
        hasSession = false
    }

    // The daemon's side.

    /// Takes some frames; now and then commits or dies.
    func turn() {
        if isDown {
            isDown = !generator.chance(300)
            return
        }
        for _ in 0..<Int(generator.next() % 6) where !toDaemon.isEmpty {
            take(toDaemon.removeFirst())
        }
        if generator.chance(weather.commitPermille) { commit() }
        if generator.chance(weather.killPermille) { kill() }
    }

    /// Ends at once: memory, sessions and everything on the way are gone.
    func kill() {
        kills += 1
        live = durable
        hasSession = false
        toDaemon = []
        // What the dead daemon had put on the way may still arrive, or not.
        toClient.removeLast(Int(generator.next() % UInt64(toClient.count + 1)))
        isDown = true
    }

    /// Makes everything durable and says so.
    func commit() {
        durable = live
        generation += 1
        if hasSession { sendAck() }
    }

    private var next: UInt64 { UInt64(live.decided.count) + 1 }
    private var limit: UInt64 { next - 1 + UInt64(window) }

    private func take(_ frame: [UInt8]) {
        frame.withUnsafeBytes { bytes in
            do throws(FrameError) {
                let (header, body) = try Frame.decode(bytes)
                if header.type == .hello { return try greet(Hello.decode(header, body)) }
                guard hasSession else { return reply { Reset().encode(into: $0) } }
                guard header.epoch == live.epoch else { throw FrameError(.fenced) }
                try session(header, body)
            } catch {
                nack(error.reason)
            }
        }
    }

    private func greet(_ hello: Hello) throws(FrameError) {
        if hello.epoch == 0 {
            live = Producer(epoch: live.epoch + 1)
            commitSilently()
        } else if hello.epoch != live.epoch {
            throw FrameError(hello.epoch < live.epoch ? .fenced : .unknownEpoch)
        }
        hasSession = true
        wantsCost = hello.wantsCost
        toldLimit = limit
        let welcome = Welcome(
            epoch: live.epoch, next: next, durable: UInt64(durable.decided.count), limit: limit,
            generation: generation, schema: schema, maxBatch: maxBatch, cost: cost)
        reply { welcome.encode(into: $0) }
    }

    /// What everything durable cost, in all epochs before and in this one.
    private var cost: DeviceCost? {
        guard wantsCost, let clocksPerNumber else { return nil }
        let clocks = clocksPerNumber * (costBase + UInt64(durable.decided.count))
        return DeviceCost(
            clocks: clocks, nanoseconds: 10 * clocks, accesses: 2 * clocks, energy: 3 * clocks)
    }

    private func commitSilently() {
        durable = live
        generation += 1
    }

    private func session(
        _ header: FrameHeader, _ body: UnsafeRawBufferPointer
    ) throws(FrameError) {
        switch header.type {
        case .samples:
            let view = try SamplesView(header, body, schema: schema, maxBatch: maxBatch)
            guard let skip = new(view.sequence, UInt64(view.count)) else { return }
            for index in skip..<view.count { decide(view, index) }
        case .skip:
            let frame = try Skip.decode(header, body)
            guard let skip = new(frame.first, UInt64(frame.count)) else { return }
            for _ in skip..<Int(frame.count) { live.decided.append(nil) }
        case .labels:
            let view = try LabelsView(header, body, schema: schema, maxBatch: maxBatch)
            guard let skip = new(view.sequence, UInt64(view.count)) else { return }
            for index in skip..<view.count {
                live.labels[view.sample(index)] = view.classLabel(index)
                live.decided.append(nil)
            }
        case .flush:
            flushes += 1
            commit()
        default: throw FrameError(.unknownType)
        }
        if toldLimit < next - 1 + UInt64(window) / 2 {
            toldLimit = limit
            let credit = Credit(epoch: live.epoch, next: next, limit: limit)
            reply { credit.encode(into: $0) }
        }
    }

    /// How many of the frame's numbers are old, or nil when none is taken.
    private func new(_ first: UInt64, _ count: UInt64) -> Int? {
        if first > next {
            nack(.sequenceGap)
            return nil
        }
        if first + count - 1 > limit {
            trouble.append("sent \(first)…\(first + count - 1) beyond \(limit)")
            nack(.noCredit)
            return nil
        }
        let old = min(next - first, count)
        guard old < count else {
            sendAck()
            return nil
        }
        return Int(old)
    }

    private func decide(_ view: SamplesView, _ index: Int) {
        let row = Array(view.features(index))
        let value = view.features(index).loadUnaligned(as: Float.self)
        if value == poison {
            live.decided.append(nil)
            let refused = Nack(
                epoch: live.epoch, expected: next, reason: .outOfBounds, count: 1,
                first: next - 1)
            reply { refused.encode(into: $0) }
        } else {
            live.decided.append(row)
        }
    }

    private func sendAck() {
        toldLimit = limit
        let ack = Ack(
            epoch: live.epoch, durable: UInt64(durable.decided.count), limit: limit,
            generation: generation, cost: cost)
        reply { ack.encode(into: $0) }
    }

    private func nack(_ reason: RefusalReason) {
        let nack = Nack(
            epoch: hasSession ? live.epoch : 0, expected: hasSession ? next : 0, reason: reason)
        reply { nack.encode(into: $0) }
    }

    private func reply(_ encode: (UnsafeMutableRawBufferPointer) -> Int) {
        var memory = [UInt8](repeating: 0, count: 512)
        let count = memory.withUnsafeMutableBytes(encode)
        guard !generator.chance(weather.lossPermille) else { return }
        toClient.append(Array(memory[..<count]))
        if generator.chance(weather.repeatPermille) { toClient.append(Array(memory[..<count])) }
    }
}
