// Names and directories over Linux system calls.

import Glibc

extension LinuxStorage {
    /// fsync of the directory: names made, renamed or removed in it are durable afterwards.
    public func synchronizeDirectory(_ directory: String) throws(StorageError) {
        let descriptor = retried { Glibc.open(directory, O_RDONLY | O_CLOEXEC | O_DIRECTORY) }
        guard descriptor >= 0 else {
            throw Self.error(.synchronizeDirectory, directory, errno)
        }
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw Self.error(.synchronizeDirectory, directory, errno)
        }
    }

    /// Atomically gives `source` the name `target`.
    public func rename(_ source: String, to target: String) throws(StorageError) {
        guard Glibc.rename(source, target) == 0 else { throw Self.error(.rename, source, errno) }
    }

    /// Removes the name `path`.
    public func remove(_ path: String) throws(StorageError) {
        guard unlink(path) == 0 else { throw Self.error(.remove, path, errno) }
    }

    /// Names in `directory`, sorted by their bytes, without "." and "..".
    public func list(_ directory: String) throws(StorageError) -> [String] {
        guard let stream = opendir(directory) else { throw Self.error(.list, directory, errno) }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw Self.error(.list, directory, errno) }
                return names.sorted()
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
    }

    /// Makes `directory` and its missing parents with mode 0700, and makes each new name durable.
    public func makeDirectory(_ directory: String) throws(StorageError) {
        var made = directory.hasPrefix("/") ? "/" : ""
        // Parents may exist where we may not make any; what was refused counts if one is missing.
        var refusal: Int32 = 0
        for component in directory.split(separator: "/") {
            let parent = made.isEmpty ? "." : made
            made += made.isEmpty || made.hasSuffix("/") ? "\(component)" : "/\(component)"
            if mkdir(made, 0o700) == 0 {
                try synchronizeDirectory(parent)
            } else if errno == EROFS || errno == EACCES {
                refusal = errno
            } else if errno != EEXIST {
                throw Self.error(.makeDirectory, made, errno)
            }
        }
        var facts = stat()
        guard stat(directory, &facts) == 0 else {
            let number = errno
            throw Self.error(.makeDirectory, directory, refusal != 0 ? refusal : number)
        }
        guard facts.st_mode & S_IFMT == S_IFDIR else {
            throw .inputOutput(operation: .makeDirectory, path: directory, errorNumber: ENOTDIR)
        }
    }

    /// flock(LOCK_EX | LOCK_NB) on `path`, made with mode 0600 if missing.
    public func lock(_ path: String) throws(StorageError) -> StorageFile {
        let file = try open(path, .createOrOpen)
        let result = retried { flock(file.handle, LOCK_EX | LOCK_NB) }
        guard result == 0 else {
            let number = errno
            close(file)
            if number == EWOULDBLOCK { throw .locked(path: path) }
            throw Self.error(.lock, path, number)
        }
        return file
    }
}
