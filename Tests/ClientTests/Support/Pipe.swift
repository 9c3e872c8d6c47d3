// Standard input as the tests see it: rows come once.

import Client
import Platform
import Simulation

final class Pipe: RowReader {
    let isSeekable = false
    private let first: UInt64
    private let last: UInt64
    /// The first row that nobody has read.
    private(set) var position: UInt64

    init(from first: UInt64, to last: UInt64) {
        self.first = first
        self.last = last
        position = first
    }

    func read(
        from index: UInt64, atMost most: Int, into batch: inout RowBatch
    ) throws(ClientError) -> RowStep {
        guard first + index == position else {
            throw ClientError(.internalError, "row \(index) was asked for again")
        }
        guard position < last else { return .end }
        batch = RowBatch()
        while batch.count < most, position < last {
            batch.features += NumberedRows.row(position)
            batch.classes.append(Int32(position % 2))
            batch.count += 1
            position += 1
        }
        return .rows(batch.count)
    }
}

enum LinuxStorageNames {
    /// Names of journal chunks below the folder.
    static func rows(in folder: TemporaryFolder) throws -> [String] {
        let storage = LinuxStorage()
        return try storage.list(folder.path).flatMap { name in
            try storage.list(folder.path + "/" + name).filter { $0.hasSuffix(".rows") }
        }
    }
}
