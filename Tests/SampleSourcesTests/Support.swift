// Files and generators for the tests of sources.

import Glibc
import SampleSources
import Simulation

/// `bytes` after a few random changes: flips, inserts, deletions, cuts, repeats.
func mutated(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
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
