// Goal: keys made by libzmq are ours, halves of one pair are known as such, and a socket with keys
// talks to nobody who lacks them. Who is listed is decided elsewhere (ZAP).

import Glibc
import Messaging
import MillraceProtocol
import Testing

@Suite struct CurveTests {
    private func certificate(_ name: String) throws -> Certificate {
        let pair = try Curve.makePair()
        return Certificate(
            name: try #require(ProducerName(name)), publicKey: pair.publicKey,
            secretKey: pair.secretKey)
    }

    @Test func aPairBelongsTogether() throws {
        let mine = try certificate("mine")
        let other = try certificate("other")
        #expect(mine.publicKey != other.publicKey)
        try mine.requirePair()
        var mixed = mine
        mixed.publicKey = other.publicKey
        #expect(throws: CertificateError(.keysDoNotBelong)) { try mixed.requirePair() }
        #expect(throws: CertificateError(.missing(name: "secret-key"))) {
            try mine.publicHalf.requirePair()
        }
    }

    /// Every character of either key changed to another of the alphabet: no pair any more, or, in
    /// a few bits of a secret that the curve ignores, the same pair.
    @Test func aChangedCharacterIsFound() throws {
        let mine = try certificate("mine")
        let text = mine.text
        let bytes = Array(text.utf8)
        let start = try #require(text.firstRange(of: "public-key"))
        let first = text.utf8.distance(from: text.startIndex, to: start.lowerBound)
        var found = 0
        for place in first..<bytes.count {
            var damaged = bytes
            damaged[place] = bytes[place] == 0x61 ? 0x62 : 0x61
            guard let certificate = try? Certificate.parse(damaged) else {
                found += 1
                continue
            }
            do throws(CertificateError) {
                try certificate.requirePair()
                #expect(certificate.publicKey == mine.publicKey, "byte \(place)")
            } catch {
                found += 1
            }
        }
        #expect(found > 80)
    }

    /// Whether a message from `dealer` arrives within `seconds`.
    private func arrives(_ dealer: Socket, at router: Socket, seconds: Double) -> Bool {
        let poller = Poller()
        poller.add(router)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 8)
        defer { buffer.deallocate() }
        let frame: [UInt8] = [1, 2, 3]
        var peer = Peer()
        var isSent = false
        for _ in 0..<Int(seconds * 100) {
            if !isSent { isSent = frame.withUnsafeBytes { dealer.send($0) } == .sent }
            poller.wait(milliseconds: 10)
            if router.receive(into: buffer, from: &peer) == .frame(bytes: 3) { return true }
        }
        return false
    }

    @Test func onlyTheRightKeysGetThrough() throws {
        let context = try MessagingContext()
        let server = try certificate("server")
        let client = try certificate("client")
        let router = try Socket(context, .router)
        defer { router.close() }
        let endpoint = "ipc:///tmp/millrace-curve-\(getpid()).sock"
        try router.use(CurveServer(secretKey: try #require(server.secretKey)))
        try router.bind(endpoint)
        func dealer(_ keys: CurveClient?) throws -> Socket {
            let socket = try Socket(context, .dealer)
            if let keys { try socket.use(keys) }
            try socket.connect(endpoint)
            return socket
        }
        let right = try dealer(CurveClient(serverKey: server.publicKey, certificate: client))
        #expect(arrives(right, at: router, seconds: 5))
        let wrong = try dealer(CurveClient(serverKey: client.publicKey, certificate: client))
        #expect(!arrives(wrong, at: router, seconds: 0.3))
        let plain = try dealer(nil)
        #expect(!arrives(plain, at: router, seconds: 0.3))
        [right, wrong, plain].forEach { $0.close() }
    }

    /// The limit is about the message, not about what CURVE makes of it: a producer fills its frames
    /// up to it.
    @Test func theLongestMessageGetsThroughSealed() throws {
        let context = try MessagingContext()
        let server = try certificate("server")
        let client = try certificate("client")
        var limits = SocketLimits()
        limits.maximumMessageBytes = 1000
        let router = try Socket(context, .router, limits: limits)
        let dealer = try Socket(context, .dealer)
        defer {
            router.close()
            dealer.close()
        }
        let endpoint = "ipc:///tmp/millrace-curve-long-\(getpid()).sock"
        try router.use(CurveServer(secretKey: try #require(server.secretKey)))
        try router.bind(endpoint)
        try dealer.use(CurveClient(serverKey: server.publicKey, certificate: client))
        try dealer.connect(endpoint)
        let poller = Poller()
        poller.add(router)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 8)
        defer { buffer.deallocate() }
        var peer = Peer()
        func arrives(_ count: Int, seconds: Double) -> Bool {
            let frame = [UInt8](repeating: 7, count: count)
            var isSent = false
            for _ in 0..<Int(seconds * 100) {
                if !isSent { isSent = frame.withUnsafeBytes { dealer.send($0) } == .sent }
                poller.wait(milliseconds: 10)
                if router.receive(into: buffer, from: &peer) == .frame(bytes: count) { return true }
            }
            return false
        }
        #expect(arrives(1000, seconds: 5))
        #expect(!arrives(1001, seconds: 0.3))
    }

    @Test func theOtherAddressFamilyWorksToo() throws {
        let context = try MessagingContext()
        let router = try Socket(context, .router)
        let dealer = try Socket(context, .dealer)
        defer {
            router.close()
            dealer.close()
        }
        let port = 20_000 + getpid() % 20_000
        try router.bind("tcp://[::1]:\(port)")
        try dealer.connect("tcp://[::1]:\(port)")
        #expect(arrives(dealer, at: router, seconds: 5))
    }
}
