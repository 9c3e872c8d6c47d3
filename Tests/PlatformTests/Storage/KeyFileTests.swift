// Goal: a secret is read only where nobody else could, and made so that nobody else ever could.

import Glibc
import Platform
import Simulation
import Testing

@Suite struct KeyFileTests {
    private let folder = TemporaryFolder()

    private func mode(_ path: String) -> mode_t? {
        var facts = stat()
        return lstat(path, &facts) == 0 ? facts.st_mode & 0o7777 : nil
    }

    private func problem(
        _ path: String, _ privacy: KeyFile.Privacy = .owner
    ) -> KeyFileError.Problem? {
        do throws(KeyFileError) {
            _ = try KeyFile.read(path, privacy: privacy, limit: 8)
            return nil
        } catch {
            return error.problem
        }
    }

    /// The umask is the whole process's: that it does not matter is a test of `millrace keygen`.
    @Test func aFileHasItsMode() throws {
        for bits: mode_t in [0o600, 0o644, 0o666, 0o400] {
            let path = "\(folder.path)/\(bits)"
            try KeyFile.create(path, [1, 2], mode: bits)
            #expect(mode(path) == bits)
        }
    }

    @Test func nothingIsWrittenOver() throws {
        let path = "\(folder.path)/a"
        try KeyFile.create(path, [1], mode: 0o600)
        #expect(throws: KeyFileError(path, .failed(EEXIST))) {
            try KeyFile.create(path, [2], mode: 0o600)
        }
        #expect(try KeyFile.read(path, privacy: .owner, limit: 8) == [1])
        // A link, also one into nowhere, is something that is there.
        let link = "\(folder.path)/link"
        symlink("\(folder.path)/target", link)
        #expect(throws: KeyFileError(link, .failed(EEXIST))) {
            try KeyFile.create(link, [2], mode: 0o600)
        }
        #expect(mode("\(folder.path)/target") == nil)
    }

    @Test func whatOthersCanReadIsRefused() throws {
        let path = folder.write("a", [1, 2, 3])
        for bits: mode_t in [0o600, 0o400] {
            chmod(path, bits)
            #expect(problem(path) == nil)
        }
        for bits: mode_t in [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644, 0o666] {
            chmod(path, bits)
            #expect(problem(path) == .exposed(mode: bits))
            #expect(problem(path, .everybody) == nil)
        }
        // An access list of the service manager's shows as permission of the group.
        chmod(path, 0o440)
        #expect(problem(path, .credential) == nil)
        chmod(path, 0o444)
        #expect(problem(path, .credential) == .exposed(mode: 0o444))
        let error = KeyFileError(path, .exposed(mode: 0o644))
        #expect("\(error)".contains("mode 0644") && error.advice.contains("chmod 600 \(path)"))
    }

    @Test func whatIsNoFileOfItsOwnIsRefused() throws {
        let path = folder.write("a", [1])
        chmod(path, 0o600)
        let link = "\(folder.path)/link"
        symlink(path, link)
        #expect(problem(link) == .failed(ELOOP))
        #expect(problem("\(folder.path)/nothing") == .failed(ENOENT))
        #expect(problem(folder.path) == .failed(EINVAL))
        let pipe = "\(folder.path)/pipe"
        mkfifo(pipe, 0o600)
        #expect(problem(pipe) == .failed(EINVAL))
        let long = folder.write("long", [UInt8](repeating: 1, count: 9))
        chmod(long, 0o600)
        #expect(problem(long) == .tooLarge(limit: 8))
        guard geteuid() == 0 else { return }
        chown(path, 12_345, 12_345)
        #expect(problem(path) == .foreign(owner: 12_345))
    }

    @Test func whatFailsLeavesNothing() {
        let path = "\(folder.path)/none/a"
        #expect(throws: KeyFileError(path, .failed(ENOENT))) {
            try KeyFile.create(path, [1], mode: 0o600)
        }
    }
}
