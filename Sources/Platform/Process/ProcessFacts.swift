// What the kernel says about this process.

import CMachine
import Glibc

/// Facts about the running process.
public enum ProcessFacts {
    /// Resident memory in bytes, from /proc/self/statm; 0 where that is missing.
    public static var residentBytes: Int {
        let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        return withUnsafeTemporaryAllocation(byteCount: 128, alignment: 1) { buffer in
            let count = read(descriptor, buffer.baseAddress, 127)
            guard count > 0 else { return 0 }
            var fields = 0
            var pages = 0
            for index in 0..<count {
                let byte = buffer[index]
                if byte == UInt8(ascii: " ") {
                    fields += 1
                    if fields == 2 { break }
                } else if fields == 1, byte >= 48, byte <= 57 {
                    pages = pages &* 10 &+ Int(byte &- 48)
                }
            }
            return pages &* Int(sysconf(Int32(_SC_PAGESIZE)))
        }
    }

    /// This process's number.
    public static var processIdentifier: Int32 { getpid() }

    /// An environment variable's value.
    public static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// The whole environment; of a variable that is set twice, the first value.
    public static var environment: [String: String] {
        var result: [String: String] = [:]
        guard var entry = machine_environment() else { return result }
        while let text = entry.pointee {
            let pair = String(cString: text)
            if let equals = pair.firstIndex(of: "=") {
                let name = String(pair[..<equals])
                if result[name] == nil { result[name] = String(pair[pair.index(after: equals)...]) }
            }
            entry += 1
        }
        return result
    }

    /// Keeps glibc's malloc to `count` arenas; call before the first thread starts.
    public static func limitMallocArenas(_ count: Int32) {
        machine_limit_malloc_arenas(count)
    }
}
