// Every input that fuzzing has found worth keeping, through the same entry points: what was mended
// stays mended. A broken promise of a decoder ends the process, as it would end a daemon.

import FuzzConfiguration
import FuzzDecoders
import Glibc
import Testing

@Suite struct CorpusTests {
    private static let root = String(#filePath.dropLast("Tests/FuzzTests/CorpusTests.swift".count))
    private static let targets = DecoderTargets.all + ConfigurationTargets.all

    @Test(arguments: targets.map(\.name))
    func everyKeptInputIsSurvived(name: String) throws {
        let target = try #require(Self.targets.first { $0.name == name })
        let folder = Self.root + "Tests/Fuzz/Corpus/" + name
        let files = Self.names(in: folder)
        #expect(!files.isEmpty, "\(folder) has inputs")
        for bytes in files.compactMap({ Self.contents(folder + "/" + $0) }) + target.seeds() {
            bytes.withUnsafeBytes { target.run($0) }
            guard let mend = target.mend else { continue }
            var mended = bytes
            mended.withUnsafeMutableBytes { mend($0) }
            mended.withUnsafeBytes { target.run($0) }
        }
    }

    /// Every length and every byte of the shortest inputs: near every path of a decoder there is
    /// one of these.
    @Test(arguments: targets.map(\.name))
    func cutAndFlippedInputsAreSurvived(name: String) throws {
        let target = try #require(Self.targets.first { $0.name == name })
        let folder = Self.root + "Tests/Fuzz/Corpus/" + name
        let inputs = Self.names(in: folder).compactMap { Self.contents(folder + "/" + $0) }
        var runs = 0
        for input in inputs.sorted(by: { $0.count < $1.count }) {
            guard runs + 2 * input.count <= 2000 else { break }
            for index in input.indices {
                input[..<index].withUnsafeBytes { target.run($0) }
                var flipped = input
                flipped[index] ^= UInt8(1) << (index & 7)
                flipped.withUnsafeMutableBytes { target.mend?($0) }
                flipped.withUnsafeBytes { target.run($0) }
            }
            runs += 2 * input.count
        }
        #expect(runs > 0, "at least one input is short enough")
    }

    /// The corpus is part of the repository and stays small.
    @Test func theCorpusIsSmall() {
        let sizes = Self.targets.map(\.name).flatMap { name -> [Int] in
            let folder = Self.root + "Tests/Fuzz/Corpus/" + name
            return Self.names(in: folder).map { Self.contents(folder + "/" + $0)?.count ?? 0 }
        }
        #expect(sizes.reduce(0, +) < 200 << 10)
    }

    private static func names(in folder: String) -> [String] {
        guard let handle = opendir(folder) else { return [] }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    private static func contents(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&piece, 1, piece.count, file)
            if count == 0 { return bytes }
            bytes += piece[..<count]
        }
    }
}
