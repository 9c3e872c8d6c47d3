// What a door does when nobody answers libzmq's question: it lets nobody in. And that the same
// door, bound to ipc before it was given keys, asks nobody there.
//
// 60 attempts, because each sixty wait three seconds for nobody; MILLRACE_ACCESS_ATTEMPTS=1000 for
// as many as anybody likes.

import Daemon
import Glibc
import Messaging
import MillraceProtocol
import Platform
import Simulation
import Synchronization
import Testing

@Suite(.serialized) struct DeadHandlerTests {
    private static let attempts =
        getenv("MILLRACE_ACCESS_ATTEMPTS").flatMap { Int(String(cString: $0)) } ?? 60

    /// Real sockets with keys, and one client that is listed.
    private final class Rig {
        let context: MessagingContext
        let server: Certificate
        let client: Certificate
        let board: AccessBoard
        var loop: AccessLoop?
        private(set) var transport: ZeroMQTransport?
        let folder = TemporaryFolder()
        var endpoint = ""
        private let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: 1024, alignment: 16)

        init(hasHandler: Bool) throws {
            context = try MessagingContext()
            server = try Self.certificate("server")
            client = try Self.certificate("pump")
            board = AccessBoard(
                clients: ClientTable([Client(client)]), keyedDoors: [.ingest],
                clock: ManualClock(nowNanoseconds: 1), report: { _ in })
            if hasHandler { loop = try AccessLoop(context, board: board) }
            let secretKey = try #require(server.secretKey)
            for port in (30_000 + Int(getpid()) % 20_000)... {
                endpoint = "tcp://127.0.0.1:\(port)"
                transport = try? ZeroMQTransport(
                    context: context,
                    endpoints: [
                        [endpoint, ipc], ["ipc://\(folder.path)/q"], ["ipc://\(folder.path)/a"],
                    ],
                    limits: [SocketLimits(), SocketLimits(), SocketLimits()], wakeUps: [],
                    server: CurveServer(secretKey: secretKey))
                if transport != nil { break }
            }
        }

        deinit {
            readMonitors()
            buffer.deallocate()
        }

        private func readMonitors() {
            for (_, monitor) in transport?.monitors ?? [] { while monitor.next() != nil {} }
        }

        var ipc: String { "ipc://\(folder.path)/i" }

        private static func certificate(_ name: String) throws -> Certificate {
            let pair = try Curve.makePair()
            return Certificate(
                name: try #require(ProducerName(name)), publicKey: pair.publicKey,
                secretKey: pair.secretKey, rights: [.ingest])
        }

        /// Frames that the ingest door has, and whose they are. Reads the monitors, too, as the
        /// guard of connections would: unread, they stop libzmq's thread after some 2,000 reports.
        func frames() -> [FrameOrigin] {
            readMonitors()
            var found: [FrameOrigin] = []
            var peer = Peer()
            var origin = FrameOrigin()
            while case .frame? = transport?.receive(
                .ingest, into: buffer, from: &peer, origin: &origin)
            {
                found.append(origin)
            }
            return found
        }

        /// The listed client, as a stranger would come.
        func attack(attempts: Int, meanwhile: () -> Void = {}) -> AttackOutcome {
            ConnectionAttack(endpoint: endpoint, message: [1, 2, 3]).run(
                .curve(
                    serverKey: server.publicKey.z85, publicKey: client.publicKey.z85,
                    secretKey: client.secretKey?.z85 ?? ""),
                attempts: attempts, meanwhile: meanwhile)
        }
    }

    @Test func withALivingHandlerTheListedClientComesIn() throws {
        let rig = try Rig(hasHandler: true)
        var frames: [FrameOrigin] = []
        let outcome = rig.attack(attempts: 20) {
            _ = rig.loop?.turn()
            frames += rig.frames()
        }
        for _ in 0..<200 where frames.count < 20 {
            frames += rig.frames()
            usleep(5000)
        }
        #expect(outcome == AttackOutcome(admitted: 20))
        #expect(frames.count == 20)
        #expect(frames.allSatisfy { $0.user == rig.client.publicKey && !$0.isLocal })
    }

    @Test(arguments: [false, true])
    func withADeadHandlerNobodyComesIn(diedLater: Bool) throws {
        let rig = try Rig(hasHandler: diedLater)
        if diedLater {
            #expect(rig.attack(attempts: 1) { _ = rig.loop?.turn() }.admitted == 1)
            rig.loop?.closeHandler()
            usleep(50_000)
            _ = rig.frames()
        }
        var frames: [FrameOrigin] = []
        let outcome = rig.attack(attempts: Self.attempts) { frames += rig.frames() }
        usleep(50_000)
        frames += rig.frames()
        print("access: dead handler (died later: \(diedLater)): \(outcome)")
        #expect(outcome == AttackOutcome(refused: Self.attempts))
        #expect(frames.isEmpty)
    }

    @Test func ipcBesideItAsksForNoKey() throws {
        let rig = try Rig(hasHandler: false)
        let outcome = ConnectionAttack(endpoint: rig.ipc, message: [1, 2, 3])
            .run(.null, attempts: 5)
        #expect(outcome == AttackOutcome(admitted: 5))
        var frames: [FrameOrigin] = []
        for _ in 0..<200 where frames.count < 5 {
            frames += rig.frames()
            usleep(5000)
        }
        #expect(frames.count == 5)
        #expect(frames.allSatisfy { $0.isLocal && $0.user == nil })
    }
}
