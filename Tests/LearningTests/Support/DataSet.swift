// The real data sets, where they are: MILLRACE_DATA, or ../shared/data beside the package.

import Glibc
import WeightStore

/// One .npy file of format version 1.0, read whole.
struct NumpyFile {
    let bytes: [UInt8]
    let dataOffset: Int
    let shape: [Int]

    init?(_ path: String) {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        fseek(file, 0, SEEK_END)
        let count = ftell(file)
        guard count > 10 else { return nil }
        rewind(file)
        var bytes = [UInt8](repeating: 0, count: count)
        guard fread(&bytes, 1, count, file) == count else { return nil }
        guard bytes[0] == 0x93, bytes[6] == 1 else { return nil }
        let header = Int(bytes[8]) | Int(bytes[9]) << 8
        let text = String(decoding: bytes[10..<(10 + header)], as: UTF8.self)
        guard let open = text.firstIndex(of: "("), let close = text.firstIndex(of: ")") else {
            return nil
        }
        shape = text[open..<close].split(separator: ",").compactMap {
            Int($0.filter(\.isNumber))
        }
        self.bytes = bytes
        dataOffset = 10 + header
    }

    var rowCount: Int { shape.first ?? 0 }
    var rowElements: Int { shape.dropFirst().reduce(1, *) }
}

/// Samples with class labels.
struct DataSet {
    let x: NumpyFile
    let labels: [UInt8]
    /// A third column by which rows are grouped, where there is one.
    let groups: [UInt8]

    static let directory: String = {
        if let path = getenv("MILLRACE_DATA") { return String(cString: path) }
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
        return root.joined(separator: "/") + "/../shared/data"
    }()

    /// `split` is `stream` or `train`; nil where the files are not.
    init?(_ name: String, split: String, group: String? = nil) {
        let base = "\(Self.directory)/\(name)/\(split)"
        guard let x = NumpyFile(base + ".x.npy"), let y = NumpyFile(base + ".y.npy") else {
            print("no data set \(name) in \(Self.directory): skipped (set MILLRACE_DATA)")
            return nil
        }
        self.x = x
        labels = Array(y.bytes[y.dataOffset...])
        let column = group.flatMap { NumpyFile("\(base).\($0).npy") }
        groups = column.map { Array($0.bytes[$0.dataOffset...]) } ?? []
    }

    static func exists(_ name: String, split: String) -> Bool {
        let path = "\(directory)/\(name)/\(split).x.npy"
        if access(path, R_OK) == 0 { return true }
        print("no data set \(name) in \(directory): skipped (set MILLRACE_DATA)")
        return false
    }
}
