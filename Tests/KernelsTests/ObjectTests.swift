// Reads the object files of this very build: code for newer processors must not be where an
// older one would run it. The looking is done by `scripts/check-kernel-objects`.
//
// Proved to fail when a kernel sorts an array (weak generic functions), when a small public
// kernel is neither marked `@inline(never)` nor built with -disable-cmo (inlined into the
// chooser), and when a baseline module is built with -march=x86-64-v3.

import Glibc
import Testing

#if DEBUG
    private let isRelease = false
#else
    private let isRelease = true
#endif

#if arch(x86_64)
    private let hasSeveralBuilds = true
#else
    private let hasSeveralBuilds = false
#endif

struct ObjectTests {
    @Test(
        .enabled(if: isRelease, "only an optimised build is what people run"),
        .enabled(if: hasSeveralBuilds, "one build of the kernels on this architecture"))
    func newInstructionsStayInTheirModules() throws {
        let build = try #require(buildDirectory(), "no folder of this program")
        let script = packageRoot() + "/scripts/check-kernel-objects"
        let (status, output) = try run("'\(script)' '\(build)' 2>&1")
        #expect(status == 0, "\(output)")
        #expect(output.isEmpty)
    }

    /// The checker itself must not be content with a folder that holds nothing.
    @Test(.enabled(if: hasSeveralBuilds, "one build of the kernels on this architecture"))
    func anEmptyFolderIsNoProof() throws {
        let script = packageRoot() + "/scripts/check-kernel-objects"
        let (status, _) = try run("'\(script)' /nonexistent 2>&1")
        #expect(status != 0)
    }

    /// The folder of the running test program: object folders are its siblings, whatever
    /// scratch path the build used.
    private func buildDirectory() -> String? {
        var bytes = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &bytes, bytes.count - 1)
        guard count > 0 else { return nil }
        var parts = String(decoding: bytes[0..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
            .split(separator: "/", omittingEmptySubsequences: false)
        parts.removeLast()
        return parts.joined(separator: "/")
    }

    private func packageRoot(file: String = #filePath) -> String {
        file.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
            .joined(separator: "/")
    }

    /// Runs a command in the shell; its exit status and what it printed.
    private func run(_ command: String) throws -> (status: Int32, output: String) {
        let stream = try #require(popen(command, "r"), "no shell")
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = fread(&buffer, 1, buffer.count, stream)
            if count == 0 { break }
            output += buffer[0..<count]
        }
        let status = pclose(stream)
        return ((status >> 8) & 0xFF, String(decoding: output, as: UTF8.self))
    }
}
