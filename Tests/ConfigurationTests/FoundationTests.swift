// No object of the configuration refers to Foundation proper: see ConfigurationText.swift.

import Glibc
import Testing

/// The folder of the build that this test runs from.
private let buildDirectory: String = {
    guard let resolved = realpath("/proc/self/exe", nil) else { return "" }
    defer { free(resolved) }
    let path = String(cString: resolved)
    guard let slash = path.lastIndex(of: "/") else { return "" }
    return String(path[..<slash])
}()

/// The bytes of all object files in `folder` of the build.
private func objects(_ folder: String) -> [UInt8] {
    var bytes: [UInt8] = []
    let path = "\(buildDirectory)/\(folder)"
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { raw in
            String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
        }
        guard name.hasSuffix(".o"), let file = fopen("\(path)/\(name)", "r") else { continue }
        defer { fclose(file) }
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let got = fread(&block, 1, block.count, file)
            guard got > 0 else { break }
            bytes += block[..<got]
        }
    }
    return bytes
}

private func contains(_ bytes: [UInt8], _ text: String) -> Bool {
    let wanted = Array(text.utf8)
    return bytes.withUnsafeBufferPointer { hay in
        var start = 0
        while let at = hay[start...].firstIndex(of: wanted[0]) {
            if hay[at...].starts(with: wanted) { return true }
            start = at + 1
        }
        return false
    }
}

@Suite struct FoundationTests {
    static let isBuiltHere = !objects("Configuration.build").isEmpty

    @Test(.enabled(if: isBuiltHere, "object files are elsewhere"))
    func isNotReferredTo() {
        // In mangled names an extension made by Foundation shows as "10FoundationE".
        for folder in ["Configuration.build", "SampleSources.build", "TOMLKit.build"] {
            let bytes = objects(folder)
            let hasSymbols = contains(bytes, "$s")
            let usesFoundation = contains(bytes, "10FoundationE")
            #expect(hasSymbols, "no symbols in \(folder)")
            #expect(!usesFoundation, "\(folder) uses a member of Foundation")
        }
        // The reading works: what the library takes from FoundationEssentials is found.
        let isSeen = contains(objects("TOMLKit.build"), "20FoundationEssentials")
        #expect(isSeen)
    }
}
