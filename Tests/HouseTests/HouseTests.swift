// Tests of the source text: who imports whom, how long files are, what may not be said.

import Glibc
import Testing

@Suite struct HouseTests {
    static let root: String = {
        let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        return parts.dropLast(3).joined(separator: "/")
    }()

    /// Every .swift file under `folder`, with its text. Symbolic links count once, at their target.
    static func sources(in folder: String) -> [(path: String, lines: [Substring])] {
        var found: [(String, [Substring])] = []
        guard let directory = opendir("\(root)/\(folder)") else { return [] }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasPrefix(".") { continue }
            let path = "\(folder)/\(name)"
            if entry.pointee.d_type == UInt8(DT_DIR) {
                found += sources(in: path)
            } else if name.hasSuffix(".swift"), entry.pointee.d_type == UInt8(DT_REG) {
                found.append(
                    (path, text(of: path).split(separator: "\n", omittingEmptySubsequences: false)))
            }
        }
        return found
    }

    static func text(of path: String) -> String {
        guard let file = fopen("\(root)/\(path)", "r") else { return "" }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { break }
            bytes += chunk[0..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func importedModule(_ line: Substring) -> String? {
        var words = line.split(separator: " ").map(String.init)
        while let first = words.first,
            first.hasPrefix("@") || first == "package" || first == "public"
        {
            words.removeFirst()
        }
        guard words.first == "import", words.count >= 2 else { return nil }
        return words.count > 2 ? words[2].split(separator: ".").first.map(String.init) : words[1]
    }

    @Test(arguments: HouseLadder.targets.map(\.name))
    func importsGoDownTheLadder(name: String) throws {
        let target = try #require(HouseLadder.targets.first { $0.name == name })
        let files = Self.sources(in: target.folder)
        if !HouseLadder.kernelBuilds.contains(name) {
            #expect(!files.isEmpty, "\(target.folder) has no sources")
        }
        for file in files {
            for line in file.lines {
                guard let module = Self.importedModule(line) else { continue }
                if let objection = HouseLadder.objection(to: module, in: target) {
                    Issue.record("\(file.path): \(objection)")
                }
            }
        }
    }

    @Test func theLadderItselfRefusesAnImportThatGoesUp() throws {
        let kernels = try #require(HouseLadder.targets.first { $0.name == "Kernels" })
        #expect(HouseLadder.objection(to: "Daemon", in: kernels) != nil)
        #expect(HouseLadder.objection(to: "WeightStore", in: kernels) != nil)
        #expect(HouseLadder.objection(to: "Foundation", in: kernels) != nil)
        #expect(HouseLadder.objection(to: "Arithmetic", in: kernels) == nil)
        #expect(Self.importedModule("@preconcurrency import struct Glibc.stat") == "Glibc")
    }

    @Test func everyFolderOfSourcesIsOnTheLadder() {
        for folder in Self.folders(in: "Sources") where !folder.hasPrefix("C") {
            #expect(HouseLadder.targets.contains { $0.folder == "Sources/\(folder)" }, "\(folder)")
        }
    }

    static func folders(in folder: String) -> [String] {
        guard let directory = opendir("\(root)/\(folder)") else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if entry.pointee.d_type == UInt8(DT_DIR), !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }

    @Test func noFileIsLongerThanFourHundredLines() {
        for folder in ["Sources", "clients", "Tests", "Benchmarks"] {
            for file in Self.sources(in: folder) where file.lines.count > 401 {
                Issue.record(
                    "\(file.path) has \(file.lines.count) lines; split it where a reader would")
            }
        }
    }

    @Test func theDaemonHasNoFullFoundation() {
        for folder in ["Sources", "clients/cli"] {
            for file in Self.sources(in: folder) {
                for line in file.lines where Self.importedModule(line) == "Foundation" {
                    Issue.record("\(file.path) imports Foundation: 50 MB of executable")
                }
            }
        }
    }
}
