// What ends a wait: frames, room for a frame, calls; and that news is never slept over.

import Glibc
import Messaging
import Testing

@Suite struct WaitingTests {
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 8)

    private func endpoint(_ name: String) -> String {
        "ipc:///tmp/millrace-messaging-\(getpid())-\(name).sock"
    }

    /// A ROUTER and a DEALER that have heard of each other.
    private func makePair(
        _ name: String, _ limits: SocketLimits = SocketLimits()
    ) throws -> (router: Socket, dealer: Socket, peer: Peer) {
        let context = try MessagingContext()
        let router = try Socket(context, .router, limits: limits)
        try router.bind(endpoint(name))
        let dealer = try Socket(context, .dealer, limits: limits)
        try dealer.connect(endpoint(name))
        var peer = Peer()
        let arrivals = Poller()
        arrivals.add(router)
        for _ in 0..<500 where [UInt8(1)].withUnsafeBytes({ dealer.send($0) }) != .sent {
            usleep(2000)
        }
        arrivals.wait(milliseconds: 2000)
        #expect(router.receive(into: buffer, from: &peer) == .frame(bytes: 1))
        return (router, dealer, peer)
    }

    @Test func roomEndsAWaitForIt() throws {
        var limits = SocketLimits()
        limits.sendHighWater = 4
        limits.receiveHighWater = 4
        let (router, dealer, _) = try makePair("room", limits)
        let frame = [UInt8](repeating: 7, count: 60_000)
        var sent = 0
        // The queues and the kernel's buffers take a while to fill.
        for _ in 0..<200 {
            if frame.withUnsafeBytes({ dealer.send($0) }) == .sent {
                sent += 1
            } else {
                usleep(1000)
            }
        }
        let arrivals = Poller()
        arrivals.add(dealer)
        let arrivalsOrRoom = Poller()
        arrivalsOrRoom.add(dealer, orRoom: true)
        #expect(sent < 200)
        #expect(arrivalsOrRoom.wait(milliseconds: 0) == 0)
        var peer = Peer()
        var taken = 0
        for _ in 0..<2000 where taken < sent {
            if case .frame = router.receive(into: buffer, from: &peer) {
                taken += 1
            } else {
                usleep(500)
            }
        }
        #expect(taken == sent)
        #expect(arrivals.wait(milliseconds: 0) == 0)
        // On a machine that is so busy that a heartbeat was missed, the connection comes back first.
        var hasRoom = false
        for _ in 0..<40 where !hasRoom { hasRoom = arrivalsOrRoom.wait(milliseconds: 500) == 1 }
        #expect(hasRoom)
        router.close()
        dealer.close()
    }

    @Test func whatASendTookInIsNotSleptOver() throws {
        let (router, dealer, first) = try makePair("news")
        let watch = SocketWatch()
        let index = try watch.add(router)
        #expect(watch.isMarked(index), "nobody has looked yet")
        var peer = Peer()
        for round in 0..<200 {
            while router.receive(into: buffer, from: &peer) != .nothing {}
            watch.unmark(index)
            #expect([UInt8(2)].withUnsafeBytes { dealer.send($0) } == .sent)
            // Sooner or later than the frame arrives: this send may take its news in.
            usleep(UInt32(round))
            #expect([UInt8(3)].withUnsafeBytes { router.send($0, to: first) } == .sent)
            watch.mark(index)
            var found = Received.nothing
            for _ in 0..<2000 where found == .nothing {
                watch.wait(milliseconds: 1000)
                #expect(watch.isMarked(index))
                found = router.receive(into: buffer, from: &peer)
                if found == .nothing { watch.unmark(index) }
            }
            #expect(found == .frame(bytes: 1))
        }
        router.close()
        dealer.close()
    }

    @Test func aMarkedSocketIsNotWaitedFor() throws {
        let (router, dealer, _) = try makePair("marked")
        let watch = SocketWatch()
        let index = try watch.add(router)
        let start = ContinuousClock.now
        watch.wait(milliseconds: 60_000)
        #expect(ContinuousClock.now - start < .seconds(30))
        #expect(watch.isMarked(index))
        // News need not be a message: libzmq's own are taken in by a receive that finds nothing.
        var peer = Peer()
        for _ in 0..<200 where watch.isMarked(index) {
            while router.receive(into: buffer, from: &peer) != .nothing {}
            watch.unmark(index)
            watch.wait(milliseconds: 1)
        }
        #expect(!watch.isMarked(index))
        router.close()
        dealer.close()
    }
}
