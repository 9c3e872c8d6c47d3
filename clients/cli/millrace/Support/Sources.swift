// Opening a source for a daemon's schema, and reading it as the feeds want it.

import Client
import MillraceProtocol
import SampleSources

extension ClientError {
    /// A source's trouble with its exit code.
    init(_ error: SourceError) {
        let status: ExitStatus =
            switch error {
            case .notFound: .noInput
            case .inputOutput: .inputOutput
            case .permissionDenied: .notAllowed
            case .badOption, .unknownSource, .columnNotFound: .usage
            default: .badData
            }
        let advice =
            switch error {
            case .notAFile(let path): "millrace stream - < \(path), for standard input, or a file"
            case .notFound: "ls, for the right path"
            case .schemaMismatch(let source, let what, _, _): Self.advice(source, what)
            case .unknownSource, .badOption: "millrace stream --help"
            default: ""
            }
        self.init(status, "\(error)", advice: advice)
    }

    /// What helps when `what` of `source` is not as the daemon wants it.
    private static func advice(_ source: String, _ what: String) -> String {
        let isArray = source.lowercased().hasSuffix(".npy")
        switch what {
        case "number of labels": return "--labels FILE with one label for each sample"
        case "values per label":
            return "--labels FILE with as many values for each sample; millrace status says more"
        case "label columns": return "--label-column; millrace status says what is wanted"
        case "groups": return "--shuffle-within FILE with one number for each sample"
        case "features", "features per sample":
            return isArray
                ? "a file with rows of that length; millrace status says what is wanted"
                : "millrace status, and --features / --label-column"
        default: return "millrace status, and another source"
        }
    }
}

extension SchemaReply {
    /// What a source must deliver to this daemon.
    func expected() throws(ClientError) -> ExpectedSchema {
        guard let wire = wireSchema,
            let element = SourceElement(rawValue: wire.elementType.rawValue)
        else {
            throw ClientError(.protocolMismatch, "the daemon's schema cannot be read")
        }
        let labels: SourceLabels =
            switch wire.task {
            case .classification: .classIndices(classCount: outputs, names: classNames)
            case .regression: .values(count: outputs)
            case .forecast, .autoencoder: .none
            }
        return ExpectedSchema(
            element: element, featureCount: features, featureNames: featureNames, labels: labels,
            targetNames: wire.task == .regression ? targetNames : [])
    }
}

/// A sample source as rows, in the order that is asked for.
final class SourceReader: RowReader {
    private let source: any SampleSource
    /// Where it lies and how its columns are read; nil when it cannot be recognised.
    private let place: String?
    /// Position → index; nil reads in the source's own order.
    private let order: [Int]?
    private var batch: SampleBatch
    /// Rows that are read at once where they can be read again: a frame of one row must not cost
    /// system calls of its own. At most 256, and at most 64 KiB of them.
    private let rowsAhead: Int
    /// Whether the last read ahead came to the end of the source.
    private var isAtEnd = false

    init(_ source: any SampleSource, order: [Int]? = nil, place: String? = nil) {
        self.source = source
        self.place = place
        self.order = order
        rowsAhead = max(8, min(256, (64 << 10) / max(1, source.schema.sampleBytes)))
        batch = SampleBatch(schema: source.schema)
    }

    var isSeekable: Bool { source.isSeekable }

    func read(
        from index: UInt64, atMost count: Int, into rows: inout RowBatch
    ) throws(ClientError) -> RowStep {
        guard let start = Int(exactly: index) else { return .end }
        guard let order else { return try readRun(start, count, into: &rows) }
        guard start < order.count else { return .end }
        rows = RowBatch()
        for position in start..<min(order.count, start + count) {
            var one = RowBatch()
            let step = try readRun(order[position], 1, into: &one)
            guard case .rows = step else { return rows.count > 0 ? .rows(rows.count) : step }
            rows.count += 1
            rows.features += one.features
            rows.classes += one.classes
            rows.targets += one.targets
        }
        return .rows(rows.count)
    }

    func prefix(samples: UInt64) throws(ClientError) -> SourcePrefix? {
        guard let place, order == nil, let count = Int(exactly: samples) else { return nil }
        var digest = XXH64()
        do throws(SourceError) {
            guard let bytes = try source.prefix(samples: count, { digest.update($0) }) else {
                return nil
            }
            return SourcePrefix(
                source: place, samples: samples, bytes: UInt64(bytes),
                digest: Hexadecimal.digits(digest.digest))
        } catch {
            throw ClientError(error)
        }
    }

    private func readRun(
        _ start: Int, _ count: Int, into rows: inout RowBatch
    ) throws(ClientError) -> RowStep {
        if source.isSeekable, count <= rowsAhead / 8 {
            return try readAhead(start, count, into: &rows)
        }
        // What was handed out last shares the batch's memory. Unless it is given up first, the batch
        // takes new memory for every read, and each time a page more than before.
        rows = RowBatch()
        do {
            let outcome = try source.read(
                from: start, count: count, into: &batch, timeoutMilliseconds: 20)
            switch outcome {
            case .end: return .end
            case .notYet: return .notYet
            case .samples(let count):
                rows.count = count
                rows.features = batch.features
                rows.classes = batch.classIndices
                rows.targets = batch.targets
                return .rows(count)
            }
        } catch .badRow(let problem) {
            return .bad(problem.description)
        } catch {
            throw ClientError(error)
        }
    }

    /// A few rows out of many that were read at once.
    private func readAhead(
        _ start: Int, _ count: Int, into rows: inout RowBatch
    ) throws(ClientError) -> RowStep {
        let end = batch.firstIndex + batch.count
        let isThere = start >= batch.firstIndex && (start + count <= end || start < end && isAtEnd)
        if !isThere {
            do {
                let outcome = try source.read(
                    from: start, count: rowsAhead, into: &batch, timeoutMilliseconds: 20)
                isAtEnd = batch.count < rowsAhead
                if outcome == .end { return .end }
                if outcome == .notYet { return .notYet }
            } catch .badRow(let problem) {
                return .bad(problem.description)
            } catch {
                throw ClientError(error)
            }
        }
        let first = start - batch.firstIndex
        rows.take(first..<min(first + count, batch.count), of: batch)
        return .rows(rows.count)
    }
}

extension RowBatch {
    /// Becomes these rows of `batch`; memory that it has is used again.
    fileprivate mutating func take(_ range: Range<Int>, of batch: SampleBatch) {
        func part<Value>(_ all: [Value]) -> ArraySlice<Value> {
            let width = all.count / batch.count
            return all[(range.lowerBound * width)..<(range.upperBound * width)]
        }
        count = range.count
        features.removeAll(keepingCapacity: true)
        features.append(contentsOf: part(batch.features))
        classes.removeAll(keepingCapacity: true)
        classes.append(contentsOf: part(batch.classIndices))
        targets.removeAll(keepingCapacity: true)
        targets.append(contentsOf: part(batch.targets))
    }
}

/// The order of `--shuffle-within`: samples of a group change places with each other only.
///
/// Groups are runs of equal numbers. Within each run, from its last place down to its second, a
/// place i (counted from the run's start) changes with place floor(r · (i + 1) / 2⁶⁴) for the next
/// r of SplitMix64 started with the seed, so that one seed is one order for ever.
enum GroupShuffle {
    static func order(groups: [Float], seed: UInt64) -> [Int] {
        var order = Array(groups.indices)
        var state = seed
        var start = 0
        while start < groups.count {
            var end = start + 1
            while end < groups.count, groups[end] == groups[start] { end += 1 }
            for place in stride(from: end - start - 1, to: 0, by: -1) {
                let pick = Int(next(&state).multipliedFullWidth(by: UInt64(place + 1)).high)
                order.swapAt(start + place, start + pick)
            }
            start = end
        }
        return order
    }

    private static func next(_ state: inout UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    /// The groups in a file with one number per sample.
    static func groups(path: String, count: Int) throws(ClientError) -> [Float] {
        do {
            var options = SourceOptions(
                expected: ExpectedSchema(element: .f32, featureCount: 1))
            options.unlabelled = true
            let source = try SourceCatalog.open(path, options: options)
            var batch = SampleBatch(schema: source.schema)
            var groups: [Float] = []
            while case .samples(let found) = try source.read(
                from: groups.count, count: 4096, into: &batch)
            {
                for sample in 0..<found { groups.append(batch.value(sample: sample, feature: 0)) }
            }
            guard groups.count >= count else {
                throw SourceError.schemaMismatch(
                    source: path, what: "groups", found: "\(groups.count)",
                    expected: "one for each of \(count) samples")
            }
            return Array(groups.prefix(count))
        } catch let error as SourceError {
            throw ClientError(error)
        } catch {
            throw ClientError(.badData, "\(error)")
        }
    }
}
