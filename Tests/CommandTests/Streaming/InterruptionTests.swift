// Either side goes away in mid-stream, kindly or not; in the end every sample was learned once,
// in order, and the state is that of a stream that nobody disturbed.

import Glibc
import MillraceProtocol
import Testing

@Suite struct InterruptionTests {
    private static let samples: UInt64 = 9_000
    private static let words = [
        "stream", "morse:seed=5,noise=0.05", "--name", "m", "--limit", "\(samples)", "--json",
    ]

    /// The digest of the undisturbed stream.
    private static let undisturbed: String? = {
        let daemon = RealDaemon()
        let user = CommandClient(state: daemon.state)
        guard daemon.start(), user.run(words).code == 0 else { return nil }
        return user.status()?.stateDigest
    }()

    /// Nothing lost, nothing repeated, same bytes.
    private func isWhole(_ user: CommandClient) throws {
        let status = try #require(user.status())
        let producer = try #require(status.producers.first)
        #expect(producer.epoch == 1 && producer.balances)
        #expect(producer.durable == Self.samples && producer.refused == 0)
        #expect(IdSet(producer) == IdSet(1...Self.samples))
        #expect(try status.stateDigest == #require(Self.undisturbed))
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGKILL])
    func anInterruptedClientContinuesWithTheSameCommand(signal: Int32) throws {
        let daemon = RealDaemon()
        let user = CommandClient(state: daemon.state)
        try #require(daemon.start())
        let first = try #require(user.start(Self.words + ["--rate", "1500"]))
        let seen = try #require(user.wait(for: "m") { $0.durable > 1_500 })
        first.process.send(signal)
        let stopped = first.wait()
        #expect(stopped.code == (signal == SIGKILL ? 128 + SIGKILL : 130))
        if signal != SIGKILL {
            #expect(stopped.document?["interrupted"]?.flag == true)
            #expect(stopped.document?["finished"]?.flag == false)
        }
        let middle = try #require(user.producer("m"))
        #expect(middle.durable >= seen.durable && middle.learned < Self.samples)
        let second = user.run(Self.words)
        #expect(second.code == 0, "\(second.errors)")
        #expect((second.document?["resumedAt"]?.integer ?? 0) >= Int(seen.durable))
        #expect(second.document?["acknowledged"]?.integer == Int(Self.samples))
        try isWhole(user)
    }

    @Test(arguments: [SIGKILL, SIGTERM])
    func theDaemonRestartsInMidStreamAndTheClientGoesOn(signal: Int32) throws {
        let daemon = RealDaemon()
        let user = CommandClient(state: daemon.state)
        try #require(daemon.start())
        let stream = try #require(user.start(Self.words + ["--rate", "1500"]))
        var durable: UInt64 = 0
        for _ in 0..<2 {
            let seen = try #require(user.wait(for: "m") { $0.durable > durable + 1_000 })
            durable = seen.durable
            if signal == SIGKILL { daemon.kill() } else { #expect(daemon.stop() == 0) }
            usleep(100_000)
            try #require(daemon.start())
            let after = try #require(user.wait(for: "m") { $0.epoch == 1 })
            #expect(after.durable >= durable, "what was acknowledged is there")
        }
        let result = stream.wait(seconds: 60)
        #expect(result.code == 0, "\(result.errors)")
        #expect(result.document?["acknowledged"]?.integer == Int(Self.samples))
        #expect((result.document?["greetings"]?.integer ?? 0) >= 3)
        try isWhole(user)
    }

    @Test func theClientWaitsForADaemonThatStaysAwayAndCanBeStopped() throws {
        let daemon = RealDaemon()
        let user = CommandClient(state: daemon.state)
        try #require(daemon.start())
        let stream = try #require(user.start(Self.words + ["--rate", "1500"]))
        _ = user.wait(for: "m") { $0.durable > 500 }
        daemon.kill()
        usleep(300_000)
        #expect(stream.process.wait(seconds: 0) == nil, "it waits for the daemon to come back")
        stream.process.send(SIGINT)
        #expect(stream.wait().code == 130)
        #expect(user.run(Self.words + ["--timeout", "0.2"]).code == 69)
        try #require(daemon.start())
        #expect(user.run(Self.words).code == 0)
        try isWhole(user)
    }
}
