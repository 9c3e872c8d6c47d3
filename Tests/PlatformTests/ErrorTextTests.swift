// What a person reads when a file cannot be used.

import Glibc
import Platform
import Simulation
import Testing

@Suite struct ErrorTextTests {
    @Test(arguments: [
        (StorageError.alreadyExists(path: "d/a"), "d/a already exists"),
        (.locked(path: "d/a"), "d/a is locked by another process"),
        (.noSpace(path: "d/a"), "no space left on the disk for d/a"),
        (.notFound(path: "d/a"), "d/a: no such file or directory"),
        (.permissionDenied(path: "d/a"), "d/a: permission denied"),
        (
            .truncated(path: "d/a", expectedBytes: 9, foundBytes: 4),
            "d/a ends after 4 of the 9 bytes that it should have"
        ),
        (
            .inputOutput(operation: .synchronize, path: "d/a", errorNumber: EIO),
            "d/a cannot be made durable: Input/output error"
        ),
    ]) func everyErrorSaysWhatAndWhere(error: StorageError, text: String) {
        #expect("\(error)" == text)
    }

    @Test func whatIsNotARegularFileIsNamedForWhatItIs() throws {
        let place = TemporaryFolder()
        place.makeDirectory("folder")
        #expect(mkfifo("\(place.path)/pipe", 0o600) == 0)
        #expect(symlink("pipe", "\(place.path)/link") == 0)
        for (name, cause) in [
            ("folder", "Is a directory"), ("pipe", "it is not a regular file"),
            ("link", "it is a symbolic link, and links are not followed"),
        ] {
            let path = "\(place.path)/\(name)"
            let error = #expect(throws: StorageError.self) {
                _ = try LinuxStorage().open(path, .readOnly)
            }
            #expect(error.map { "\($0)" } == "\(path) cannot be opened: \(cause)")
        }
    }

    @Test func memoryThatIsRefusedSaysHowMuch() {
        let error = #expect(throws: MemoryRegionError.self) {
            _ = try MemoryRegion(byteCount: 1 << 60)
        }
        let text = error.map { "\($0)" }
        #expect(
            text == "the machine would not give \(1 << 60) bytes of memory: Cannot allocate memory")
    }
}
