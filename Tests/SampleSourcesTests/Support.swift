// Files and generators for the tests of sources.

import Glibc
import SampleSources

/// A directory that goes away with the last reference.
final class TemporaryDirectory {
    let path: String

    init() {
        var template = Array("/tmp/millrace-test-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress, let made = mkdtemp(base) else { return "/tmp" }
            return String(cString: made)
        }
    }

    deinit {
        guard path.hasPrefix("/tmp/millrace-test-") else { return }
        removeAll(path)
    }

    private func removeAll(_ path: String) {
        if let directory = opendir(path) {
            while let entry = readdir(directory) {
                let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name != ".", name != ".." { removeAll(path + "/" + name) }
            }
            closedir(directory)
            rmdir(path)
        } else {
            unlink(path)
        }
    }

    /// Writes a file and returns its path.
    @discardableResult
    func write(_ name: String, _ bytes: [UInt8]) -> String {
        let file = path + "/" + name
        // A new file each time: truncating one makes some file systems write it out at once.
        unlink(file)
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        var done = 0
        while descriptor >= 0, done < bytes.count {
            let got = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done)
            }
            guard got > 0 else { break }
            done += got
        }
        close(descriptor)
        return file
    }

    @discardableResult
    func write(_ name: String, _ text: String) -> String { write(name, Array(text.utf8)) }

    func makeDirectory(_ name: String) { mkdir(path + "/" + name, 0o700) }
}

/// A small seeded generator (xorshift64*), independent of the code under test.
struct TestRandom {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }

    mutating func below(_ bound: Int) -> Int { Int(next() >> 33) % bound }
}

/// `bytes` after a few random changes: flips, inserts, deletions, cuts, repeats.
func mutated(_ bytes: [UInt8], _ random: inout TestRandom) -> [UInt8] {
    var result = bytes
    for _ in 0...random.below(4) where !result.isEmpty {
        let at = random.below(result.count)
        switch random.below(6) {
        case 0: result[at] ^= UInt8(1 << random.below(8))
        case 1: result[at] = UInt8(random.below(256))
        case 2: result.insert(Array("\"\\,;\n{}[]:'e-\0".utf8)[random.below(14)], at: at)
        case 3: result.remove(at: at)
        case 4: result.removeSubrange(at...)
        default:
            let piece = result[at..<min(result.count, at + 1 + random.below(40))]
            result.insert(contentsOf: piece, at: random.below(result.count))
        }
    }
    return result
}

/// A .npy file.
func npy(
    _ descr: String, _ shape: [Int], _ data: [UInt8], version: UInt8 = 1, header: String? = nil
) -> [UInt8] {
    let axes = shape.map { "\($0)," }.joined(separator: " ")
    let text = header ?? "{'descr': '\(descr)', 'fortran_order': False, 'shape': (\(axes)), }"
    var dictionary = Array(text.utf8)
    let fixed = version == 1 ? 10 : 12
    while (dictionary.count + fixed + 1) % 64 != 0 { dictionary.append(0x20) }
    dictionary.append(0x0a)
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [version, 0]
    bytes += [UInt8(dictionary.count & 255), UInt8(dictionary.count >> 8)]
    if version != 1 { bytes += [0, 0] }
    return bytes + dictionary + data
}

/// The bytes of an array of numbers.
func raw<Number>(_ numbers: [Number]) -> [UInt8] { numbers.withUnsafeBytes { Array($0) } }

/// Everything a source has, one float row per sample, with the problems of bad rows skipped.
func readAll(
    _ source: any SampleSource, batch size: Int = 7
) throws -> (
    rows: [[Float]], classes: [Int32], names: [String], targets: [Float], problems: [RowProblem]
) {
    var batch = SampleBatch(schema: source.schema)
    var result:
        (
            rows: [[Float]], classes: [Int32], names: [String], targets: [Float],
            problems: [RowProblem]
        )
    result = ([], [], [], [], [])
    var index = 0
    while true {
        do throws(SourceError) {
            switch try source.read(from: index, count: size, into: &batch) {
            case .end: return result
            case .notYet: continue
            case .samples(let count):
                for i in 0..<count {
                    result.rows.append(
                        (0..<source.schema.featureCount).map { batch.value(sample: i, feature: $0) }
                    )
                }
                result.classes += batch.classIndices
                result.names += batch.classNames
                result.targets += batch.targets
                index += count
            }
        } catch {
            guard case .badRow(let problem) = error else { throw error }
            result.problems.append(problem)
            index += 1
        }
    }
}

/// Where the shared data sets are: `MILLRACE_DATA`, else beside the package.
let dataDirectory: String = {
    if let given = getenv("MILLRACE_DATA") { return String(cString: given) }
    let file = #filePath.split(separator: "/").dropLast(4)
    return "/" + file.joined(separator: "/") + "/shared/data"
}()

/// Whether a data set is here; says so when it is not.
func hasData(_ name: String) -> Bool {
    let isHere = access(dataDirectory + "/" + name, R_OK) == 0
    if !isHere { print("skipped: no \(name) under \(dataDirectory) (set MILLRACE_DATA)") }
    return isHere
}
