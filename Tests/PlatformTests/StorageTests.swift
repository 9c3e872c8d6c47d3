// Goal: the Linux storage and the simulated disk keep the same contract.

import Glibc
import Platform
import Simulation
import Testing

/// A storage to test, in a directory of its own.
private struct Place {
    let storage: any Storage
    let directory: String

    static func each(_ body: (Place) throws -> Void) throws {
        try body(Place(storage: SimulatedDisk(seed: 1, directories: ["d"]), directory: "d"))
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        let directory = "\(base)/millrace-storage-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        try #require(mkdir(directory, 0o700) == 0)
        let storage = LinuxStorage()
        defer {
            for name in (try? storage.list(directory)) ?? [] { unlink("\(directory)/\(name)") }
            rmdir(directory)
        }
        try body(Place(storage: storage, directory: directory))
    }

    func path(_ name: String) -> String { "\(directory)/\(name)" }

    func write(_ file: StorageFile, _ bytes: [UInt8], at offset: Int) throws {
        try bytes.withUnsafeBytes { try storage.write(file, $0, at: offset) }
    }

    func read(_ file: StorageFile, _ count: Int, at offset: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0xEE, count: count)
        try bytes.withUnsafeMutableBytes { try storage.read(file, into: $0, at: offset) }
        return bytes
    }
}

@Suite struct StorageTests {
    @Test func writesAndReads() throws {
        try Place.each { place in
            let file = try place.storage.open(place.path("a"), .createNew)
            try place.storage.preallocate(file, bytes: 100)
            #expect(try place.storage.size(file) == 100)
            try place.write(file, [1, 2, 3], at: 98)
            #expect(try place.storage.size(file) == 101)
            #expect(try place.read(file, 4, at: 97) == [0, 1, 2, 3])
            try place.storage.synchronize(file)
            place.storage.discardCache(file)
            #expect(try place.read(file, 4, at: 97) == [0, 1, 2, 3])
            #expect(
                throws: StorageError.truncated(
                    path: place.path("a"), expectedBytes: 105, foundBytes: 101)
            ) {
                _ = try place.read(file, 5, at: 100)
            }
            try place.storage.truncate(file, bytes: 2)
            #expect(try place.storage.size(file) == 2)
            place.storage.close(file)
            try place.storage.synchronizeDirectory(place.directory)
        }
    }

    @Test func namesAndModes() throws {
        try Place.each { place in
            let storage = place.storage
            #expect(throws: StorageError.notFound(path: place.path("a"))) {
                _ = try storage.open(place.path("a"), .readOnly)
            }
            storage.close(try storage.open(place.path("a"), .createNew))
            #expect(throws: StorageError.alreadyExists(path: place.path("a"))) {
                _ = try storage.open(place.path("a"), .createNew)
            }
            storage.close(try storage.open(place.path("b"), .createOrOpen))
            #expect(try storage.list(place.directory) == ["a", "b"])
            try storage.rename(place.path("b"), to: place.path("a"))
            #expect(try storage.list(place.directory) == ["a"])
            try storage.remove(place.path("a"))
            #expect(throws: StorageError.notFound(path: place.path("a"))) {
                try storage.remove(place.path("a"))
            }
            #expect(try storage.list(place.directory).isEmpty)
        }
    }

    @Test func lockIsExclusiveUntilClosed() throws {
        try Place.each { place in
            let held = try place.storage.lock(place.path("lock"))
            #expect(throws: StorageError.locked(path: place.path("lock"))) {
                _ = try place.storage.lock(place.path("lock"))
            }
            place.storage.close(held)
            place.storage.close(try place.storage.lock(place.path("lock")))
        }
    }

    /// A child process that is just being started has a copy of every descriptor; it must not
    /// keep a lock that its parent has given back.
    @Test func aCopiedDescriptorKeepsNoLock() throws {
        try Place.each { place in
            guard place.storage is LinuxStorage else { return }
            let held = try place.storage.lock(place.path("lock"))
            let copy = fcntl(held.handle, F_DUPFD_CLOEXEC, 0)
            defer { close(copy) }
            #expect(copy >= 0)
            place.storage.close(held)
            place.storage.close(try place.storage.lock(place.path("lock")))
        }
    }

    @Test func linuxFollowsNoLinkAndMakesPrivateFiles() throws {
        try Place.each { place in
            guard place.storage is LinuxStorage else { return }
            place.storage.close(try place.storage.open(place.path("a"), .createNew))
            var facts = stat()
            #expect(stat(place.path("a"), &facts) == 0)
            #expect(facts.st_mode & 0o777 == 0o600)
            #expect(symlink(place.path("a"), place.path("link")) == 0)
            #expect(
                throws: StorageError.inputOutput(
                    operation: .open, path: place.path("link"), errorNumber: ELOOP)
            ) {
                _ = try place.storage.open(place.path("link"), .readWrite)
            }
            #expect(mkfifo(place.path("pipe"), 0o600) == 0)
            #expect(throws: StorageError.self) {
                _ = try place.storage.open(place.path("pipe"), .readOnly)
            }
            try place.storage.makeDirectory(place.path("x/y"))
            #expect(stat(place.path("x/y"), &facts) == 0)
            #expect(facts.st_mode & 0o777 == 0o700)
            try place.storage.makeDirectory(place.path("x/y"))
            #expect(throws: StorageError.self) {
                try place.storage.makeDirectory(place.path("a/b"))
            }
            rmdir(place.path("x/y"))
            rmdir(place.path("x"))
        }
    }

    @Test func full() throws {
        let disk = SimulatedDisk(seed: 1, directories: ["d"])
        let file = try disk.open("d/a", .createNew)
        disk.arm(DiskFault(.noSpacePersistent, at: disk.operationCount))
        #expect(throws: StorageError.noSpace(path: "d/a")) { try disk.preallocate(file, bytes: 9) }
        #expect(try disk.size(file) == 0)
    }

    /// The simulated disk forgets what was not synchronised, and lies after a failed sync as
    /// Linux does.
    @Test func failedSyncLooksGoodUntilTheCacheIsDiscarded() throws {
        var lost = 0
        for seed in UInt64(1)...32 {
            let disk = SimulatedDisk(seed: seed, directories: ["d"])
            let place = Place(storage: disk, directory: "d")
            let file = try disk.open("d/a", .createNew)
            try place.write(file, [1], at: 0)
            disk.arm(DiskFault(.inputOutputOnce, at: disk.operationCount))
            #expect(throws: StorageError.self) { try disk.synchronize(file) }
            #expect(try place.read(file, 1, at: 0) == [1])
            try disk.synchronize(file)
            #expect(try place.read(file, 1, at: 0) == [1])
            disk.discardCache(file)
            if try disk.size(file) == 0 { lost += 1 }
        }
        #expect(lost > 0)
        #expect(lost < 32)
    }

    @Test func clockMovesOnlyWhenTold() {
        let clock = ManualClock(nowNanoseconds: 5)
        #expect(clock.nowNanoseconds == 5)
        clock.advance(milliseconds: 2)
        #expect(clock.nowNanoseconds == 2_000_005)
        let machine = MachineClock()
        let start = machine.nowNanoseconds
        #expect(machine.nowNanoseconds >= start)
    }
}
