// A file system in memory that fails where a test says, as real ones do: unsynchronised bytes
// and names may vanish, arrive out of order or in part. The same seed gives the same disk.
//
// Every call of `Storage` but `close` and `discardCache` is one operation with an index. A test
// runs once without fault to count the operations, and then once per index and kind of fault.
// Directories themselves are durable at once; names in them after `synchronizeDirectory`.

import Glibc
import Platform
import Synchronization

/// A disk in memory, with faults.
public final class SimulatedDisk: Storage, @unchecked Sendable {
    /// What an operation does after the fault was looked up.
    private enum Effect {
        case crash(part: Int)
        case fail(StorageError, part: Int)
        case happen
    }

    private let lock = Mutex<Void>(())
    private var generator: SeededGenerator
    private var fault: DiskFault?
    private var isCrashed = false
    private var isBroken = false
    private var names: [String: SimulatedFile] = [:]
    private var durableNames: [String: SimulatedFile] = [:]
    private var pendingNames: [NameChange] = []
    private var directories: Set<String> = ["", ".", "/"]
    private var open: [Int32: (file: SimulatedFile, path: String)] = [:]
    private var locks: [String: Int32] = [:]
    private var nextHandle: Int32 = 3
    private var count = 0
    /// Operations of the fault's kind since it was armed, and all when the process started.
    private var matches = 0
    private var countAtStart = 0
    private var hits: [DiskFaultHit] = []

    /// An empty disk with the directories `directories`.
    public init(seed: UInt64, directories: [String] = [], fault: DiskFault? = nil) {
        generator = SeededGenerator(seed: seed)
        self.fault = fault
        self.directories.formUnion(directories)
    }

    /// Operations so far.
    public var operationCount: Int { lock.withLock { _ in count } }
    /// Whether the crash has happened.
    public var hasCrashed: Bool { lock.withLock { _ in isCrashed } }
    /// Whether the fault has come up.
    public private(set) var hasFaulted = false

    /// The faults that came up since this was asked; of a persistent one the first.
    public func takeHits() -> [DiskFaultHit] {
        lock.withLock { _ in
            defer { hits = [] }
            return hits
        }
    }

    /// The machine comes back: descriptors and locks are gone, of what was not synchronised `mode`
    /// says what is left, and from now on `fault` is the fault.
    public func restart(_ mode: RestartMode, fault: DiskFault? = nil) {
        lock.withLock { _ in
            self.fault = fault
            matches = 0
            countAtStart = count
            isCrashed = false
            isBroken = false
            open = [:]
            locks = [:]
            guard mode != .processKilled else { return }
            for change in pendingNames {
                let isKept =
                    switch mode {
                    case .keepAll: true
                    case .keepSubset, .tearSectors: Bool.random(using: &generator)
                    case .dropUnsynchronized, .processKilled: false
                    }
                if isKept { change.apply(to: &durableNames) }
            }
            pendingNames = []
            var files: [ObjectIdentifier: SimulatedFile] = [:]
            for (_, file) in durableNames.sorted(by: { $0.key < $1.key })
            where files.updateValue(file, forKey: ObjectIdentifier(file)) == nil {
                file.cutPower(mode, &generator)
            }
            names = durableNames
        }
    }

    /// From now on `fault` is the fault; nil: none.
    public func arm(_ fault: DiskFault?) {
        lock.withLock { _ in
            self.fault = fault
            matches = 0
            isBroken = false
        }
    }

    /// The contents of a file as programs see them; nil when there is none.
    public func contents(_ path: String) -> [UInt8]? {
        lock.withLock { _ in names[path]?.cached }
    }

    /// Sets the contents of a file, durably, without an operation.
    public func setContents(_ path: String, _ bytes: [UInt8]) {
        lock.withLock { _ in
            let file = names[path] ?? SimulatedFile()
            file.cached = bytes
            file.durable = bytes
            file.pending = []
            names[path] = file
            durableNames[path] = file
        }
    }

    // MARK: - Operations and faults

    private func begin(
        _ operation: StorageOperation, _ path: String, takesSpace: Bool = false
    ) throws(StorageError) -> Effect {
        let failure = StorageError.inputOutput(
            operation: operation, path: path, errorNumber: EIO)
        guard !isCrashed else { throw failure }
        var index = count
        count += 1
        if let wanted = fault?.operation {
            guard operation == wanted else { return .happen }
            index = matches
            matches += 1
        }
        guard let fault, index >= fault.operationIndex else { return .happen }
        let isFirst = index == fault.operationIndex
        let part = Int.random(in: 0...2, using: &generator)
        switch fault.kind {
        case .crash:
            isCrashed = true
            note(fault, operation, path)
            return .crash(part: part)
        case .inputOutputOnce where isFirst, .inputOutputPersistent:
            note(fault, operation, path)
            return .fail(failure, part: part)
        case .noSpaceOnce where isFirst && takesSpace, .noSpacePersistent where takesSpace:
            note(fault, operation, path)
            return .fail(.noSpace(path: path), part: 0)
        case .shortWrite where isFirst && operation == .write:
            note(fault, operation, path)
            return .fail(.noSpace(path: path), part: 1)
        default: return .happen
        }
    }

    private func note(_ fault: DiskFault, _ operation: StorageOperation, _ path: String) {
        hasFaulted = true
        guard !isBroken else { return }
        isBroken = true
        hits.append(
            DiskFaultHit(
                kind: fault.kind, operation: operation, path: path,
                place: count - 1 - countAtStart))
    }

    /// Runs an operation that happens as a whole or not at all.
    private func perform<T>(
        _ operation: StorageOperation, _ path: String, takesSpace: Bool = false,
        _ body: () throws(StorageError) -> T
    ) throws(StorageError) -> T {
        try perform(operation, path, takesSpace: takesSpace, partial: {}, body)
    }

    /// Runs an operation; `partial` does half of it.
    private func perform<T>(
        _ operation: StorageOperation, _ path: String, takesSpace: Bool = false,
        partial: () -> Void, _ body: () throws(StorageError) -> T
    ) throws(StorageError) -> T {
        try lock.withLock { (_) throws(StorageError) -> T in
            let effect = try begin(operation, path, takesSpace: takesSpace)
            switch effect {
            case .happen: return try body()
            case .crash(let part):
                if part == 1 { partial() }
                if part == 2 { _ = try body() }
                throw .inputOutput(operation: operation, path: path, errorNumber: EIO)
            case .fail(let error, let part):
                if part > 0 { partial() }
                throw error
            }
        }
    }

    private func opened(
        _ file: StorageFile, _ operation: StorageOperation
    ) throws(StorageError) -> (file: SimulatedFile, path: String) {
        guard let found = open[file.handle] else {
            throw .inputOutput(operation: operation, path: "closed", errorNumber: EBADF)
        }
        return found
    }

    private func pathOf(_ file: StorageFile) -> String {
        lock.withLock { _ in open[file.handle]?.path ?? "closed" }
    }

    private func change(_ change: NameChange) {
        change.apply(to: &names)
        pendingNames.append(change)
    }

    private func newHandle(_ file: SimulatedFile, _ path: String) -> StorageFile {
        nextHandle += 1
        open[nextHandle] = (file, path)
        return StorageFile(handle: nextHandle)
    }

    // MARK: - Storage

    /// Opens `path`.
    public func open(_ path: String, _ mode: StorageMode) throws(StorageError) -> StorageFile {
        let makes = mode == .createNew || mode == .createOrOpen
        return try perform(.open, path, takesSpace: makes) { () throws(StorageError) in
            if let file = names[path] {
                guard mode != .createNew else { throw .alreadyExists(path: path) }
                return newHandle(file, path)
            }
            guard makes, directories.contains(NameChange.directory(of: path)) else {
                throw .notFound(path: path)
            }
            let file = SimulatedFile()
            change(.link(path, file))
            return newHandle(file, path)
        }
    }

    /// Closes `file`.
    public func close(_ file: StorageFile) {
        lock.withLock { _ in
            open[file.handle] = nil
            locks = locks.filter { $0.value != file.handle }
        }
    }

    /// Size of `file`.
    public func size(_ file: StorageFile) throws(StorageError) -> Int {
        try perform(.size, pathOf(file)) { () throws(StorageError) in
            try opened(file, .size).file.cached.count
        }
    }

    /// Extends `file` to `bytes`.
    public func preallocate(_ file: StorageFile, bytes: Int) throws(StorageError) {
        try perform(.preallocate, pathOf(file), takesSpace: true) { () throws(StorageError) in
            let target = try opened(file, .preallocate).file
            if target.cached.count < bytes { target.apply(.resize(bytes)) }
        }
    }

    /// Reads exactly `buffer.count` bytes.
    public func read(
        _ file: StorageFile, into buffer: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(StorageError) {
        try perform(.read, pathOf(file)) { () throws(StorageError) in
            let (source, path) = try opened(file, .read)
            let available = max(0, source.cached.count - offset)
            guard available >= buffer.count else {
                throw .truncated(
                    path: path, expectedBytes: offset + buffer.count,
                    foundBytes: source.cached.count)
            }
            source.cached.withUnsafeBytes {
                buffer.copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: $0[offset..<(offset + buffer.count)]))
            }
        }
    }

    /// Writes all of `buffer`; a crash or fault may leave half of it.
    public func write(
        _ file: StorageFile, _ buffer: UnsafeRawBufferPointer, at offset: Int
    ) throws(StorageError) {
        let half = UnsafeRawBufferPointer(rebasing: buffer[..<(buffer.count / 2)])
        try perform(
            .write, pathOf(file), takesSpace: true,
            partial: {
                open[file.handle]?.file.apply(.write(offset: offset, bytes: Array(half)))
            },
            { () throws(StorageError) in
                try opened(file, .write).file
                    .apply(.write(offset: offset, bytes: Array(buffer)))
            })
    }

    /// Makes the bytes of `file` durable. When it fails, any part of them may be, and the rest
    /// never will, although reads still show it.
    public func synchronize(_ file: StorageFile) throws(StorageError) {
        try lock.withLock { (_) throws(StorageError) in
            let path = open[file.handle]?.path ?? "closed"
            switch try begin(.synchronize, path) {
            case .happen: try opened(file, .synchronize).file.synchronize()
            case .crash(let part):
                if part == 2 { try opened(file, .synchronize).file.synchronize() }
                throw .inputOutput(operation: .synchronize, path: path, errorNumber: EIO)
            case .fail(let error, _):
                open[file.handle]?.file.failSynchronize(&generator)
                throw error
            }
        }
    }

    /// Forgets what is not on the disk and not waiting for it.
    public func discardCache(_ file: StorageFile) {
        lock.withLock { _ in
            guard !isCrashed else { return }
            open[file.handle]?.file.discardCache()
        }
    }

    /// Sets the length of `file`.
    public func truncate(_ file: StorageFile, bytes: Int) throws(StorageError) {
        try perform(.truncate, pathOf(file)) { () throws(StorageError) in
            try opened(file, .truncate).file.apply(.resize(bytes))
        }
    }

    /// Makes the names in `directory` durable.
    public func synchronizeDirectory(_ directory: String) throws(StorageError) {
        try perform(.synchronizeDirectory, directory) { () throws(StorageError) in
            guard directories.contains(directory) else { throw .notFound(path: directory) }
            for change in pendingNames where NameChange.directory(of: change.path) == directory {
                change.apply(to: &durableNames)
            }
            pendingNames.removeAll { NameChange.directory(of: $0.path) == directory }
        }
    }

    /// Gives `source` the name `target`.
    public func rename(_ source: String, to target: String) throws(StorageError) {
        try perform(.rename, source, takesSpace: true) { () throws(StorageError) in
            guard let file = names[source] else { throw .notFound(path: source) }
            change(.rename(from: source, to: target, file))
        }
    }

    /// Removes the name `path`.
    public func remove(_ path: String) throws(StorageError) {
        try perform(.remove, path) { () throws(StorageError) in
            guard names[path] != nil else { throw .notFound(path: path) }
            change(.unlink(path))
        }
    }

    /// Names in `directory`, sorted.
    public func list(_ directory: String) throws(StorageError) -> [String] {
        try perform(.list, directory) { () throws(StorageError) in
            guard directories.contains(directory) else { throw .notFound(path: directory) }
            return names.keys.filter { NameChange.directory(of: $0) == directory }
                .map { String($0.dropFirst(directory == "." ? 0 : directory.count + 1)) }
                .sorted()
        }
    }

    /// Makes `directory` and its parents.
    public func makeDirectory(_ directory: String) throws(StorageError) {
        try perform(.makeDirectory, directory, takesSpace: true) { () throws(StorageError) in
            var path = directory
            while !path.isEmpty, path != ".", directories.insert(path).inserted {
                path = NameChange.directory(of: path)
            }
        }
    }

    /// Takes the lock on `path`.
    public func lock(_ path: String) throws(StorageError) -> StorageFile {
        try perform(.lock, path) { () throws(StorageError) in
            guard locks[path] == nil else { throw .locked(path: path) }
            let file = names[path] ?? SimulatedFile()
            if names[path] == nil { change(.link(path, file)) }
            let handle = newHandle(file, path)
            locks[path] = handle.handle
            return handle
        }
    }
}
