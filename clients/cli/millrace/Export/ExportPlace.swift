// Where an export goes, and the JSON beside it that says what each array is.

import Client
import FoundationEssentials
import Glibc
import MillraceProtocol
import WeightStore

/// What `--json` prints, and what lies beside the arrays.
struct ExportDocument: Encodable {
    struct Array: Encodable {
        var name: String
        /// In the archive or the folder; absent in CSV.
        var file: String?
        /// `<f4` as numpy says it.
        var dtype: String
        var shape: [Int]
        var meaning: String
    }
    var checkpoint: String
    var output: String
    var generation: UInt64
    var stateDigest: String
    var creator: String
    var configuration: String
    var arrays: [Array]

    init(_ checkpoint: Checkpoint, _ path: String, _ arrays: [NumberArray], _ place: ExportPlace) {
        let facts = checkpoint.facts
        self.checkpoint = path
        output = place.path
        generation = facts.header.generation
        stateDigest = Hexadecimal.digits(facts.header.stateDigest)
        creator = facts.creator
        configuration = facts.configuration
        self.arrays = arrays.map {
            Array(
                name: $0.name, file: place.kind == .table ? nil : $0.name + ".npy",
                dtype: $0.numpyType, shape: $0.shape, meaning: $0.meaning)
        }
    }
}

/// A path and what its name asks for.
struct ExportPlace {
    enum Kind { case archive, table, folder }
    let path: String
    /// Whether what is there may be replaced.
    let replaces: Bool

    var kind: Kind {
        path.hasSuffix(".npz") ? .archive : path.hasSuffix(".csv") ? .table : .folder
    }

    /// The JSON.
    var documentPath: String {
        path + (kind == .folder ? "/arrays.json" : ".json")
    }

    /// Writes the arrays, then the document; each file is there whole or not at all.
    func write(_ arrays: [NumberArray], _ document: ExportDocument) throws(ClientError) {
        if !replaces { try requireFree() }
        switch kind {
        case .archive: try writeArchive(arrays)
        case .table: try writeTable(arrays)
        case .folder: try writeFolder(arrays)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let bytes: Data
        do {
            bytes = try encoder.encode(document)
        } catch {
            throw ClientError(.internalError, "the document cannot be written", why: "\(error)")
        }
        var file = try OutputFile(documentPath, replaces: replaces)
        try file.write([UInt8](bytes) + [0x0A])
        try file.finish()
    }

    /// An empty folder is free.
    private func requireFree() throws(ClientError) {
        if kind == .folder {
            guard let directory = opendir(path) else {
                return errno == ENOENT ? () : try OutputFile.requireFree(path)
            }
            defer { closedir(directory) }
            var entries = 0
            while readdir(directory) != nil { entries += 1 }
            if entries > 2 { try OutputFile.requireFree(path) }
            return
        }
        try OutputFile.requireFree(path)
        try OutputFile.requireFree(documentPath)
    }

    private func writeArchive(_ arrays: [NumberArray]) throws(ClientError) {
        let bytes = arrays.reduce(0) { $0 + $1.bytes.count + 512 }
        guard bytes <= ZipFile.mostBytes else {
            throw ClientError(
                .badData, "\(Format.bytes(bytes)) are too many for a .npz file",
                advice: "--output FOLDER")
        }
        var file = try OutputFile(path, replaces: replaces)
        var archive = ZipFile()
        for array in arrays {
            try archive.add(array.name + ".npy", [array.numpyHeader, array.bytes], to: &file)
        }
        try archive.finish(&file)
        try file.finish()
    }

    private func writeTable(_ arrays: [NumberArray]) throws(ClientError) {
        var file = try OutputFile(path, replaces: replaces)
        try file.write("array,row,column,value\n")
        for array in arrays {
            for index in 0..<array.count { try file.write(array.line(index)) }
        }
        try file.finish()
    }

    private func writeFolder(_ arrays: [NumberArray]) throws(ClientError) {
        if mkdir(path, 0o777) != 0, errno != EEXIST { throw OutputFile.failure(path, errno) }
        for array in arrays {
            var file = try OutputFile("\(path)/\(array.name).npy", replaces: replaces)
            try file.write(array.numpyHeader)
            try file.write(array.bytes)
            try file.finish()
        }
    }
}
