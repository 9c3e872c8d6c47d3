// A configuration that loads, and ways to change it.

import Configuration
import Glibc

let minimal = """
    [input]
    features = 4

    [output]
    task = "classification"
    classes = ["a", "b"]
    """

/// Loads `text` as the file `test.toml`.
func load(
    _ text: String, environment: [String: String] = [:], flags: [ConfigurationFlag] = []
) throws(ConfigurationErrors) -> MillraceConfiguration {
    try ConfigurationLoader.load(
        ConfigurationInputs(path: "test.toml", text: text, environment: environment, flags: flags))
}

/// The problems that loading finds; none if it succeeds.
func problems(
    _ text: String, environment: [String: String] = [:], flags: [ConfigurationFlag] = []
) -> [ConfigurationProblem] {
    do throws(ConfigurationErrors) {
        _ = try load(text, environment: environment, flags: flags)
        return []
    } catch {
        return error.problems
    }
}

/// Runs `body` with the path of a file that holds `text`, and removes it.
func withFile(_ name: String, _ text: String, _ body: (String) throws -> Void) rethrows {
    var template = Array("/tmp/millrace-test-XXXXXX".utf8CString)
    let directory = template.withUnsafeMutableBufferPointer { buffer in
        buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) } ?? "/tmp"
    }
    let path = directory + "/" + name
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    let bytes = Array(text.utf8)
    var done = 0
    while done < bytes.count {
        let got = bytes.withUnsafeBytes { raw in
            write(descriptor, raw.baseAddress.map { $0 + done }, bytes.count - done)
        }
        guard got > 0 else { break }
        done += got
    }
    close(descriptor)
    defer {
        unlink(path)
        rmdir(directory)
    }
    try body(path)
}

/// A small seeded generator (xorshift64*).
struct TestRandom {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }

    mutating func below(_ bound: Int) -> Int { Int(next() >> 33) % bound }
}

/// The package's folder.
let packageRoot = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
