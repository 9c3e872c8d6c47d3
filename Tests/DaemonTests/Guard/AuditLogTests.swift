// The record of what was done to generations: it turns over at its size, and a disk that fails at
// any operation costs at most the entry that was being written.

import Daemon
import MillraceProtocol
import Platform
import Simulation
import Testing

@Suite struct AuditLogTests {
    private func entry(_ number: Int, bytes: Int = 20) -> AuditEntry {
        AuditEntry(
            time: "2026-01-01T00:00:00Z", event: "hold", by: "admin",
            why: String(repeating: "x", count: bytes), from: UInt64(number))
    }

    private func lines(_ disk: SimulatedDisk, _ name: String) -> Int {
        (disk.contents("/state/" + name) ?? []).count { $0 == 0x0A }
    }

    @Test func itTurnsOverAndKeepsOnePredecessor() throws {
        let disk = SimulatedDisk(seed: 1, directories: ["/state"])
        let log = AuditLog(storage: disk, directory: "/state")
        let lineBytes = 1_100
        // Three files' worth: the first is gone in the end.
        let total = 3 * AuditLog.rotationBytes / lineBytes
        for number in 1...total { try log.append(entry(number, bytes: 1_000)) }
        let newest = disk.contents("/state/audit.jsonl")?.count ?? 0
        let older = disk.contents("/state/audit.1.jsonl")?.count ?? 0
        #expect(newest > 0 && newest < AuditLog.rotationBytes + 2 * lineBytes)
        #expect(older >= AuditLog.rotationBytes && older < AuditLog.rotationBytes + 2 * lineBytes)
        #expect(lines(disk, "audit.jsonl") + lines(disk, "audit.1.jsonl") < total)
        #expect(log.history.count == AuditLog.historyLength)
        #expect(log.history.last?.from == UInt64(total))
        // Another process reads the ends of both files.
        disk.restart(.dropUnsynchronized)
        let again = AuditLog(storage: disk, directory: "/state").history
        #expect(again.last?.from == UInt64(total) && again.count > 40)
        #expect(zip(again, again.dropFirst()).allSatisfy { $0.from < $1.from })
    }

    /// Every operation of six entries, a turn-over among them, with every kind of fault.
    @Test func afterAnyFaultEveryEntryThatWasWrittenIsThere() throws {
        let full = [UInt8](repeating: 0x0A, count: AuditLog.rotationBytes - 250)
        var faults = 0
        for kind in DiskFault.Kind.allCases {
            for operation in 0..<28 {
                let disk = SimulatedDisk(seed: UInt64(operation), directories: ["/state"])
                disk.setContents("/state/audit.jsonl", full)
                disk.arm(DiskFault(kind, at: disk.operationCount + operation))
                let log = AuditLog(storage: disk, directory: "/state")
                var written: [UInt64] = []
                for number in 1...6 {
                    do throws(StorageError) {
                        try log.append(entry(number))
                        written.append(UInt64(number))
                    } catch { faults += 1 }
                }
                #expect(log.history.count == 6)
                let modes = RestartMode.allCases
                disk.restart(modes[operation % modes.count])
                disk.arm(nil)
                let next = AuditLog(storage: disk, directory: "/state")
                let found = next.history.map(\.from)
                let words = "\(kind) at \(operation): \(written) of \(found)"
                #expect(written.allSatisfy(found.contains), "\(words)")
                #expect(found == found.sorted(), "\(words)")
                // And it goes on, after whatever the file ends with.
                try next.append(entry(7))
                let last = AuditLog(storage: disk, directory: "/state").history
                #expect(last.last?.from == 7, "\(words)")
            }
        }
        #expect(faults > 60)
    }

    @Test func whatCannotBeReadIsPassedOver() throws {
        let disk = SimulatedDisk(seed: 1, directories: ["/state"])
        disk.setContents("/state/audit.jsonl", Array("{\"half\":\n\u{0}\u{0}[]\n\n{".utf8))
        let log = AuditLog(storage: disk, directory: "/state")
        #expect(log.history.isEmpty)
        try log.append(entry(1))
        #expect(AuditLog(storage: disk, directory: "/state").history.map(\.from) == [1])
    }
}
