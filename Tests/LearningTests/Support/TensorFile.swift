// The golden files of scripts/golden/block_reference.py, which states their format.

import Glibc
import Testing

/// Named float32 arrays.
struct TensorFile {
    private let tensors: [String: [Float]]
    /// Names in the order of the file.
    let names: [String]

    /// `name` without folder and ending.
    init(_ name: String) throws {
        let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false)
            .dropLast(2).joined(separator: "/")
        let file = try #require(fopen("\(folder)/Golden/blocks/\(name).bin", "rb"))
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let bytes = buffer[..<fread(&buffer, 1, buffer.count, file)]
        var position = 8
        func word() -> Int {
            defer { position += 4 }
            return (0..<4).reduce(0) { $0 | Int(bytes[position + $1]) << (8 * $1) }
        }
        try #require(Array(bytes.prefix(8)) == Array("MLTENS1\0".utf8))
        var tensors: [String: [Float]] = [:]
        var names: [String] = []
        for _ in 0..<word() {
            let length = Int(bytes[position])
            let name = String(
                decoding: bytes[(position + 1)..<(position + 1 + length)], as: UTF8.self)
            position += 1 + length
            let rank = Int(bytes[position])
            position += 1
            let count = (0..<rank).reduce(1) { product, _ in product * word() }
            tensors[name] = (0..<count).map { _ in
                Float(bitPattern: UInt32(truncatingIfNeeded: word()))
            }
            names.append(name)
        }
        self.tensors = tensors
        self.names = names
    }

    /// The values of a tensor that must be there.
    func floats(_ name: String) throws -> [Float] { try #require(tensors[name], "\(name)") }
}

/// ‖found − expected‖ / ‖expected‖
func relativeDistance(_ found: [Float], _ expected: [Float]) -> Double {
    guard found.count == expected.count else { return .infinity }
    let difference = zip(found, expected).reduce(0.0) {
        $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1)
    }
    return (difference / expected.reduce(0.0) { $0 + Double($1) * Double($1) }).squareRoot()
}
