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

    /// A connection whose accepted end is read as libzmq would.
    final class Line {
        let near: Int32
        let far: Int32
        private var buffer = [UInt8](repeating: 0, count: 8192)

        init?(_ name: String) {
            let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(listener) }
            var place = sockaddr_un()
            place.sun_family = sa_family_t(AF_UNIX)
            // An abstract name: no file.
            withUnsafeMutableBytes(of: &place.sun_path) {
                $0.copyBytes(from: [0] + Array("millrace-gate-\(getpid())-\(name)".utf8))
            }
            let length = socklen_t(MemoryLayout<sockaddr_un>.size)
            far = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            let other = far
            var accepted: Int32 = -1
            withUnsafePointer(to: &place) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    guard Glibc.bind(listener, $0, length) == 0,
                        SocketGate.watching({ listen(listener, 1) }) == 0,
                        connect(other, $0, length) == 0
                    else { return }
                    accepted = accept(listener, nil, nil)
                }
            }
            near = accepted
            if accepted < 0 { return nil }
        }

        deinit {
            close(near)
            close(far)
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
                    let bytes = Self.frame(Int(generator.next() % 4000), command: isCommand)
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
            while count < 2000, line.pass(Self.frame(8, command: true)) { count += 1 }
            #expect(count >= 256 && count < 600, "\(count)")
            #expect(SocketGate.ended(line.near) == .abuse)
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
                SocketGate.condemn(line.near, isUnread: true)
                #expect(!line.pass([0]))
                #expect(SocketGate.ended(line.near) == .unread)
            }
        }
    }
}
