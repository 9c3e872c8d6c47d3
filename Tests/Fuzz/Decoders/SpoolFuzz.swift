// What a producer finds of itself after a crash: the record (JSON), and a chunk of its journal.
//
//     spool     the file NAME.json
//     journal   first byte: bit 0 = the chunk begins at the highest number there is, bit 1 = a
//               second chunk follows; then the chunk's bytes
//
// What holds for every file: no trap; a record that was read can be stored and read again; rows of
// a recovered journal are the rows that it gives out, and it can be written on.

import Client
import MillraceProtocol
import Platform
import Simulation

enum SpoolFuzz {
    static let record = FuzzTarget("spool", run: runRecord)
    static let journal = FuzzTarget(
        "journal",
        seeds: { [0, 1, 2, 3].map { [$0] + [UInt8](repeating: 0, count: 2 * rowBytes + 8) } },
        mend: mendJournal, run: runJournal)

    private static let rowBytes = 6
    private static let epoch: UInt32 = 5

    private static func openSpool(_ disk: SimulatedDisk) -> Spool {
        guard
            let spool = try? Spool(
                storage: disk, root: "root", endpoint: "tcp://127.0.0.1:7411", name: "fuzz")
        else { fatalError("broken: an empty disk takes a spool") }
        return spool
    }

    private static func runRecord(_ bytes: UnsafeRawBufferPointer) {
        let disk = SimulatedDisk(seed: 1)
        let spool = openSpool(disk)
        disk.setContents("\(spool.directory)/fuzz.json", Array(bytes))
        guard let record = try? spool.load() else { return }
        for number in [1, 2, record.acknowledged, .max] where number > 0 {
            switch record.place(of: number) {
            case .reserved(let count): promise(count > 0, "a reserved run has numbers")
            case .sample(let index): promise(index < number, "an index is below its number")
            }
            promise(record.samples(through: number) <= number, "samples are numbers")
            blackHole(record.samplesInARow(from: number))
        }
        promise((try? spool.store(record)) != nil, "a record that was read can be stored")
        promise((try? spool.load()) == record, "a record that was stored is read again")
    }

    private static func firstNumber(_ form: UInt8) -> UInt64 { form & 1 == 0 ? 7 : .max }

    private static func runJournal(_ bytes: UnsafeRawBufferPointer) {
        guard let form = bytes.first else { return }
        let disk = SimulatedDisk(seed: 1)
        let spool = openSpool(disk)
        let chunk = Array(bytes.dropFirst())
        let first = firstNumber(form)
        func name(_ number: UInt64) -> String {
            "\(spool.directory)/fuzz-\(epoch)-\(Hexadecimal.digits(number)).rows"
        }
        disk.setContents(name(first), chunk)
        if form & 2 != 0 { disk.setContents(name(first &+ 2), chunk) }
        guard
            let journal = try? Journal(spool: spool, epoch: epoch, next: 3, rowBytes: rowBytes)
        else { return }
        let available = journal.available(from: first)
        promise(available <= UInt64(chunk.count / (rowBytes + 4)), "rows are in the file")
        if available > 0 {
            let rows = (try? journal.read(first, count: Int(available))) ?? []
            promise(rows.count == Int(available) * rowBytes, "rows that are there can be read")
        }
        guard journal.next < .max - 8 else { return }
        let next = journal.next
        let row: [UInt8] = [1, 2, 3, 4, 5, 6]
        promise(
            row.withUnsafeBytes { try? journal.append($0, count: 1) } != nil, "a journal goes on")
        promise((try? journal.read(next, count: 1)) == row, "a row is read as it was written")
        promise((try? journal.prune(through: next)) != nil, "a journal forgets")
    }

    /// Rows with the checksum of their number, so that mutations reach what is behind it.
    private static func mendJournal(_ bytes: UnsafeMutableRawBufferPointer) {
        guard let form = bytes.first else { return }
        let stride = rowBytes + 4
        for index in 0..<((bytes.count - 1) / stride) {
            let start = 1 + index * stride
            let number = firstNumber(form) &+ UInt64(index)
            let words = (number.littleEndian, UInt64(epoch).littleEndian)
            let row = UnsafeRawBufferPointer(rebasing: bytes[(start + 4)..<(start + stride)])
            let seed = withUnsafeBytes(of: words) { CRC32C.checksum($0) }
            bytes.storeBytes(
                of: CRC32C.checksum(row, seed: seed).littleEndian, toByteOffset: start,
                as: UInt32.self)
        }
    }
}
