// What the environment may say about inherited sockets; the sockets themselves are tested with the
// real daemon (CommandTests/Service).

import Platform
import Testing

@Suite struct InheritedSocketsTests {
    private func take(
        _ environment: [String: String]
    ) throws(ActivationError) -> [InheritedSocket] {
        try InheritedSockets.take(
            environment: environment, processIdentifier: 42, names: ["ingest", "query"], most: 4)
    }

    @Test func nothingIsTakenThatIsForSomebodyElse() throws {
        #expect(try take([:]) == [])
        #expect(try take(["LISTEN_FDS": "2"]) == [])
        #expect(try take(["LISTEN_FDS": "2", "LISTEN_PID": "43"]) == [])
        #expect(try take(["LISTEN_PID": "42"]) == [])
        #expect(try take(["LISTEN_FDS": "0", "LISTEN_PID": "42"]) == [])
    }

    @Test(arguments: ["x", "-1", "5", "99999999999999999999", ""])
    func aCountThatIsNoneIsRefused(count: String) {
        #expect(throws: ActivationError.badCount(count, most: 4)) {
            try take(["LISTEN_FDS": count, "LISTEN_PID": "42"])
        }
    }

    @Test func aNameForEachSocket() {
        #expect(throws: ActivationError.namesDiffer(descriptors: 2, names: 1)) {
            try take(["LISTEN_FDS": "2", "LISTEN_PID": "42", "LISTEN_FDNAMES": "ingest"])
        }
        #expect(throws: ActivationError.namesDiffer(descriptors: 1, names: 2)) {
            try take(["LISTEN_FDS": "1", "LISTEN_PID": "42", "LISTEN_FDNAMES": "ingest:"])
        }
    }
}
