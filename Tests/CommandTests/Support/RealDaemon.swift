// A real millraced in a directory of its own, and a raw producer that speaks to it over ZeroMQ.

import Glibc
import Messaging
import MillraceProtocol
import Testing

/// A running daemon.
final class RealDaemon {
    let place: Workplace
    private(set) var process: ChildProcess?
    private let environment: [String: String]
    let configurationPath: String

    static let morse = """
        [input]
        features = 64
        type = "i16"
        scale = 0.001
        normalise = "running"
        [output]
        task = "classification"
        classes = 64
        [network]
        hidden = [32]
        [learning]
        rate = 0.05
        [commit]
        samples = 2000
        interval-milliseconds = 50
        [memory]
        budget = "128MiB"
        [daemon]
        queue = 8192
        max-producers = 4
        """

    init(configuration: String = morse, environment: [String: String] = [:]) {
        place = Workplace()
        self.environment = environment
        configurationPath = place.write("millrace.toml", configuration)
    }

    var state: String { "\(place.path)/state" }
    func endpoint(_ door: String) -> String { "ipc://\(state)/\(door).sock" }

    /// Starts it; returns whether it accepts connections within twenty seconds.
    /// - descriptors: so many it may open
    func start(_ arguments: [String] = [], descriptors: Int? = nil) -> Bool {
        let before = starts
        let words =
            [Build.path("millraced"), "--config", configurationPath, "--state", state] + arguments
        let limited = descriptors.map { ["-c", "ulimit -n \($0); exec \"$@\"", "sh"] + words }
        process = ChildProcess(
            limited == nil ? words[0] : "/bin/sh", limited ?? Array(words.dropFirst()),
            environment: environment, output: "\(place.path)/log")
        for _ in 0..<2_000 {
            if starts > before { return true }
            usleep(10_000)
        }
        Issue.record("millraced did not start: \(place.read("log"))")
        return false
    }

    /// How often it has started in this place.
    private var starts: Int {
        place.read("log").split(separator: "\n").count { $0.contains("event=started") }
    }

    /// Kills it at once, as a power cut would; nothing is flushed.
    func kill(_ signal: Int32 = SIGKILL) {
        process?.send(signal)
        #expect(process?.wait(seconds: 10) == 128 + signal)
    }

    /// Ends it with SIGTERM; its exit code.
    func stop() -> Int32? {
        process?.send(SIGTERM)
        return process?.wait(seconds: 20)
    }
}

/// A producer that counts, over a real socket.
final class RawProducer {
    private let context: MessagingContext
    private let socket: Socket
    private let poller = Poller()
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 64)
    private(set) var epoch: UInt32 = 0
    private(set) var limit: UInt64 = 0
    private(set) var durable: UInt64 = 0
    private(set) var next: UInt64 = 1
    private(set) var nacks = 0
    /// The newest NACK.
    private(set) var lastNack: Nack?
    /// RESET frames that came.
    private(set) var resets = 0
    /// Frames that libzmq took to send.
    private(set) var sent = 0
    /// The newest cost that an ACK told.
    private(set) var cost: DeviceCost?
    private var isWelcome = false
    /// Whether the daemon's task has classes.
    private var isLabelled = true

    init(_ endpoint: String, keys: CurveClient? = nil) throws(MessagingError) {
        context = try MessagingContext()
        socket = try Socket(context, .dealer)
        if let keys { try socket.use(keys) }
        try socket.connect(endpoint)
        poller.add(socket)
    }

    deinit {
        socket.close()
        buffer.deallocate()
    }

    /// Greets; true when welcome came within `seconds`, to which sending may add as much again.
    /// - wantsCost: asks for the cost on the emulated device, too
    func greet(_ name: String, wantsCost: Bool = false, seconds: Double = 20) -> Bool {
        guard let name = ProducerName(name) else { return false }
        for turn in 0..<Int(seconds * 100) where epoch == 0 {
            if turn % 50 == 0 {
                let bytes = Hello(name: name, epoch: 0, wantsCost: wantsCost)
                    .encode(into: buffer)
                send(bytes)
            }
            hear(milliseconds: 10)
        }
        return epoch != 0
    }

    /// Greets again with the epoch it has, after a restart of the daemon.
    func regreet(_ name: String) -> Bool {
        guard let name = ProducerName(name) else { return false }
        isWelcome = false
        for turn in 0..<1_000 where !isWelcome {
            if turn % 50 == 0 { send(Hello(name: name, epoch: epoch).encode(into: buffer)) }
            hear(milliseconds: 10)
        }
        return isWelcome
    }

    /// Sends samples of 64 i16, with a class each where the task has classes, until sequence `last`, as credit allows.
    func stream(to last: UInt64, batch: UInt64 = 64) -> Bool {
        var idle = 0
        while durable < last, idle < 2_000 {
            if next <= last, next <= limit {
                send(fill(first: next, count: min(batch, last - next + 1, limit - next + 1)))
                hear(milliseconds: 0)
                idle = 0
            } else {
                if next > last { send(Flush(epoch: epoch, request: 1).encode(into: buffer)) }
                let before = (durable, limit)
                hear(milliseconds: 5)
                idle = before == (durable, limit) ? idle + 1 : 0
            }
        }
        return durable >= last
    }

    /// Sends one batch more, allowed or not, and listens for `milliseconds`.
    func push(_ count: UInt64, milliseconds: Int) {
        send(fill(first: next, count: count))
        for _ in 0..<milliseconds / 5 { hear(milliseconds: 5) }
    }

    /// Listens until a NACK came, sending nothing. False when none comes within ten seconds.
    func hearsNack() -> Bool {
        let before = nacks
        for _ in 0..<2_000 where nacks == before { hear(milliseconds: 5) }
        return nacks > before
    }

    private func fill(first: UInt64, count: UInt64) -> Int {
        let samples = Int(count)
        let body = UnsafeMutableRawBufferPointer(rebasing: buffer[32...])
        for index in 0..<samples {
            for feature in 0..<64 {
                let value = Int16((first &+ UInt64(index * 31 + feature * 7)) % 1000)
                body.storeBytes(of: value, toByteOffset: index * 128 + feature * 2, as: Int16.self)
            }
            let label = Int32((first &+ UInt64(index)) % 64)
            body.storeBytes(of: label, toByteOffset: samples * 128 + index * 4, as: Int32.self)
        }
        let bytes = 32 + samples * (isLabelled ? 132 : 128)
        Frame.seal(
            UnsafeMutableRawBufferPointer(rebasing: buffer[..<bytes]),
            header: FrameHeader(
                type: .samples,
                flags: isLabelled
                    ? [.labels, FrameFlags(elementType: .i16)] : FrameFlags(elementType: .i16),
                sequence: first, epoch: epoch, count: UInt32(samples)))
        next = first + count
        return bytes
    }

    private func send(_ bytes: Int) {
        for _ in 0..<1_000 {
            let frame = UnsafeRawBufferPointer(rebasing: buffer[..<bytes])
            if socket.send(frame) == .sent {
                sent += 1
                return
            }
            usleep(1_000)
        }
    }

    private func hear(milliseconds: Int) {
        guard poller.wait(milliseconds: milliseconds) > 0 else { return }
        while case .frame(let bytes) = socket.receive(into: buffer) {
            let frame = UnsafeRawBufferPointer(rebasing: buffer[..<bytes])
            guard let (header, body) = try? Frame.decode(frame) else { continue }
            if let welcome = try? Welcome.decode(header, body) {
                (epoch, next, limit) = (welcome.epoch, welcome.next, welcome.limit)
                durable = welcome.durable
                isWelcome = true
                isLabelled = welcome.schema.task == .classification
            } else if let ack = try? Ack.decode(header, body) {
                (durable, limit) = (max(durable, ack.durable), max(limit, ack.limit))
                cost = ack.cost ?? cost
            } else if let credit = try? Credit.decode(header, body) {
                limit = max(limit, credit.limit)
            } else if header.type == .nack {
                nacks += 1
                lastNack = try? Nack.decode(header, body)
            } else if header.type == .reset {
                resets += 1
            }
        }
    }
}
