// `millrace` as a user types it: arguments in, exit code, standard output and standard error out.

import Glibc
import MillraceProtocol
import Testing

/// What a command did.
struct CommandResult {
    /// The exit code, 128 + signal, or nil when it did not end in time.
    let code: Int32?
    let output: String
    let errors: String

    /// Standard output as one JSON document.
    var document: JSON? { JSON(output) }
}

/// A command that runs.
final class RunningCommand {
    let process: ChildProcess
    private let place: Workplace
    private let name: String

    fileprivate init?(
        _ arguments: [String], environment: [String: String], input: String, pipe: Int32?,
        _ place: Workplace, _ number: Int
    ) {
        self.place = place
        name = "command-\(number)"
        guard
            let process = ChildProcess(
                Build.path("millrace"), arguments, environment: environment,
                output: "\(place.path)/\(name).out", errors: "\(place.path)/\(name).err",
                input: input, pipe: pipe)
        else { return nil }
        self.process = process
    }

    /// Waits for its end.
    func wait(seconds: Double = 30) -> CommandResult {
        let code = process.wait(seconds: seconds)
        return CommandResult(
            code: code, output: place.read("\(name).out"), errors: errors)
    }

    /// Standard output so far.
    var output: String { place.read("\(name).out") }

    /// Standard error so far.
    var errors: String { place.read("\(name).err") }
}

/// Runs commands against one daemon, with a spool of their own.
final class CommandClient {
    let place: Workplace
    private let environment: [String: String]
    private var count = 0

    /// - state: the daemon's state directory, given by MILLRACE_STATE.
    init(state: String) {
        place = Workplace()
        environment = [
            "MILLRACE_STATE": state, "MILLRACE_SPOOL": "\(place.path)/spool", "HOME": place.path,
        ]
    }

    /// Starts a command.
    func start(
        _ arguments: [String], input: String = "/dev/null", pipe: Int32? = nil,
        changed: [String: String] = [:]
    ) -> RunningCommand? {
        count += 1
        let command = RunningCommand(
            arguments, environment: environment.merging(changed) { $1 }, input: input, pipe: pipe,
            place, count)
        if command == nil { Issue.record("millrace \(arguments) could not be started") }
        return command
    }

    /// Runs a command to its end.
    func run(
        _ arguments: [String], input: String = "/dev/null", changed: [String: String] = [:]
    ) -> CommandResult {
        start(arguments, input: input, changed: changed)?.wait()
            ?? CommandResult(code: nil, output: "", errors: "")
    }

    /// `millrace status --json`, decoded; nil when the daemon does not answer.
    func status() -> StatusReply? {
        let result = run(["status", "--json"])
        guard result.code == 0 else { return nil }
        var text = result.output
        return text.withUTF8 {
            try? ControlCodec.decodeReply(StatusReply.self, UnsafeRawBufferPointer($0))
        }
    }

    /// One producer of the status.
    func producer(_ name: String) -> ProducerStatus? {
        status()?.producers.first { $0.name == name }
    }

    /// Polls until `condition` holds for the producer, at most `seconds`.
    func wait(
        for name: String, seconds: Double = 20, _ condition: (ProducerStatus) -> Bool
    ) -> ProducerStatus? {
        for _ in 0..<Int(seconds * 40) {
            if let producer = producer(name), condition(producer) { return producer }
            usleep(25_000)
        }
        Issue.record("\(name) did not get there in \(seconds) s")
        return nil
    }
}

/// Count, sum and exclusive-or of the numbers 1…n, as a producer's state keeps them.
struct IdSet: Equatable {
    private(set) var count: UInt64 = 0
    private(set) var sum: UInt64 = 0
    private(set) var xor: UInt64 = 0

    /// The numbers of `runs`, one after the other.
    init(_ runs: ClosedRange<UInt64>...) {
        for run in runs { for number in run { add(number) } }
    }

    /// What a status says.
    init?(_ producer: ProducerStatus) {
        guard let sum = Hexadecimal.value(producer.idSum),
            let xor = Hexadecimal.value(producer.idXor)
        else { return nil }
        (count, self.sum, self.xor) = (producer.idCount, sum, xor)
    }

    private mutating func add(_ number: UInt64) {
        count += 1
        sum &+= number
        // SplitMix64's finaliser (Steele, Lea and Flood 2014), written down a second time.
        var word = number &+ 0x9E37_79B9_7F4A_7C15
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        xor ^= word ^ (word >> 31)
    }
}
