// A reader of .npy files, as the format's description has it, and of archives of them that are
// stored without compression.

import Testing

/// One array.
struct NumpyFile {
    /// `<f4`
    let type: String
    let shape: [Int]
    let data: [UInt8]

    /// Nil for anything that is not version 1.0, little-endian, row by row.
    init?(_ file: [UInt8]) {
        guard file.count > 10, file.prefix(8) == [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0] else {
            return nil
        }
        let length = Int(file[8]) | Int(file[9]) << 8
        guard (10 + length) % 64 == 0, file.count >= 10 + length, file[9 + length] == 0x0A else {
            return nil
        }
        let header = String(decoding: file[10..<(10 + length)], as: UTF8.self)
        func between(_ left: String, _ right: String) -> String? {
            guard let start = header.firstRange(of: left)?.upperBound,
                let end = header[start...].firstRange(of: right)?.lowerBound
            else { return nil }
            return String(header[start..<end])
        }
        guard let type = between("'descr': '", "'"), header.contains("'fortran_order': False"),
            let shape = between("'shape': (", ")")
        else { return nil }
        self.type = type
        self.shape = shape.split { ", ".contains($0) }.compactMap { Int($0) }
        data = Array(file[(10 + length)...])
    }

    /// The numbers of `<f4`.
    var floats: [Float] { load(Float.self) }

    /// The numbers as they lie there.
    func load<T>(_ type: T.Type) -> [T] {
        data.withUnsafeBytes { raw in
            stride(from: 0, to: raw.count, by: MemoryLayout<T>.size).map {
                raw.loadUnaligned(fromByteOffset: $0, as: type)
            }
        }
    }
}

/// The files of a stored zip archive by name, read from its directory.
func storedFiles(_ zip: [UInt8]) -> [String: [UInt8]] {
    func word(_ place: Int, _ bytes: Int) -> Int {
        (0..<bytes).reduce(0) { $0 | Int(zip[place + $1]) << (8 * $1) }
    }
    guard zip.count >= 22, word(zip.count - 22, 4) == 0x0605_4B50 else { return [:] }
    var files: [String: [UInt8]] = [:]
    var place = word(zip.count - 6, 4)
    for _ in 0..<word(zip.count - 12, 2) {
        guard word(place, 4) == 0x0201_4B50, word(place + 10, 2) == 0 else { return [:] }
        let (size, nameBytes, start) = (
            word(place + 20, 4), word(place + 28, 2), word(place + 42, 4)
        )
        let name = String(decoding: zip[(place + 46)..<(place + 46 + nameBytes)], as: UTF8.self)
        guard word(start, 4) == 0x0403_4B50 else { return [:] }
        let data = start + 30 + word(start + 26, 2) + word(start + 28, 2)
        files[name] = Array(zip[data..<(data + size)])
        place += 46 + nameBytes
    }
    return files
}
