// One look at /proc, as numbers. Reading is separate from arithmetic so that tests can feed both.
//
// Every file is optional: a kernel or container that hides one gives nil, never an error. Fields
// are taken by position as proc(5) defines them; what cannot be parsed counts as absent.

import Glibc

/// Counters and gauges of one moment.
struct HostReading: Equatable {
    /// user + nice, system + irq + softirq, iowait, and all together, in ticks.
    var cpu: (user: UInt64, system: UInt64, wait: UInt64, total: UInt64)?
    /// Averages over 1 and 5 minutes.
    var load: (one: Double, five: Double)?
    /// Share of memory that is not available, 0…1.
    var memoryUsed: Double?
    var pageFaults: UInt64?
    var contextSwitches: UInt64?
    var interrupts: UInt64?
    /// Bytes over all interfaces but the loopback.
    var network: (received: UInt64, sent: UInt64)?
    /// Completed reads and writes over all whole disks.
    var disk: (reads: UInt64, writes: UInt64)?

    /// Reads the files under `root` (normally "/proc").
    init(root: String) {
        if let text = Self.contents(root + "/stat") { takeStat(text) }
        if let text = Self.contents(root + "/loadavg") {
            let words = text.split(separator: " ")
            if words.count >= 2, let one = Double(words[0]), let five = Double(words[1]),
                one.isFinite, five.isFinite
            {
                load = (one, five)
            }
        }
        if let text = Self.contents(root + "/meminfo") { takeMemory(text) }
        if let text = Self.contents(root + "/vmstat") {
            pageFaults = Self.value(of: "pgfault", in: text)
        }
        if let text = Self.contents(root + "/net/dev") { takeNetwork(text) }
        if let text = Self.contents(root + "/diskstats") { takeDisks(text) }
    }

    static func == (a: HostReading, b: HostReading) -> Bool {
        String(describing: a) == String(describing: b)
    }

    private mutating func takeStat(_ text: String) {
        contextSwitches = Self.value(of: "ctxt", in: text)
        interrupts = Self.value(of: "intr", in: text)
        let first = text.prefix { $0 != "\n" }.split(separator: " ")
        let ticks = first.dropFirst().prefix(8).compactMap { UInt64($0) }
        guard first.first == "cpu", ticks.count == 8 else { return }
        cpu = (
            ticks[0] &+ ticks[1], ticks[2] &+ ticks[5] &+ ticks[6], ticks[4],
            ticks.reduce(0, &+)
        )
    }

    private mutating func takeMemory(_ text: String) {
        guard let total = Self.value(of: "MemTotal:", in: text), total > 0,
            let available = Self.value(of: "MemAvailable:", in: text)
        else { return }
        memoryUsed = 1 - min(1, Double(available) / Double(total))
    }

    private mutating func takeNetwork(_ text: String) {
        var sum: (received: UInt64, sent: UInt64) = (0, 0)
        for line in text.split(separator: "\n").dropFirst(2) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let interface = line[..<colon].drop { $0 == " " }
            let fields = line[line.index(after: colon)...].split(separator: " ")
            guard interface != "lo", fields.count >= 9, let received = UInt64(fields[0]),
                let sent = UInt64(fields[8])
            else { continue }
            sum = (sum.received &+ received, sum.sent &+ sent)
        }
        network = sum
    }

    private mutating func takeDisks(_ text: String) {
        var sum: (reads: UInt64, writes: UInt64) = (0, 0)
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count >= 8, Self.isWholeDisk(fields[2]), let reads = UInt64(fields[3]),
                let writes = UInt64(fields[7])
            else { continue }
            sum = (sum.reads &+ reads, sum.writes &+ writes)
        }
        disk = sum
    }

    /// sda, vda, nvme0n1, mmcblk0 and the like; not their partitions, not loop, ram or dm.
    static func isWholeDisk(_ name: Substring) -> Bool {
        if ["loop", "ram", "dm-", "md", "sr", "zram"].contains(where: name.hasPrefix) {
            return false
        }
        guard let last = name.last, last.isNumber else { return true }
        guard name.hasPrefix("nvme") || name.hasPrefix("mmcblk") else { return false }
        return !name.dropFirst(4).contains("p")
    }

    /// The number after `key` at the start of a line.
    static func value(of key: String, in text: String) -> UInt64? {
        for line in text.split(separator: "\n") where line.hasPrefix(key + " ") {
            return line.dropFirst(key.count).split(separator: " ").first.flatMap { UInt64($0) }
        }
        return nil
    }

    /// A file of /proc as text, at most 256 KiB of it; nil if it cannot be read.
    private static func contents(_ path: String) -> String? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 262_144)
        var used = 0
        while used < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress.map { $0 + used }, buffer.count - used)
            }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { break }
            used += got
        }
        return used > 0 ? String(decoding: bytes[..<used], as: UTF8.self) : nil
    }
}
