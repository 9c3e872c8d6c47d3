// Keys at the doors of a whole daemon, with frames whose origin the test makes up: what no honest
// libzmq would deliver is refused, too.

import Daemon
import Messaging
import MillraceProtocol
import Platform
import Simulation
import Testing

@Suite struct DoorKeeperTests {
    private let script = SampleScript(featureCount: 5, classCount: 3, seed: 43)
    private let directory = ScratchDirectory()

    /// A daemon with keyed doors and two clients that may hand over samples.
    private final class Place {
        let rig: DaemonRig
        let loop: AccessLoop
        let keys: [CurvePublicKey]

        init(_ directory: String) throws {
            keys = try (0..<2).map { _ in try Curve.makePair().publicKey }
            rig = DaemonRig(storage: LinuxStorage(), directory: directory)
            let board = AccessBoard(
                clients: try Self.table(keys), keyedDoors: [.ingest, .query], clock: rig.clock,
                report: { [events = rig.events] in events.add($0) })
            loop = try AccessLoop(MessagingContext(), board: board)
            rig.access = loop
            try rig.boot()
        }

        /// "p-0" and "p-1", as many as there are keys.
        static func table(_ keys: [CurvePublicKey]) throws -> ClientTable {
            ClientTable(
                try keys.enumerated().map { index, key in
                    let name = try #require(ProducerName("p-\(index)"))
                    return Client(name: name, key: key, rights: [.ingest], producers: [name])
                })
        }

        func origin(_ index: Int) -> FrameOrigin { FrameOrigin(user: keys[index]) }

        func send(_ frame: [UInt8], _ origin: FrameOrigin, peer: Int) -> [Nack] {
            rig.transport.put(.ingest, peer: peer, origin: origin, frame)
            _ = rig.daemon?.stepNetwork()
            return answers(peer).compactMap { type, frame in
                guard type == .nack else { return nil }
                return frame.withUnsafeBytes { bytes in
                    (try? Frame.decode(bytes)).flatMap { try? Nack.decode($0.0, $0.1) }
                }
            }
        }

        func answers(_ peer: Int) -> [(FrameType?, [UInt8])] {
            var found: [(FrameType?, [UInt8])] = []
            while let frame = rig.transport.take(peer: peer) {
                found.append((FrameType(rawValue: frame[5]), frame))
            }
            return found
        }

        /// A session of "p-INDEX" over its own key; its epoch.
        func welcome(_ index: Int, peer: Int) -> UInt32 {
            _ = send(hello("p-\(index)"), origin(index), peer: peer)
            var epoch: UInt32 = 0
            rig.run(turns: 400) {
                for (type, frame) in answers(peer) where type == .welcome {
                    frame.withUnsafeBytes { bytes in
                        guard let (header, body) = try? Frame.decode(bytes) else { return }
                        epoch = (try? Welcome.decode(header, body))?.epoch ?? 0
                    }
                }
                return epoch != 0
            }
            return epoch
        }

        func hello(_ name: String) -> [UInt8] {
            let text = Array(name.utf8)
            let body = [UInt8](repeating: 0, count: 8) + [UInt8(text.count), 0] + text
            return ScriptedProducer.frame(.hello, 0, 0, 0, [], body)
        }
    }

    private func samples(_ epoch: UInt32, first: UInt64) -> [UInt8] {
        ScriptedProducer.samples(script, epoch: epoch, first: first, count: 4)
    }

    @Test func aFrameWithoutAKeyIsTakenFromThisMachineOnly() throws {
        let place = try Place(directory.path)
        #expect(
            place.send(place.hello("p-0"), FrameOrigin(), peer: 1).map(\.reason) == [.notAllowed])
        #expect(place.send(place.hello("p-0"), FrameOrigin(isLocal: true), peer: 2).isEmpty)
        let access = try #require(place.rig.localStatus()?.access)
        #expect(access.lastRefusals.map(\.reason) == ["noKey"])
        #expect(access.framesRefused == 1)
    }

    @Test func aKeySpeaksForItsOwnProducersOnly() throws {
        let place = try Place(directory.path)
        #expect(
            place.send(place.hello("p-1"), place.origin(0), peer: 1).map(\.reason) == [.notAllowed])
        #expect(place.welcome(0, peer: 1) != 0)
    }

    @Test func whoTakesARoutingIdOverDoesNotGetTheSession() throws {
        let place = try Place(directory.path)
        let epoch = place.welcome(0, peer: 1)
        #expect(place.send(samples(epoch, first: 1), place.origin(0), peer: 1).isEmpty)
        // The other key comes with the routing id of the first.
        place.rig.transport.put(
            .ingest, peer: 1, origin: place.origin(1), samples(epoch, first: 5))
        _ = place.rig.daemon?.stepNetwork()
        #expect(place.answers(1).map(\.0) == [.reset])
        let status = try #require(place.rig.localStatus())
        #expect(status.producers.first { $0.name == "p-0" }?.next == 5)
        #expect(status.access?.lastRefusals.map(\.reason) == ["foreignSession"])
    }

    @Test func aRemovedKeyIsRefusedFromTheNextFrameOn() throws {
        let place = try Place(directory.path)
        let epochs = [place.welcome(0, peer: 1), place.welcome(1, peer: 2)]
        #expect(place.send(samples(epochs[0], first: 1), place.origin(0), peer: 1).isEmpty)
        // Both frames wait already when the key goes.
        place.rig.transport.put(
            .ingest, peer: 1, origin: place.origin(0), samples(epochs[0], first: 5))
        place.rig.transport.put(
            .ingest, peer: 2, origin: place.origin(1), samples(epochs[1], first: 1))
        place.rig.daemon?.replaceClients(
            ClientTable(try Place.table(place.keys).clients.filter { $0.key != place.keys[0] }))
        _ = place.rig.daemon?.stepNetwork()
        let types = place.answers(1).map(\.0)
        #expect(types.allSatisfy { $0 == .nack })
        #expect(types.count == 2, "one for the session, one for the frame")
        #expect(place.answers(2).filter { $0.0 == .nack || $0.0 == .reset }.isEmpty)
        let status = try #require(place.rig.localStatus())
        #expect(status.producers.first { $0.name == "p-0" }?.next == 5)
        #expect(status.producers.first { $0.name == "p-1" }?.next == 5)
        #expect(status.access?.lastRefusals.map(\.reason) == ["removedKey"])
        #expect(status.access?.clientCount == 1)
        // The key back under its name has no session any more.
        place.rig.daemon?.replaceClients(try Place.table(place.keys))
        place.rig.transport.put(
            .ingest, peer: 1, origin: place.origin(0), samples(epochs[0], first: 5))
        _ = place.rig.daemon?.stepNetwork()
        #expect(place.answers(1).map(\.0) == [.reset])
    }

    @Test func aReplacedKeyUnderTheSameNameInheritsNothing() throws {
        let place = try Place(directory.path)
        let epoch = place.welcome(0, peer: 1)
        let fresh = try Curve.makePair().publicKey
        place.rig.daemon?.replaceClients(try Place.table([fresh, place.keys[1]]))
        #expect(
            place.send(samples(epoch, first: 1), place.origin(0), peer: 1)
                .allSatisfy { $0.reason == .notAllowed })
        place.rig.transport.put(
            .ingest, peer: 1, origin: FrameOrigin(user: fresh), samples(epoch, first: 1))
        _ = place.rig.daemon?.stepNetwork()
        #expect(place.answers(1).map(\.0) == [.reset])
    }

    @Test func aFloodOfRefusalsIsOneLinePerSecond() throws {
        let place = try Place(directory.path)
        for _ in 0..<500 { _ = place.send(place.hello("p-0"), FrameOrigin(), peer: 1) }
        func lines() -> Int {
            place.rig.events.all.count { if case .accessRefused = $0 { true } else { false } }
        }
        #expect(lines() == 1)
        place.rig.clock.advance(milliseconds: 1001)
        _ = place.send(place.hello("p-0"), FrameOrigin(), peer: 1)
        #expect(lines() == 2)
        #expect(place.rig.events.all.last?.line.contains("count=500") == true)
        #expect(place.rig.localStatus()?.access?.framesRefused == 501)
    }

    @Test func whatAStrangerWroteCannotForgeALine() {
        let event = DaemonEvent.accessRefused(
            reason: "mechanism", door: "ingest", address: "1\"\nevent=forged", client: nil, count: 1
        )
        #expect(!event.line.contains("\n"))
        #expect(event.line.contains("address=\"1\\\" event=forged\""))
    }

    @Test func questionsThatNobodyShouldAskAreRefused() throws {
        let pair = try Curve.makePair()
        let name = try #require(ProducerName("p"))
        let table = ClientTable([
            Client(name: name, key: pair.publicKey, rights: [.query], producers: [name])
        ])
        func refusal(
            domain: String = "query", mechanism: String = "CURVE", key: CurvePublicKey?
        ) -> AccessRefusal? {
            do throws(HandshakeRefusal) {
                _ = try AccessLoop.judge(
                    ZapRequest(domain: domain, address: "", mechanism: mechanism, key: key), table)
                return nil
            } catch {
                return error.reason
            }
        }
        #expect(refusal(key: pair.publicKey) == nil)
        #expect(refusal(domain: "", key: pair.publicKey) == .unknownDoor)
        #expect(refusal(domain: "elsewhere", key: pair.publicKey) == .unknownDoor)
        #expect(refusal(mechanism: "NULL", key: pair.publicKey) == .mechanism)
        #expect(refusal(mechanism: "PLAIN", key: pair.publicKey) == .mechanism)
        #expect(refusal(key: nil) == .credential)
        #expect(refusal(key: try Curve.makePair().publicKey) == .unlistedKey)
        #expect(refusal(domain: "ingest", key: pair.publicKey) == .noRightAtDoor)
    }
}
