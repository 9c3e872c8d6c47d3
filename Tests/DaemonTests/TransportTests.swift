// The doors as ROUTER sockets: nothing that came is slept over, whoever noticed it first.

import Daemon
import Glibc
import Messaging
import Testing

@Suite struct TransportTests {
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 64)

    /// Of this test alone: others run at the same time.
    private let number = UInt32.random(in: 0...UInt32.max)

    private func endpoint(_ door: Door) -> String {
        "ipc:///tmp/millrace-transport-\(getpid())-\(number)-\(door).sock"
    }

    private func makeTransport(_ context: MessagingContext) throws -> ZeroMQTransport {
        try ZeroMQTransport(
            context: context, endpoints: Door.allCases.map { [endpoint($0)] },
            limits: Door.allCases.map { _ in SocketLimits() }, wakeUps: [])
    }

    private func send(_ socket: Socket, _ bytes: [UInt8]) {
        for _ in 0..<1000 {
            if bytes.withUnsafeBytes({ socket.send($0) }) == .sent { return }
            usleep(2000)
        }
        Issue.record("no connection within two seconds")
    }

    /// What the network loop does: looks at a door only when it may have something.
    private func take(
        _ transport: ZeroMQTransport, _ door: Door, _ peer: inout Peer
    ) -> Received {
        var origin = FrameOrigin()
        guard transport.mayHave(door) else { return .nothing }
        return transport.receive(door, into: buffer, from: &peer, origin: &origin)
    }

    /// Waits for one frame at `door`; what waits at another door keeps this from sleeping.
    private func next(
        _ transport: ZeroMQTransport, _ door: Door, _ peer: inout Peer
    ) -> Received {
        let clock = ContinuousClock()
        let start = clock.now
        while clock.now - start < .seconds(20) {
            let received = take(transport, door, &peer)
            if received != .nothing { return received }
            transport.wait(milliseconds: 400)
        }
        return .nothing
    }

    /// A send takes in what libzmq has to say of its socket, frames that came included.
    @Test func aFrameThatASendNoticedIsTakenAtOnce() throws {
        let context = try MessagingContext()
        let transport = try makeTransport(context)
        let dealer = try Socket(context, .dealer)
        try dealer.connect(endpoint(.query))
        send(dealer, [1])
        var peer = Peer()
        #expect(next(transport, .query, &peer) == .frame(bytes: 1))
        let first = peer
        let clock = ContinuousClock()
        var slept = 0
        for round in 0..<150 {
            while take(transport, .query, &peer) != .nothing {}
            send(dealer, [2])
            // Sometimes before the frame is there, sometimes after.
            usleep(UInt32(round * 2))
            let answer = [UInt8(3)].withUnsafeBytes {
                transport.send(.query, $0, to: first)
            }
            #expect(answer == .sent || answer == .wouldBlock)
            let start = clock.now
            #expect(next(transport, .query, &peer) == .frame(bytes: 1))
            if clock.now - start > .milliseconds(300) { slept += 1 }
            while dealer.receive(into: buffer) != .nothing {}
        }
        // A wait that sleeps over a frame takes its 400 ms in most rounds.
        #expect(slept < 20)
        dealer.close()
    }

    @Test func everyDoorIsHeardBesideABusyOne() throws {
        let context = try MessagingContext()
        let transport = try makeTransport(context)
        let dealers = try Door.allCases.map { door in
            let dealer = try Socket(context, .dealer)
            try dealer.connect(endpoint(door))
            return dealer
        }
        var peer = Peer()
        for _ in 0..<50 {
            for (index, door) in Door.allCases.enumerated().reversed() {
                send(dealers[index], [UInt8(index)])
                send(dealers[0], [9])
                #expect(next(transport, door, &peer) == .frame(bytes: 1))
                if index > 0 { #expect(next(transport, .ingest, &peer) == .frame(bytes: 1)) }
            }
            #expect(next(transport, .ingest, &peer) == .frame(bytes: 1))
        }
        dealers.forEach { $0.close() }
    }
}
