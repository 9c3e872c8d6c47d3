// Predictions beside a stream: always from a durable generation, never from an older one than
// the last answer, and the same bytes for the same generation.

import Glibc
import Messaging
import MillraceProtocol
import Testing

@Suite struct QueryWhileLearningTests {
    private static let schema = WireSchema(
        elementType: .i16, featureCount: 64, outputCount: 64, task: .classification)

    /// Eight samples, the same at every question.
    private static let rows: [UInt8] = (0..<(8 * 64)).flatMap { index in
        let value = Int16((index * 37) % 1000)
        return withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    private func predict(_ query: RawQuery) -> Prediction? {
        query.predict(Self.rows, count: 8, schema: Self.schema)
    }

    private func newest(_ query: RawQuery) -> UInt64? {
        query.ask(ControlRequest(command: .status))?["generation"]?.integer.map(UInt64.init)
    }

    @Test func answersFollowTheDurableGenerations() throws {
        let daemon = RealDaemon()
        let user = CommandClient(state: daemon.state)
        try #require(daemon.start())
        let query = try RawQuery(daemon.endpoint("query"))
        let stream = try #require(
            user.start([
                "stream", "morse:seed=9", "--name", "m", "--limit", "24000", "--rate", "8000",
            ]))
        var answers: [UInt64: Prediction] = [:]
        var last: UInt64 = 0
        var count = 0
        while stream.process.wait(seconds: 0) == nil {
            let answer = try #require(predict(query))
            let durable = try #require(newest(query))
            #expect(answer.generation >= last, "an answer went back")
            #expect(answer.generation <= durable, "an answer was ahead of the disk")
            if let earlier = answers[answer.generation] { #expect(earlier == answer) }
            answers[answer.generation] = answer
            last = answer.generation
            count += 1
            usleep(500)
        }
        #expect(stream.wait().code == 0)
        #expect(answers.count > 5, "\(count) answers from \(answers.count) generations")
        #expect(count > answers.count, "generations were asked more than once")
        let different = Set(answers.values.map(\.outputs))
        #expect(different.count > 5, "learning changes the answers")
    }

    /// No crash takes back a generation that an answer has named.
    @Test(arguments: [1, 2, 3])
    func anAnswersGenerationSurvivesAKillAtOnce(seed: Int) throws {
        let daemon = RealDaemon()
        let user = CommandClient(state: daemon.state)
        try #require(daemon.start())
        let stream = try #require(user.start(["stream", "morse:seed=\(seed)", "--name", "m"]))
        let query = try RawQuery(daemon.endpoint("query"))
        let first = try #require(predict(query))
        var answer = first
        for _ in 0..<5_000 where answer.generation < first.generation + 3 + UInt64(seed) {
            answer = try #require(predict(query))
            usleep(1_000)
        }
        #expect(answer.generation > first.generation)
        daemon.kill()
        try #require(daemon.start())
        let again = try RawQuery(daemon.endpoint("query"))
        let after = try #require(predict(again))
        #expect(after.generation >= answer.generation, "seed \(seed)")
        stream.process.send(SIGKILL)
    }

    @Test func answersFollowARollback() throws {
        let daemon = RealDaemon(
            configuration: RealDaemon.morse.replacing(
                "interval-milliseconds = 50", with: "interval-milliseconds = 60000")
                + "\n[ring]\nslots = 8\n")
        let user = CommandClient(state: daemon.state)
        try #require(daemon.start())
        let query = try RawQuery(daemon.endpoint("query"))
        let words = ["stream", "morse:seed=4", "--name"]
        #expect(user.run(words + ["first", "--limit", "1500"]).code == 0)
        let early = try #require(predict(query))
        #expect(user.run(words + ["second", "--limit", "1500"]).code == 0)
        let late = try #require(predict(query))
        #expect(late.outputs != early.outputs)
        let back = user.run(["rollback", "\(early.generation)", "--json"])
        #expect(back.code == 0, "\(back.errors)")
        let restored = try #require(predict(query))
        #expect(restored.generation == late.generation + 1)
        #expect(restored.outputs == early.outputs && restored.classes == early.classes)
        let forward = user.run(["rollback", "\(late.generation)"])
        #expect(forward.code == 0)
        #expect(predict(query)?.outputs == late.outputs)
        // And it is so after a restart.
        daemon.kill()
        try #require(daemon.start())
        let again = try RawQuery(daemon.endpoint("query"))
        #expect(predict(again)?.outputs == late.outputs)
    }
}
