// The guard with a real door: who is refused is not read to the end, and silent connections go when
// there are many.

import Daemon
import Glibc
import Messaging
import Platform
import Simulation
import Synchronization
import Testing

@Suite struct ConnectionGuardTests {
    /// What the guard said.
    final class Lines: Sendable {
        private let lines = Mutex<[String]>([])

        func add(_ event: DaemonEvent) { lines.withLock { $0.append("\(event)") } }
        func count(_ word: String) -> Int { lines.withLock { $0.count { $0.contains(word) } } }
    }

    /// A door, its guard, and a clock that only the test moves.
    final class Scene {
        let clock = ManualClock(nowNanoseconds: 1_000_000_000_000)
        let folder = TemporaryFolder()
        let door: Socket
        let guardian: ConnectionGuard
        let ledger = ConnectionLedger(capacity: 8192)
        let told = Lines()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 64)
        private let context: MessagingContext

        init(places: Int) throws {
            context = try MessagingContext()
            door = try Socket(context, .router)
            door.tellsOrigin = true
            let name = "guard-\(UInt32.random(in: 0...UInt32.max))"
            let monitor = try SocketMonitor(context, of: door, name: name)
            var settings = DaemonSettings(stateDirectory: folder.path, endpoints: [[], [], []])
            settings.connections.count = places
            guardian = ConnectionGuard(
                settings: settings,
                gate: OpenGate(
                    GateLimits(
                        messageBytes: 40_000, connectionBytes: 4_000_000, poolBytes: 10_000_000,
                        mostPoolBytes: 10_000_000)),
                ledger: ledger, monitors: [(.ingest, monitor)], clock: clock, askDoors: {},
                report: { [told] in told.add($0) })
            try SocketGate.watching { () throws(MessagingError) in try door.bind(endpoint) }
        }

        deinit {
            guardian.stopMonitors()
            guardian.closeMonitors()
            door.close()
            buffer.deallocate()
        }

        var path: String { "\(folder.path)/door.sock" }
        var endpoint: String { "ipc://\(path)" }

        /// Turns until it holds, ten seconds at most.
        func turn(until holds: () -> Bool) -> Bool {
            for _ in 0..<2000 {
                _ = guardian.turn()
                if holds() { return true }
                usleep(5000)
            }
            return false
        }

        /// Messages that wait.
        func drain(_ take: (FrameOrigin) -> Void = { _ in }) -> Int {
            var count = 0
            var peer = Peer()
            var origin = FrameOrigin()
            while case .frame = door.receive(into: buffer, from: &peer, origin: &origin) {
                ledger.deliver(origin)
                take(origin)
                count += 1
            }
            return count
        }

        /// A peer that has brought something of use.
        func welcome() throws -> Socket {
            let dealer = try Socket(context, .dealer)
            try dealer.connect(endpoint)
            var isHeard = false
            for _ in 0..<2000 where !isHeard {
                _ = [UInt8(1)].withUnsafeBytes { dealer.send($0) }
                usleep(2000)
                _ = guardian.turn()
                isHeard = drain { ledger.noteUseful($0.descriptor) } > 0
            }
            #expect(isHeard)
            return dealer
        }

        /// This end of connections to the door.
        func accepted() -> Set<Int32> {
            let wanted = Array(path.utf8)
            return Set(
                (Int32(0)..<4096).filter { descriptor in
                    guard SocketGate.serial(descriptor) != 0 else { return false }
                    var place = sockaddr_un()
                    var length = socklen_t(MemoryLayout<sockaddr_un>.size)
                    let error = withUnsafeMutablePointer(to: &place) {
                        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                            getsockname(descriptor, $0, &length)
                        }
                    }
                    return error == 0
                        && withUnsafeBytes(of: &place.sun_path) { $0.starts(with: wanted) }
                })
        }

        /// A peer that connects and says nothing.
        func silent() -> Int32 {
            let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            var place = sockaddr_un()
            place.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &place.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
            let length = socklen_t(MemoryLayout<sockaddr_un>.size)
            let isConnected = withUnsafePointer(to: &place) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(descriptor, $0, length) == 0
                }
            }
            #expect(isConnected)
            return descriptor
        }
    }

    @Test func silentConnectionsGoWhenTheyAreMany() throws {
        let scene = try Scene(places: 8)
        let useful = try scene.welcome()
        defer { useful.close() }
        // Half of the places, which is not more than half.
        var silent = (0..<4).map { _ in scene.silent() }
        defer { for descriptor in silent { close(descriptor) } }
        #expect(scene.turn { scene.guardian.openCount == 5 })
        scene.clock.advance(milliseconds: 500)
        _ = scene.guardian.turn()
        #expect(scene.guardian.openCount == 5)
        // One more: the four had their time, it has not.
        silent.append(scene.silent())
        #expect(scene.turn { scene.guardian.openCount == 6 || scene.guardian.openCount == 2 })
        scene.clock.advance(milliseconds: 60)
        _ = scene.guardian.turn()
        #expect(scene.guardian.openCount == 2)
        scene.clock.advance(milliseconds: 500)
        _ = scene.guardian.turn()
        #expect(scene.guardian.openCount == 2, "they are few again")
        #expect(scene.told.count("silent") == 4)
        // Who is of use is still heard.
        _ = [UInt8(2)].withUnsafeBytes { useful.send($0) }
        var heard = 0
        #expect(
            scene.turn {
                heard += scene.drain()
                return heard > 0
            })
    }

    /// What libzmq has of it comes out; what waits in the kernel does not.
    @Test func whoIsRefusedIsNotReadToTheEnd() throws {
        let scene = try Scene(places: 1)
        let useful = try scene.welcome()
        defer { useful.close() }
        let before = scene.accepted()
        // Nobody tells the guard of this one until the door's queue and the kernel's are full.
        let context = try MessagingContext()
        var limits = SocketLimits()
        limits.sendHighWater = 1000
        let dealer = try Socket(context, .dealer, limits: limits)
        try dealer.connect(scene.endpoint)
        let frame = [UInt8](repeating: 7, count: 1000)
        var sent = 0
        var idle = 0
        while idle < 200 {
            if frame.withUnsafeBytes({ dealer.send($0) }) == .sent {
                sent += 1
                idle = 0
            } else {
                idle += 1
                usleep(1000)
            }
        }
        let newcomers = scene.accepted().subtracting(before)
        let newcomer = try #require(newcomers.first)
        #expect(before.count == 1 && newcomers.count == 1)
        #expect(scene.turn { scene.told.count("full") > 0 })
        // libzmq reads nothing more of it while the door's queue is full, and has not closed it.
        #expect(SocketGate.ended(newcomer) == .refused)
        var taken = 0
        for _ in 0..<100 {
            taken += scene.drain()
            usleep(1000)
        }
        // The high-water mark, its half, and what two reads of 8 KiB held; the kernel has 200 more.
        #expect(sent >= 1000 && taken <= 48, "\(sent) sent, \(taken) taken")
        dealer.close()
    }
}
