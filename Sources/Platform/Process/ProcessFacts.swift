// What the kernel says about this process.

import CMachine
import Glibc
import Synchronization

/// Facts about the running process.
public enum ProcessFacts {
    /// Resident memory in bytes, from /proc/self/statm; 0 where that is missing.
    public static var residentBytes: Int { memoryPages.resident * pageBytes }

    /// Resident memory that no file backs: not the executable and its libraries. 0 where
    /// /proc/self/statm is missing.
    public static var privateBytes: Int {
        let pages = memoryPages
        return max(0, pages.resident - pages.shared) * pageBytes
    }

    /// Gives memory that malloc has free back to the kernel.
    public static func returnFreeMemory() { machine_return_memory() }

    /// Raises the limit of open descriptors towards `wanted`; what it is then.
    public static func allowDescriptors(_ wanted: Int) -> Int {
        Int(clamping: machine_allow_descriptors(UInt64(wanted)))
    }

    private static var pageBytes: Int { Int(sysconf(Int32(_SC_PAGESIZE))) }

    /// /proc/self/statm, open from the first look on: to open it costs four times what reading it
    /// does, and the connection guard reads it several times in a look.
    private static let statm = Atomic<Int32>(-1)

    private static var statmDescriptor: Int32 {
        let known = statm.load(ordering: .acquiring)
        guard known < 0 else { return known }
        let opened = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else { return -1 }
        let (isFirst, first) = statm.compareExchange(
            expected: -1, desired: opened, ordering: .acquiringAndReleasing)
        guard !isFirst else { return opened }
        close(opened)
        return first
    }

    /// The second and third number of /proc/self/statm.
    private static var memoryPages: (resident: Int, shared: Int) {
        let descriptor = statmDescriptor
        guard descriptor >= 0 else { return (0, 0) }
        return withUnsafeTemporaryAllocation(byteCount: 128, alignment: 1) { buffer in
            let count = pread(descriptor, buffer.baseAddress, 127, 0)
            guard count > 0 else { return (0, 0) }
            var field = 0
            var pages = (resident: 0, shared: 0)
            for index in 0..<count {
                let byte = buffer[index]
                if byte == UInt8(ascii: " ") {
                    field += 1
                    if field == 3 { break }
                } else if byte >= 48, byte <= 57 {
                    let digit = Int(byte &- 48)
                    switch field {
                    case 1: pages.resident = pages.resident &* 10 &+ digit
                    case 2: pages.shared = pages.shared &* 10 &+ digit
                    default: break
                    }
                }
            }
            return (pages.resident, pages.shared)
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
