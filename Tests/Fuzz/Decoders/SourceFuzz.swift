// Files of samples: .npy with labels, CSV, JSON Lines. The first byte chooses options, the rest is
// the file (for .npy split in two: u16 = bytes of the features' file, then labels). Files are
// memory that has a path.
//
// What holds for every file: no trap; rows one by one are the rows in batches; a text read as a
// stream has the rows of the same text read as a file; the first row is the same when it is read
// again after the last.

import Glibc
import SampleSources

enum SourceFuzz {
    static let npy = FuzzTarget("npy", run: runNpy)
    static let csv = FuzzTarget("csv") { runText($0, .csv) }
    static let jsonLines = FuzzTarget("jsonlines") { runText($0, .jsonLines) }

    private static func runNpy(_ bytes: UnsafeRawBufferPointer) {
        var input = InputReader(bytes)
        let form = input.byte()
        let features = MemoryFile(input.run(input.word()))
        let labels = MemoryFile(input.remaining)
        var options = options(form)
        if form & 64 != 0 { options.labelsPath = labels.path }
        guard let source = try? NpySource(path: features.path, options: options) else { return }
        checkRows(source)
    }

    private static func runText(_ bytes: UnsafeRawBufferPointer, _ format: TextFormat) {
        guard let form = bytes.first else { return }
        let text = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
        var options = options(form)
        options.format = form & 128 != 0 ? nil : format
        if form & 32 != 0 { options.hasHeader = form & 64 != 0 }
        let file = MemoryFile(text)
        if var table = try? TextTable(path: file.path, options: options) {
            while let row = try? table.next() {
                promise(row.count == table.names.count, "a row has one text per column")
            }
        }
        guard let source = try? TextSource(path: file.path, format, options) else { return }
        let rows = checkRows(source)
        file.rewind()
        options.format = format
        let stream = try? TextSource(descriptor: file.descriptor, options)
        guard let stream else { fatalError("broken: what opens as a file opens as a stream") }
        promise(allRows(stream, batch: 7) == rows, "a stream has the rows of the file")
    }

    /// What the user and the daemon may say about a source.
    private static func options(_ form: UInt8) -> SourceOptions {
        var options = SourceOptions()
        switch form & 7 {
        case 1:
            options.expected = ExpectedSchema(
                element: .f32, featureCount: 3,
                labels: .classIndices(classCount: 3, names: ["a", "b", "c"]))
        case 2:
            options.expected = ExpectedSchema(
                element: .u8, featureCount: 2, labels: .classIndices(classCount: 2, names: []))
        case 3: options.expected = ExpectedSchema(element: .i16, featureCount: 4)
        case 4:
            options.expected = ExpectedSchema(
                element: .f32, featureCount: 2, featureNames: ["x", "y"],
                labels: .values(count: 1))
        case 5: options.labelColumns = "-1"
        case 6: options.featureColumns = "1-2"
        case 7: options.unlabelled = true
        default: break
        }
        if form & 8 != 0 { options.limit = 3 }
        if form & 16 != 0 { options.separator = UInt8(ascii: ";") }
        return options
    }

    @discardableResult
    private static func checkRows(_ source: some SampleSource) -> [Row] {
        let rows = allRows(source, batch: 1)
        promise(allRows(source, batch: 7) == rows, "rows one by one are the rows in batches")
        return rows
    }

    /// Rows and bad rows up to the end or the 300th.
    private static func allRows(_ source: some SampleSource, batch size: Int) -> [Row] {
        let mostRows = 300
        var batch = SampleBatch(schema: source.schema)
        guard source.schema.sampleBytes <= 1 << 16 else { return [] }
        var rows: [Row] = []
        while rows.count < mostRows {
            let wanted = min(size, mostRows - rows.count)
            do throws(SourceError) {
                switch try source.read(from: rows.count, count: wanted, into: &batch) {
                case .samples(let count):
                    promise(count >= 1 && count <= wanted, "as many samples as asked for")
                    promise(batch.firstIndex == rows.count, "samples from the index asked for")
                    append(batch, to: &rows)
                case .notYet: continue
                case .end: return rows
                }
            } catch .badRow {
                rows.append(.bad)
            } catch {
                return rows + [.failed]
            }
        }
        return rows
    }

    private static func append(_ batch: SampleBatch, to rows: inout [Row]) {
        let width = batch.schema.sampleBytes
        promise(batch.features.count == batch.count * width, "rows have the schema's size")
        let targets = batch.count == 0 ? 0 : batch.targets.count / batch.count
        for index in 0..<batch.count {
            rows.append(
                .good(
                    features: Array(batch.features[(index * width)..<((index + 1) * width)]),
                    classIndex: batch.classIndices.isEmpty ? nil : batch.classIndices[index],
                    className: batch.classNames.isEmpty ? nil : batch.classNames[index],
                    targets: batch.targets[(index * targets)..<((index + 1) * targets)]
                        .map(\.bitPattern)))
        }
    }
}

/// A row as it was delivered.
private enum Row: Equatable {
    case good(features: [UInt8], classIndex: Int32?, className: String?, targets: [UInt32])
    case bad
    case failed
}

/// Bytes in memory that can be opened by a path.
private final class MemoryFile {
    let descriptor: Int32
    var path: String { "/proc/self/fd/\(descriptor)" }

    init(_ bytes: UnsafeRawBufferPointer) {
        descriptor = makeMemoryFile("fuzz", 0)
        promise(descriptor >= 0, "there is memory for a file")
        var done = 0
        while done < bytes.count {
            let count = write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
            promise(count > 0, "memory takes bytes")
            done += count
        }
    }

    func rewind() { lseek(descriptor, 0, SEEK_SET) }

    deinit { close(descriptor) }
}

/// memfd_create(2), which Swift's view of the C library leaves out.
@_silgen_name("memfd_create")
private func makeMemoryFile(_ name: UnsafePointer<CChar>, _ flags: UInt32) -> Int32
