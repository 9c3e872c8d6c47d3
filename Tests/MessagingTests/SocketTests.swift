// Two sockets over ipc: what a ROUTER and a DEALER promise each other here.

import Glibc
import Messaging
import Testing

@Suite struct SocketTests {
    private func endpoint(_ name: String) -> String {
        "ipc:///tmp/millrace-messaging-\(getpid())-\(name).sock"
    }

    private func receive(
        _ socket: Socket, into buffer: UnsafeMutableRawBufferPointer, from peer: inout Peer
    ) -> Received {
        let poller = Poller()
        poller.add(socket)
        for _ in 0..<200 {
            let received = socket.receive(into: buffer, from: &peer)
            if received != .nothing { return received }
            poller.wait(milliseconds: 10)
        }
        return .nothing
    }

    private func send(_ socket: Socket, _ bytes: [UInt8]) {
        for _ in 0..<500 {
            if bytes.withUnsafeBytes({ socket.send($0) }) == .sent { return }
            usleep(2000)
        }
        Issue.record("no connection within a second")
    }

    @Test func framesGoBothWays() throws {
        let context = try MessagingContext()
        let router = try Socket(context, .router)
        try router.bind(endpoint("both"))
        let dealer = try Socket(context, .dealer)
        try dealer.connect(endpoint("both"))
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 8)
        defer { buffer.deallocate() }
        var peer = Peer()
        send(dealer, [1, 2, 3])
        #expect(receive(router, into: buffer, from: &peer) == .frame(bytes: 3))
        #expect(Array(buffer[0..<3]) == [1, 2, 3])
        #expect(peer.byteCount == 5)
        let answer: [UInt8] = [9, 8]
        #expect(answer.withUnsafeBytes { router.send($0, to: peer) } == .sent)
        let poller = Poller()
        poller.add(dealer)
        #expect(poller.wait(milliseconds: 2000) == 1)
        #expect(dealer.receive(into: buffer) == .frame(bytes: 2))
        router.close()
        dealer.close()
    }

    @Test func aFrameTellsOverWhichConnectionItCame() throws {
        let context = try MessagingContext()
        let router = try Socket(context, .router)
        router.tellsOrigin = true
        try router.bind(endpoint("origin"))
        let port = 20_000 + Int(getpid()) % 20_000
        try router.bind("tcp://127.0.0.1:\(port)")
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 8)
        defer { buffer.deallocate() }
        var descriptors: Set<Int32> = []
        // Kept open: the number of a connection that ended may go to the next one.
        var dealers: [Socket] = []
        for (place, isLocal) in [(endpoint("origin"), true), ("tcp://127.0.0.1:\(port)", false)] {
            let dealer = try Socket(context, .dealer)
            dealers.append(dealer)
            try dealer.connect(place)
            send(dealer, [1])
            let poller = Poller()
            poller.add(router)
            #expect(poller.wait(milliseconds: 2000) == 1)
            var peer = Peer()
            var origin = FrameOrigin()
            #expect(router.receive(into: buffer, from: &peer, origin: &origin) == .frame(bytes: 1))
            #expect(origin.isLocal == isLocal)
            var facts = stat()
            #expect(fstat(origin.descriptor, &facts) == 0)
            #expect(facts.st_mode & S_IFMT == S_IFSOCK)
            descriptors.insert(origin.descriptor)
        }
        #expect(descriptors.count == 2)
        for dealer in dealers { dealer.close() }
        router.close()
    }

    @Test func aFrameLongerThanTheBufferIsReportedAndDropped() throws {
        let context = try MessagingContext()
        let router = try Socket(context, .router)
        try router.bind(endpoint("long"))
        let dealer = try Socket(context, .dealer)
        try dealer.connect(endpoint("long"))
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16, alignment: 8)
        defer { buffer.deallocate() }
        var peer = Peer()
        send(dealer, [UInt8](repeating: 7, count: 40))
        send(dealer, [5])
        #expect(receive(router, into: buffer, from: &peer) == .oversize(bytes: 40))
        #expect(receive(router, into: buffer, from: &peer) == .frame(bytes: 1))
        router.close()
        dealer.close()
    }

    @Test func aStrangersLongRoutingIdIsNotTakenForThePeerBefore() throws {
        let context = try MessagingContext()
        let router = try Socket(context, .router)
        try router.bind(endpoint("stranger"))
        let honest = try Socket(context, .dealer)
        try honest.connect(endpoint("stranger"))
        let stranger = try Socket(
            context, .dealer, routingId: [UInt8](repeating: 0x7A, count: 40))
        try stranger.connect(endpoint("stranger"))
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16, alignment: 8)
        defer { buffer.deallocate() }
        var peer = Peer()
        send(honest, [1])
        #expect(receive(router, into: buffer, from: &peer) == .frame(bytes: 1))
        send(stranger, [2])
        #expect(receive(router, into: buffer, from: &peer) == .multipart)
        #expect(peer == Peer())
        router.close()
        honest.close()
        stranger.close()
    }

    @Test func aPeerThatWentAwayIsGone() throws {
        let context = try MessagingContext()
        let router = try Socket(context, .router)
        try router.bind(endpoint("gone"))
        let dealer = try Socket(context, .dealer)
        try dealer.connect(endpoint("gone"))
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16, alignment: 8)
        defer { buffer.deallocate() }
        var peer = Peer()
        send(dealer, [1])
        #expect(receive(router, into: buffer, from: &peer) == .frame(bytes: 1))
        dealer.close()
        var outcome = Sent.sent
        for _ in 0..<200 where outcome != .gone {
            outcome = [UInt8(1)].withUnsafeBytes { router.send($0, to: peer) }
            usleep(5000)
        }
        #expect(outcome == .gone)
        router.close()
    }
}
