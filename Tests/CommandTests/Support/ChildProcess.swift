// Real executables of this build, started and ended by their own process id.

import Glibc
import Simulation
import Testing

/// Where the executables of this build are: beside the test bundle.
enum Build {
    static let directory: String = {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, 4095)
        guard count > 0 else { return "." }
        let bytes = buffer[..<count].map { UInt8(bitPattern: $0) }
        let path = String(decoding: bytes, as: UTF8.self)
        // The test bundle is an executable here; under another runner look from the arguments.
        let bundle =
            path.contains(".xctest") ? path : CommandLine.arguments.first { $0.contains(".xctest") }
        return (bundle ?? path).split(separator: "/", omittingEmptySubsequences: false)
            .dropLast().joined(separator: "/")
    }()

    static func path(_ name: String) -> String { "\(directory)/\(name)" }
}

/// A child process; killed when it is forgotten.
final class ChildProcess {
    let identifier: pid_t
    private var status: Int32?
    /// Whether its end left a core file, as the kernel says.
    private(set) var dumpedCore = false

    /// Starts `path`.
    /// - output: file that gets standard output, and standard error when `errors` is nil.
    /// - pipe: a descriptor that becomes standard input, instead of the file `input`.
    init?(
        _ path: String, _ arguments: [String], environment: [String: String] = [:],
        output: String = "/dev/null", errors: String? = nil, input: String = "/dev/null",
        pipe: Int32? = nil
    ) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let pipe {
            posix_spawn_file_actions_adddup2(&actions, pipe, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        }
        let writing = O_WRONLY | O_CREAT | O_APPEND
        posix_spawn_file_actions_addopen(&actions, 1, output, writing, 0o600)
        if let errors {
            posix_spawn_file_actions_addopen(&actions, 2, errors, writing, 0o600)
        } else {
            posix_spawn_file_actions_adddup2(&actions, 1, 2)
        }
        Self.closeOthers(&actions)
        var variables = ["PATH=/usr/bin:/bin", "SWIFT_BACKTRACE=enable=no"]
        variables += environment.map { "\($0.key)=\($0.value)" }
        var argv = ([path] + arguments).map { strdup($0) }
        var envp = variables.map { strdup($0) }
        defer { (argv + envp).forEach { free($0) } }
        argv.append(nil)
        envp.append(nil)
        var child = pid_t()
        guard posix_spawn(&child, path, &actions, nil, argv, envp) == 0 else { return nil }
        identifier = child
    }

    /// A child gets none of this process's descriptors: a connection that another test closes, or a
    /// port that it gives back, would stay open in it.
    private static func closeOthers(_ actions: inout posix_spawn_file_actions_t) {
        // glibc 2.34 has it; its header shows it to C with GNU extensions only.
        typealias CloseFrom =
            @convention(c) (
                UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32
            ) -> Int32
        guard let symbol = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np") else { return }
        _ = unsafeBitCast(symbol, to: CloseFrom.self)(&actions, 3)
    }

    deinit {
        if status == nil {
            kill(identifier, SIGKILL)
            _ = wait(seconds: 5)
        }
    }

    /// The exit code, 128 + signal, or nil if it still runs after `seconds`.
    func wait(seconds: Double) -> Int32? {
        if let status { return status }
        let rounds = Int(seconds * 200) + 1
        for _ in 0..<rounds {
            var raw: Int32 = 0
            if waitpid(identifier, &raw, WNOHANG) == identifier {
                let signal = raw & 0x7f
                dumpedCore = raw & 0x80 != 0
                status = signal == 0 ? (raw >> 8) & 0xff : 128 + signal
                return status
            }
            usleep(5_000)
        }
        return nil
    }

    func send(_ signal: Int32) { kill(identifier, signal) }
}

/// A folder of its own for a test, removed at its end.
typealias Workplace = TemporaryFolder

extension TemporaryFolder {
    /// A file of it as text; nothing if it cannot be read.
    func read(_ name: String) -> String {
        String(decoding: Self.bytes("\(path)/\(name)"), as: UTF8.self)
    }

    /// A whole file anywhere; nothing if it cannot be read.
    static func bytes(_ path: String) -> [UInt8] {
        guard let handle = fopen(path, "r") else { return [] }
        defer { fclose(handle) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&chunk, 1, chunk.count, handle)
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        return bytes
    }
}
