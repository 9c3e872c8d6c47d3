// Goal: a spool whose files are damaged is never taken for another one. Method: every bit of a
// record flipped and the record cut at every length: an error, or the same record; every byte of
// a journal flipped and the journal cut at every length: rows that come out are the rows that went
// in, from the first one on.

import Client
import MillraceProtocol
import Platform
import Simulation
import Testing

@Suite struct SpoolDamageTests {
    private func spool(_ disk: SimulatedDisk) throws -> Spool {
        try Spool(storage: disk, root: "/spool", endpoint: "ipc:///x", name: "rig")
    }

    @Test func everyBitAndEveryLengthOfARecord() throws {
        let disk = SimulatedDisk(seed: 1)
        let spool = try spool(disk)
        var record = SpoolRecord(name: "rig", endpoint: "ipc:///x", source: "rows.csv 17 91")
        record.epoch = 3
        record.reserved = [
            ReservedNumbers(first: 11, count: 4), ReservedNumbers(first: 90, count: 1),
        ]
        record.acknowledged = 128
        try spool.store(record)
        let path = spool.directory + "/rig.json"
        let bytes = try #require(disk.contents(path))
        #expect(try spool.load() == record)
        var found = 0
        for index in bytes.indices {
            for bit in 0..<8 {
                var flipped = bytes
                flipped[index] ^= 1 << UInt8(bit)
                disk.setContents(path, flipped)
                if let loaded = try? spool.load() {
                    #expect(loaded == record, "byte \(index), bit \(bit)")
                } else {
                    found += 1
                }
            }
            disk.setContents(path, Array(bytes[..<index]))
            #expect(throws: ClientError.self, "length \(index)") { try spool.load() }
        }
        print("spool record: \(found) of \(8 * bytes.count) flipped bits found, the rest harmless")
    }

    @Test func everyByteAndEveryLengthOfAJournal() throws {
        let rowBytes = 12
        let rows = (0..<24).flatMap { row in (0..<rowBytes).map { UInt8(7 * row + $0) } }
        let disk = SimulatedDisk(seed: 1)
        let spool = try spool(disk)
        let path = spool.directory + "/rig-2-\(Hexadecimal.digits(UInt64(5))).rows"
        do {
            let journal = try Journal(spool: spool, epoch: 2, next: 5, rowBytes: rowBytes)
            try rows.withUnsafeBytes { try journal.append($0, count: 24) }
        }
        let bytes = try #require(disk.contents(path))
        func expectTruth(_ damaged: [UInt8], _ text: String) throws {
            disk.setContents(path, damaged)
            let journal = try Journal(spool: spool, epoch: 2, next: 5, rowBytes: rowBytes)
            let count = Int(journal.available(from: 5))
            let read = count > 0 ? try journal.read(5, count: count) : []
            #expect(read == Array(rows[..<(count * rowBytes)]), "\(text)")
            #expect(journal.next == 5 + UInt64(count), "\(text)")
            // And it goes on from there.
            try rows[..<rowBytes].withUnsafeBytes { try journal.append($0, count: 1) }
            #expect(journal.available(from: 5) == UInt64(count + 1), "\(text)")
            try journal.removeAll()
        }
        for index in bytes.indices {
            for pattern in [UInt8(1), 0x80, 0xFF] {
                var flipped = bytes
                flipped[index] ^= pattern
                try expectTruth(flipped, "byte \(index)")
            }
            try expectTruth(Array(bytes[..<index]), "length \(index)")
        }
    }
}
