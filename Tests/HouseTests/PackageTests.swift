// Package.swift against the sources: a target depends on what it imports, and on nothing else.
// A dependency too few still builds, until another order of building shows it.

import Testing

/// One target as Package.swift has it.
private struct PackageTarget {
    let name: String
    let folder: String
    let dependencies: Set<String>

    /// Every target of the package's text.
    static func all(_ text: String) -> [PackageTarget] {
        text.split(separator: "arget(").compactMap { chunk in
            let declaration = chunk.drop { $0.isWhitespace }
            guard declaration.hasPrefix("name: \""),
                let name = quoted(declaration, after: "name: ").first
            else { return nil }
            let root = name.hasSuffix("Tests") ? "Tests" : "Sources"
            return PackageTarget(
                name: name,
                folder: quoted(declaration, after: "path: ").first ?? "\(root)/\(name)",
                dependencies: Set(quoted(declaration, after: "dependencies: [", upTo: "]")))
        }
    }

    /// The quoted words behind `start`.
    private static func quoted(
        _ text: Substring, after start: String, upTo end: Character? = nil
    ) -> [String] {
        guard let range = text.firstRange(of: start) else { return [] }
        let words = text[range.upperBound...].prefix { $0 != end }
            .split(separator: "\"", omittingEmptySubsequences: false)
        return stride(from: 1, to: words.count, by: 2).map { String(words[$0]) }
    }
}

@Suite struct PackageTests {
    /// Modules whose use is compared: all but those of the system, and the builds of the kernels,
    /// which depend on the architecture.
    private static let modules = Set(HouseLadder.targets.flatMap { [$0.name] + $0.outside })
        .union(["CLanes", "CMachine", "Simulation"])
        .subtracting(HouseLadder.kernelBuilds).subtracting(["FoundationEssentials"])

    @Test func dependenciesAreWhatIsImported() throws {
        let targets = PackageTarget.all(HouseTests.text(of: "Package.swift"))
        try #require(targets.count > 30, "Package.swift is read")
        for target in targets {
            let lines = HouseTests.sources(in: target.folder).flatMap(\.lines)
            let imported = Set(lines.compactMap(HouseTests.importedModule))
                .intersection(Self.modules)
            let declared = target.dependencies.intersection(Self.modules)
            #expect(declared == imported, "\(target.name)")
        }
    }
}
