// Goal: the catalogue in ARCHITECTURE.md is the catalogue.

import Glibc
import Junctions
import Testing

@Suite struct CatalogueTableTests {
    @Test func architectureShowsTheCatalogue() throws {
        let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        let file = try #require(fopen("/\(root)/ARCHITECTURE.md", "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        let text = String(decoding: bytes[..<count], as: UTF8.self)
        #expect(text.contains(Catalogue.table), "print Catalogue.table into ARCHITECTURE.md")
    }
}
