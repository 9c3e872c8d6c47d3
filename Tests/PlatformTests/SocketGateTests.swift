// The gate against raw connections of both kinds: what is no ZMTP 3, messages of too many frames or
// bytes, floods of commands, more than may wait; and that an honest stream passes in whatever pieces
// it comes, counted to the byte.

import Arithmetic
import Glibc
import Platform
import Testing

@Suite(.serialized) struct SocketGateTests {
    static let greeting: [UInt8] =
        [0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0x7F, 3, 0] + Array("NULL".utf8)
        + Array(repeating: 0, count: 48)
    static let encrypted: [UInt8] =
        [0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0x7F, 3, 0] + Array("CURVE".utf8)
        + Array(repeating: 0, count: 47)

    /// A frame of ZMTP 3.
    static func frame(_ bytes: Int, more: Bool = false, command: Bool = false) -> [UInt8] {
        let flags: UInt8 = (more ? 1 : 0) | (command ? 4 : 0)
        let body = [UInt8](repeating: 7, count: bytes)
        guard bytes > 255 else { return [flags, UInt8(bytes)] + body }
        let length = (0..<8).reversed().map { UInt8(truncatingIfNeeded: bytes >> (8 * $0)) }
        return [flags | 2] + length + body
    }

    /// A command that its peer may always send: a PING with `context` bytes.
    static func ping(_ context: Int = 1) -> [UInt8] {
        named("PING", [0, 60] + [UInt8](repeating: 1, count: context))
    }

    /// A command.
    static func named(_ name: String, _ data: [UInt8]) -> [UInt8] {
        let body = [UInt8(name.utf8.count)] + Array(name.utf8) + data
        var bytes = frame(body.count, command: true)
        bytes.replaceSubrange((bytes.count - body.count)..., with: body)
        return bytes
    }

    /// A connection whose accepted end is read as libzmq would.
    final class Line {
        let near: Int32
        let far: Int32
        private var isOpen = true
        private var buffer = [UInt8](repeating: 0, count: 8192)

        /// - old: gives its number away
        init?(_ name: String, replacing old: Line? = nil) {
            let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            defer { close(listener) }
            var place = sockaddr_un()
            place.sun_family = sa_family_t(AF_UNIX)
            // An abstract name: no file.
            withUnsafeMutableBytes(of: &place.sun_path) {
                $0.copyBytes(from: [0] + Array("millrace-gate-\(getpid())-\(name)".utf8))
            }
            let length = socklen_t(MemoryLayout<sockaddr_un>.size)
            far = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            let other = far
            var accepted: Int32 = -1
            withUnsafePointer(to: &place) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    guard Glibc.bind(listener, $0, length) == 0,
                        SocketGate.watching({ listen(listener, 1) }) == 0,
                        connect(other, $0, length) == 0
                    else { return }
                    old?.shut()
                    accepted = accept(listener, nil, nil)
                }
            }
            near = accepted
            if accepted < 0 { return nil }
        }

        deinit {
            shut()
            close(far)
        }

        /// Closes the accepted end, as libzmq does.
        func shut() {
            if isOpen { close(near) }
            isOpen = false
        }

        /// Sends, reads everything in pieces of at most `piece`; whether the line still holds.
        func pass(_ bytes: [UInt8], piece: Int = 8192) -> Bool {
            var rest = bytes[...]
            while !rest.isEmpty {
                let part = rest.prefix(piece)
                guard send(far, Array(part), part.count, 0) == part.count else { return false }
                rest = rest.dropFirst(part.count)
                var left = part.count
                while left > 0 {
                    let count = recv(near, &buffer, min(buffer.count, left), 0)
                    if count <= 0 { return false }
                    left -= count
                }
            }
            return true
        }
    }

    /// Limits as of one peer with messages of 4 KiB.
    static let limits = GateLimits(
        messageBytes: 4096 + 72, connectionBytes: 400_000, poolBytes: 4_000_000,
        mostPoolBytes: 5_000_000)

    /// Runs `body` with the gate open. A process has one gate: limits of other tests add up, so that
    /// the pool is only tested where nobody else has it open.
    private func opened(_ body: () throws -> Void) rethrows {
        let gate = OpenGate(Self.limits)
        defer { withExtendedLifetime(gate) {} }
        try body()
    }

    @Test func honestFramesPassInAnyPiecesAndAreCountedToTheByte() throws {
        try opened {
            for seed in UInt64(1)...20 {
                var generator = SplitMix64(seed: seed)
                let line = try #require(Line("honest-\(seed)"))
                try #require(line.pass(Self.greeting, piece: 1 + Int(generator.next() % 64)))
                #expect(SocketGate.traffic(line.near).read == 0, "a greeting is no message")
                var read: UInt64 = 0
                for number in 0..<40 {
                    let isCommand = number % 5 == 4
                    let size = Int(generator.next() % 4000)
                    let bytes = isCommand ? Self.ping(size % 17) : Self.frame(size)
                    let piece = 1 + Int(generator.next() % 5000)
                    try #require(line.pass(bytes, piece: piece), "seed \(seed)")
                    if isCommand { continue }
                    read += UInt64(bytes.count)
                    #expect(SocketGate.traffic(line.near).read == read)
                    SocketGate.deliver(line.near, UInt64(bytes.count))
                }
            }
        }
    }

    @Test(arguments: [0, 34, 1000])
    func aMessageOfManyFramesEndsBeforeLibzmqHasThem(size: Int) throws {
        try opened {
            let line = try #require(Line("endless-\(size)"))
            try #require(line.pass(Self.greeting))
            let frame = Self.frame(size, more: true)
            var count = 0
            while count < 100, line.pass(frame, piece: 7) { count += 1 }
            #expect(count <= SocketGate.mostFrames)
            #expect(SocketGate.ended(line.near) == .endless)
            #expect(!line.pass([1]), "and nothing more is read")
        }
    }

    @Test func aFewFramesAreOnlyAMistake() throws {
        try opened {
            let line = try #require(Line("few"))
            try #require(line.pass(Self.greeting))
            for _ in 0..<20 {
                for number in 1...SocketGate.mostFrames {
                    let isLast = number == SocketGate.mostFrames
                    try #require(line.pass(Self.frame(100, more: !isLast)))
                }
                SocketGate.deliver(line.near, UInt64(SocketGate.mostFrames * 102))
            }
        }
    }

    @Test(arguments: [
        [UInt8](repeating: 0, count: 12), Array("GET / HTTP/1.1\r\n\r\n".utf8),
        // ZMTP 2 and 1 with a signature.
        [0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 1, 5], [0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7E, 3, 0],
    ])
    func whatIsNoZmtp3Ends(bytes: [UInt8]) throws {
        try opened {
            let line = try #require(Line("foreign-\(bytes.reduce(0) { $0 &* 31 &+ Int($1) })"))
            #expect(!line.pass(bytes, piece: 1))
            #expect(SocketGate.ended(line.near) == .foreign)
        }
    }

    @Test func aFloodOfCommandsEnds() throws {
        try opened {
            let line = try #require(Line("commands"))
            try #require(line.pass(Self.greeting))
            var count = 0
            while count < 2000, line.pass(Self.ping()) { count += 1 }
            #expect(count >= 256 && count < 600, "\(count)")
            #expect(SocketGate.ended(line.near) == .abuse)
        }
    }

    @Test func heartbeatsPassForEver() throws {
        try opened {
            let line = try #require(Line("heartbeats"))
            try #require(line.pass(Self.greeting))
            for _ in 0..<256 { try #require(line.pass(Self.ping())) }
            usleep(1_050_000)
            for number in 0..<90 { try #require(line.pass(Self.ping()), "\(number)") }
        }
    }

    /// libzmq keeps such a frame for the socket, and counts its bytes nowhere.
    @Test func aFrameThatIsAPartAndACommandEnds() throws {
        try opened {
            for (name, mechanism) in [("null", Self.greeting), ("curve", Self.encrypted)] {
                let line = try #require(Line("marked-\(name)"))
                try #require(line.pass(mechanism))
                #expect(!line.pass(Self.frame(1000, more: true, command: true)))
                #expect(SocketGate.ended(line.near) == .abuse)
            }
        }
    }

    /// Every command that no honest peer sends: too long, or kept by libzmq for other sockets.
    @Test(arguments: [
        frame(30_000, command: true), named("SUBSCRIBE", []), named("CANCEL", [1, 2, 3]),
        named("READY", [UInt8](repeating: 1, count: 4096)),
    ])
    func aCommandOfNoUseEnds(bytes: [UInt8]) throws {
        try opened {
            let line = try #require(Line("useless-\(bytes.count)"))
            try #require(line.pass(Self.greeting))
            #expect(!line.pass(bytes, piece: 5))
            #expect(SocketGate.ended(line.near) == .abuse)
        }
    }

    @Test(arguments: [
        named("PONG", [UInt8](repeating: 1, count: 251)), named("SUBSCRIBE", []),
        // libzmq would read seven bytes less of it than nothing.
        named("PING", []), named("PING", [1]), frame(0, command: true),
    ])
    func aSecondCommandIsAHeartbeatOrEnds(bytes: [UInt8]) throws {
        try opened {
            let line = try #require(Line("second-\(bytes.count)"))
            try #require(line.pass(Self.greeting))
            // An identity and as many metadata as fit.
            try #require(line.pass(Self.named("READY", Array(repeating: 1, count: 4090))))
            for context in 0...16 { try #require(line.pass(Self.ping(context))) }
            try #require(line.pass(Self.named("PONG", [])))
            try #require(line.pass(Self.named("ERROR", Array(repeating: 1, count: 249))))
            #expect(!line.pass(bytes))
            #expect(SocketGate.ended(line.near) == .abuse)
        }
    }

    /// With CURVE libzmq takes what is marked as a command for the message that it decrypts to.
    @Test func encryptedCommandsAfterTheHandshakeAreMessages() throws {
        try opened {
            let line = try #require(Line("curve"))
            try #require(line.pass(Self.encrypted))
            try #require(line.pass(Self.named("HELLO", Array(repeating: 1, count: 194))))
            try #require(line.pass(Self.named("INITIATE", Array(repeating: 1, count: 3000))))
            #expect(SocketGate.traffic(line.near).read == 0)
            try #require(line.pass(Self.named("MESSAGE", Array(repeating: 1, count: 1000))))
            #expect(SocketGate.traffic(line.near).read == 1017)
            var count = 0
            while count < 2000, line.pass(Self.named("MESSAGE", [1])) { count += 1 }
            #expect(count < 600, "and as commands they are too many")
        }
    }

    @Test func nobodyHasMoreWaitingThanTheLimitEvenEncrypted() throws {
        try opened {
            let line = try #require(Line("encrypted"))
            try #require(line.pass(Self.encrypted))
            SocketGate.noteUseful(line.near)
            var sent = 0
            while sent < 50_000_000, line.pass(Self.frame(1000)) { sent += 1009 }
            // The limits of other daemons in this process may be larger.
            #expect(sent < 8_000_000, "\(sent)")
            #expect(SocketGate.ended(line.near) == .backlog)
        }
    }

    @Test func aNumberThatIsUsedAgainStartsAnew() throws {
        try opened {
            for number in 0..<20 {
                let line = try #require(Line("again-\(number)"))
                try #require(line.pass(Self.greeting))
                #expect(SocketGate.traffic(line.near).read == 0)
                #expect(!SocketGate.isUseful(line.near))
                SocketGate.noteUseful(line.near)
                try #require(line.pass(Self.frame(3000)))
                SocketGate.condemn(
                    line.near, serial: SocketGate.serial(line.near), isUnread: true)
                #expect(!line.pass([0]))
                #expect(SocketGate.ended(line.near) == .unread)
            }
        }
    }

    /// A line, and another that got its number. Other tests open descriptors, too: tried again.
    private func reused(_ name: String) -> (serial: UInt64, line: Line)? {
        for attempt in 0..<100 {
            guard let first = Line("\(name)-\(attempt)") else { return nil }
            let serial = SocketGate.serial(first.near)
            guard let second = Line("\(name)-again-\(attempt)", replacing: first) else {
                return nil
            }
            if second.near == first.near { return (serial, second) }
        }
        return nil
    }

    @Test func aSentenceIsForTheConnectionItWasMeantFor() throws {
        try opened {
            let (serial, line) = try #require(reused("sentence"))
            #expect(SocketGate.serial(line.near) != serial)
            SocketGate.condemn(line.near, serial: serial, isUnread: false)
            SocketGate.refuse(line.near, serial: serial)
            #expect(SocketGate.ended(line.near) == nil)
            try #require(line.pass(Self.greeting + Self.frame(1000)))
            SocketGate.refuse(line.near, serial: SocketGate.serial(line.near))
            #expect(SocketGate.ended(line.near) == .refused)
            #expect(!line.pass([0]))
        }
    }

    @Test func aClosedConnectionIsNone() throws {
        try opened {
            for attempt in 0..<100 {
                let line = try #require(Line("closed-\(attempt)"))
                #expect(SocketGate.traffic(line.near).serial != 0)
                line.shut()
                // Another test may have the number by now.
                if SocketGate.traffic(line.near).serial == 0 { return }
            }
            Issue.record("closed connections are still there")
        }
    }
}
