// What all connections together may hold. Limits of daemons in one process add up, so each of these
// tests has a process of its own. What passes returns: after `exit` a line would count as leaked.

import Glibc
import Platform
import Testing

@Suite struct GatePoolTests {
    typealias Line = SocketGateTests.Line

    /// Of a connection from whose last message on seventeen reads or more came, the buffers.
    static let mostBuffers = 17 * 8192

    /// A line in the middle of a frame: `bytes` of it came in twenty pieces. Whether all came.
    static func begin(_ line: Line, _ bytes: Int, encrypted: Bool = false) -> Bool {
        guard line.pass(encrypted ? SocketGateTests.encrypted : SocketGateTests.greeting) else {
            return false
        }
        let half = Array(SocketGateTests.frame(2 * bytes).prefix(bytes))
        return line.pass(half, piece: bytes / 20)
    }

    /// A line that brings whole frames of 16 KiB, which are taken at once. How many passed.
    static func stream(_ line: Line, frames: Int) -> Int {
        guard line.pass(SocketGateTests.greeting) else { return 0 }
        SocketGate.noteUseful(line.near)
        let frame = SocketGateTests.frame(16_384)
        for number in 0..<frames {
            guard line.pass(frame) else { return number }
            SocketGate.deliver(line.near, UInt64(frame.count))
        }
        return frames
    }

    static func open(pool: Int, connection: Int = 400_000) -> OpenGate {
        OpenGate(
            GateLimits(
                messageBytes: 40_000, connectionBytes: connection, poolBytes: pool,
                mostPoolBytes: pool))
    }

    @Test func whoIsGoneOwesNothing() async {
        await #expect(processExitsWith: .success) {
            let count = 40
            let gate = GatePoolTests.open(pool: count * GatePoolTests.mostBuffers)
            defer { withExtendedLifetime(gate) {} }
            // First, so that it gets no number of theirs, which would be counted anew.
            guard let honest = Line("honest") else { exit(2) }
            let lines = (0..<count).compactMap { Line("gone-\($0)") }
            guard lines.count == count, lines.allSatisfy({ GatePoolTests.begin($0, 2000) }) else {
                exit(1)
            }
            for line in lines { line.shut() }
            guard GatePoolTests.stream(honest, frames: 200) == 200 else { exit(3) }
        }
    }

    @Test func whoWasEndedOwesNothing() async {
        await #expect(processExitsWith: .success) {
            let count = 40
            let gate = GatePoolTests.open(pool: count * GatePoolTests.mostBuffers)
            defer { withExtendedLifetime(gate) {} }
            let lines = (0..<count).compactMap { Line("ended-\($0)") }
            guard lines.count == count, lines.allSatisfy({ GatePoolTests.begin($0, 2000) }) else {
                exit(1)
            }
            for line in lines {
                SocketGate.refuse(line.near, serial: SocketGate.serial(line.near))
            }
            guard let honest = Line("honest") else { exit(2) }
            guard GatePoolTests.stream(honest, frames: 200) == 200 else { exit(3) }
        }
    }

    @Test func newcomersBeyondThePoolAreEndedAndWhoIsOfUseIsNot() async {
        await #expect(processExitsWith: .success) {
            let gate = GatePoolTests.open(pool: 1_000_000)
            defer { withExtendedLifetime(gate) {} }
            guard let honest = Line("honest") else { exit(2) }
            guard GatePoolTests.stream(honest, frames: 20) == 20 else { exit(3) }
            let lines = (0..<40).compactMap { Line("newcomer-\($0)") }
            var passed = 0
            for line in lines where GatePoolTests.begin(line, 40_000) { passed += 1 }
            let ended = lines.count { SocketGate.ended($0.near) == .backlog }
            // Seven hold a million, and two more pass before it is noticed.
            guard lines.count == 40, passed <= 9, ended == 40 - passed else { exit(4) }
            let frame = SocketGateTests.frame(4000)
            for _ in 0..<100 {
                guard honest.pass(frame) else { exit(5) }
                SocketGate.deliver(honest.near, UInt64(frame.count))
            }
        }
    }

    /// With CURVE a message is copied out of the buffers of its reads; without, it keeps them.
    @Test func onlyWithoutEncryptionBuffersOfReadsCount() async {
        await #expect(processExitsWith: .success) {
            let gate = GatePoolTests.open(pool: 10_000_000, connection: 100_000)
            defer { withExtendedLifetime(gate) {} }
            guard let plain = Line("plain"), let curve = Line("curve") else { exit(2) }
            guard GatePoolTests.begin(curve, 2000, encrypted: true) else { exit(3) }
            guard !GatePoolTests.begin(plain, 2000),
                SocketGate.ended(plain.near) == .backlog
            else { exit(4) }
        }
    }

    /// What is forgiven comes from another thread, maybe a moment after the number's next owner.
    @Test func whatIsForgivenIsForOneConnection() async {
        await #expect(processExitsWith: .success) {
            let gate = GatePoolTests.open(pool: 10_000_000, connection: 100_000)
            defer { withExtendedLifetime(gate) {} }
            guard let first = Line("first") else { exit(2) }
            let serial = SocketGate.serial(first.near)
            guard let second = Line("second", replacing: first), second.near == first.near else {
                exit(3)
            }
            SocketGate.forgive(second.near, serial: serial, 50_000_000)
            guard second.pass(SocketGateTests.encrypted) else { exit(4) }
            var sent = 0
            while sent < 1_000_000, second.pass(SocketGateTests.frame(1000)) { sent += 1009 }
            guard sent > 90_000, sent <= 100_000 else { exit(5) }
            guard let third = Line("third"), third.pass(SocketGateTests.encrypted) else {
                exit(6)
            }
            SocketGate.forgive(third.near, serial: SocketGate.serial(third.near), 300_000)
            sent = 0
            while sent < 1_000_000, third.pass(SocketGateTests.frame(1000)) { sent += 1009 }
            guard sent > 390_000, sent <= 400_000 else { exit(7) }
        }
    }
}
