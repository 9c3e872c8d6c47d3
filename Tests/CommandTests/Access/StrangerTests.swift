// Whoever has no business at a door delivers nothing there, however often it is tried, while a
// listed key beside it works on.
//
// 1,000 attempts of each kind; MILLRACE_ACCESS_ATTEMPTS for another number.

import Glibc
import Messaging
import MillraceProtocol
import Simulation
import Testing

@Suite(.serialized) struct StrangerTests {
    private static let attempts =
        getenv("MILLRACE_ACCESS_ATTEMPTS").flatMap { Int(String(cString: $0)) } ?? 1000

    /// One kind of stranger.
    private struct Kind {
        let name: String
        let door: String
        let disguise: Disguise
        /// What `access` counts for each attempt; nil where libzmq refuses without asking, and the
        /// guard of connections counts a broken handshake.
        let reason: String?
    }

    private static func disguise(_ server: CurvePublicKey, _ certificate: Certificate) -> Disguise {
        .curve(
            serverKey: server.z85, publicKey: certificate.publicKey.z85,
            secretKey: certificate.secretKey?.z85 ?? "")
    }

    /// What every stranger wants to deliver: a greeting, or a question.
    private static func message(_ door: String) throws -> [UInt8] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 512, alignment: 16)
        defer { buffer.deallocate() }
        if door == "ingest" {
            let name = try #require(ProducerName("intruder"))
            return Array(buffer[..<Hello(name: name, epoch: 0).encode(into: buffer)])
        }
        let json = try ControlCodec.encode(ControlRequest(command: .status))
        let bytes = json.withUnsafeBytes {
            ControlFrame.encode(.request, request: 1, json: $0, into: buffer)
        }
        return Array(buffer[..<(try #require(bytes))])
    }

    @Test func strangersDeliverNothingWhileAListedKeyWorks() throws {
        let keyed = try KeyedDaemon(allowsCrowds: true)
        let pump = try keyed.add("pump", [.ingest])
        let asker = try keyed.add("asker", [.query, .metrics])
        let former = try keyed.add("former", [.ingest])
        let unlisted = try KeyedDaemon.certificate("unlisted", [.ingest])
        let otherServer = try KeyedDaemon.certificate("other", [])
        try #require(keyed.daemon.start())
        let honest = try RawProducer(keyed.tcp("ingest"), keys: keyed.keys(pump))
        try #require(honest.greet("pump"))
        try endSession(of: former, keyed)
        let server = keyed.server.publicKey
        let kinds = [
            Kind(
                name: "unlisted key", door: "ingest", disguise: Self.disguise(server, unlisted),
                reason: "unlistedKey"),
            Kind(
                name: "wrong server key", door: "ingest",
                disguise: Self.disguise(otherServer.publicKey, pump), reason: nil),
            Kind(name: "NULL", door: "ingest", disguise: .null, reason: nil),
            Kind(name: "PLAIN", door: "ingest", disguise: .plain, reason: nil),
            Kind(
                name: "revoked key", door: "ingest", disguise: Self.disguise(server, former),
                reason: "unlistedKey"),
            Kind(
                name: "query key at ingest", door: "ingest",
                disguise: Self.disguise(server, asker), reason: "noRightAtDoor"),
            Kind(
                name: "ingest key at query", door: "query",
                disguise: Self.disguise(server, pump), reason: "noRightAtDoor"),
            Kind(
                name: "query key at admin", door: "admin",
                disguise: Self.disguise(server, asker), reason: "noRightAtDoor"),
        ]
        for kind in kinds { try attack(kind, keyed, honest) }
        let producers = try #require(keyed.status?["producers"]?.list)
        #expect(Set(producers.compactMap { $0["name"]?.text }) == ["former", "pump"])
        let learned = producers.first { $0["name"]?.text == "pump" }?["learned"]?.integer
        #expect(learned == Int(honest.durable))
        #expect(keyed.daemon.stop() == 0)
    }

    private func attack(_ kind: Kind, _ keyed: KeyedDaemon, _ honest: RawProducer) throws {
        let before = try #require(keyed.status)
        let (sent, durable) = (honest.sent, honest.durable)
        var isHonestWell = true
        let started = ContinuousClock.now
        let outcome = ConnectionAttack(
            endpoint: keyed.tcp(kind.door), message: try Self.message(kind.door)
        ).run(kind.disguise, attempts: Self.attempts) {
            isHonestWell = isHonestWell && honest.stream(to: honest.durable + 64)
        }
        let seconds = ContinuousClock.now - started
        func refused(_ status: JSON) -> Int {
            kind.reason.map { status["access"]?.refusals($0) ?? 0 }
                ?? status["connections"]?["brokenHandshakes"]?.integer ?? 0
        }
        // The daemon's own monitor of a broken handshake may be a moment behind the stranger's.
        var after = try #require(keyed.status)
        var questions = 1
        while refused(after) - refused(before) < Self.attempts, questions < 100 {
            usleep(20_000)
            after = try #require(keyed.status)
            questions += 1
        }
        print("access: \(kind.name): \(outcome), honest \(honest.durable - durable), \(seconds)")
        #expect(outcome == AttackOutcome(refused: Self.attempts), "\(kind.name)")
        #expect(isHonestWell, "\(kind.name)")
        #expect(honest.durable > durable)
        #expect(honest.nacks == 0)
        // Every frame that the daemon has is the honest producer's, or our own question.
        func frames(_ status: JSON) -> Int {
            status["counters"]?["framesReceived"]?.integer ?? -1
        }
        #expect(frames(after) - frames(before) == honest.sent - sent + questions, "\(kind.name)")
        // Every attempt came as far as its handshake, and nothing but that kept it out.
        #expect(after["connections"]?["refusedBy"] == before["connections"]?["refusedBy"])
        #expect(refused(after) - refused(before) == Self.attempts, "\(kind.name)")
    }

    /// Removes a key while its producer streams: nothing of it is taken any more, and its
    /// connection ends.
    private func endSession(of former: Certificate, _ keyed: KeyedDaemon) throws {
        let producer = try RawProducer(keyed.tcp("ingest"), keys: keyed.keys(former))
        try #require(producer.greet("former"))
        #expect(producer.stream(to: 128))
        keyed.remove("former")
        // Heard at once: what comes in its last moment goes with the connection if nobody reads it.
        keyed.daemon.process?.send(SIGHUP)
        #expect(producer.hearsNack())
        _ = keyed.status
        #expect(producer.lastNack?.reason == .notAllowed)
        producer.push(64, milliseconds: 400)
        let status = try #require(keyed.status)
        let row = status["producers"]?.list.first { $0["name"]?.text == "former" }
        #expect(row?["next"]?.integer == 129)
        #expect(status["access"]?["connectionsCut"]?.integer == 1)
    }
}
