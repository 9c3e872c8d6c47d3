// An open .npy file: its header, and rows read on demand.

/// Rows of a .npy file.
struct NpyArray {
    let file: SourceFile
    let header: NpyHeader

    /// Opens `path` and checks that the file is as long as its header says.
    init(path: String) throws(SourceError) {
        file = try SourceFile(path: path)
        guard file.isSeekable else {
            throw .schemaMismatch(
                source: path, what: "kind of file", found: "a pipe or device",
                expected: "a regular file")
        }
        let size = try file.size()
        var start = [UInt8](repeating: 0, count: min(size, NpyHeader.longestDictionary + 12))
        var result: Result<NpyHeader, SourceError> = .failure(.empty(path: path))
        let opened = file
        start.withUnsafeMutableBytes { buffer in
            result = Result { () throws(SourceError) in
                let got = try opened.read(into: buffer, at: 0)
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<got])
                return try NpyHeader(bytes, path: path)
            }
        }
        header = try result.get()
        let rowBytes = header.rowWidth * header.element.bytes
        let (dataBytes, overflow) = header.rows.multipliedReportingOverflow(by: rowBytes)
        let (expected, tooLong) = dataBytes.addingReportingOverflow(header.dataOffset)
        guard !overflow, !tooLong, expected <= size else {
            throw .truncated(
                path: path, expectedBytes: overflow || tooLong ? .max : expected, foundBytes: size)
        }
    }

    /// Bytes of one row.
    var rowBytes: Int { header.rowWidth * header.element.bytes }

    /// Hands over type and width of a row and the first `rows` rows (no more than there are);
    /// returns their bytes.
    func prefix(
        rows: Int, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(SourceError) -> Int {
        var form = "\(header.element.rawValue) \(header.rowWidth) "
        form.withUTF8 { body(UnsafeRawBufferPointer($0)) }
        let start = header.dataOffset
        try file.read(start..<start + rows * rowBytes, body)
        return form.utf8.count + rows * rowBytes
    }

    /// Reads rows `index ..< index + count` into `bytes`, which gets exactly that length.
    func read(from index: Int, count: Int, into bytes: inout [UInt8]) throws(SourceError) {
        let wanted = count * rowBytes
        // In the memory that is there: a last frame is shorter, and the next one is not.
        if bytes.count > wanted { bytes.removeLast(bytes.count - wanted) }
        if bytes.count < wanted {
            bytes.append(contentsOf: repeatElement(0, count: wanted - bytes.count))
        }
        let offset = header.dataOffset + index * rowBytes
        var result: Result<Int, SourceError> = .success(0)
        bytes.withUnsafeMutableBytes { buffer in
            result = Result { () throws(SourceError) in try file.read(into: buffer, at: offset) }
        }
        let got = try result.get()
        guard got == wanted else {
            throw .truncated(
                path: file.path, expectedBytes: offset + wanted, foundBytes: offset + got)
        }
    }
}
