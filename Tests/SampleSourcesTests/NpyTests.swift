// .npy files: every type, labels, and hostile headers.

import SampleSources
import Simulation
import Testing

@Suite struct NpyTests {
    let directory = TemporaryFolder()

    @Test func readsTheThreeOwnTypesAsTheyAre() throws {
        for (descr, data, element) in [
            ("|u1", raw([UInt8(0), 1, 254, 255]), SourceElement.u8),
            ("<i2", raw([Int16(-32768), 0, 7, 32767]), .i16),
            ("<f4", raw([Float(0.5), -1, .nan, 1e30]), .f32),
        ] {
            let path = directory.write("a.npy", npy(descr, [2, 2], data))
            let source = try NpySource(path: path)
            #expect(source.schema.element == element)
            #expect(source.schema.featureCount == 2)
            #expect(source.count == 2)
            var batch = SampleBatch(schema: source.schema)
            #expect(try source.read(from: 0, count: 10, into: &batch) == .samples(2))
            #expect(batch.features == data)
            #expect(try source.read(from: 2, count: 10, into: &batch) == .end)
        }
    }

    @Test(arguments: [1, 2] as [UInt8])
    func readsBothVersionsAndManyAxes(version: UInt8) throws {
        let path = directory.write(
            "a.npy", npy("<i2", [3, 2, 2], raw((0..<12).map { Int16($0) }), version: version))
        let source = try NpySource(path: path)
        #expect(source.schema.featureCount == 4)
        #expect(try readAll(source, batch: 2).rows[2] == [8, 9, 10, 11])
    }

    @Test func convertsOtherTypesWithARangeCheck() throws {
        let wide = directory.write("a.npy", npy("<f8", [3, 1], raw([0.1, 1e300, 2.5])))
        let result = try readAll(try NpySource(path: wide))
        #expect(result.rows == [[0.1], [2.5]])
        #expect(result.problems.map(\.index) == [1])
        let whole = directory.write(
            "b.npy", npy("<i8", [3], raw([Int64(16_777_216), 16_777_217, -5])))
        let integers = try readAll(try NpySource(path: whole))
        #expect(integers.rows == [[16_777_216], [-5]])
        #expect(integers.problems.map(\.found) == ["16777217.0"])
        let small = directory.write("c.npy", npy("|i1", [2], raw([Int8(-128), 127])))
        #expect(try readAll(try NpySource(path: small)).rows == [[-128], [127]])
    }

    @Test func convertsToWhatTheReceiverExpects() throws {
        let path = directory.write("a.npy", npy("<f4", [3, 1], raw([Float(3), 3.5, 300])))
        let options = SourceOptions(expected: ExpectedSchema(element: .u8, featureCount: 1))
        let result = try readAll(try NpySource(path: path, options: options))
        #expect(result.rows == [[3]])
        #expect(result.problems.count == 2)
        let wrong = SourceOptions(expected: ExpectedSchema(element: .u8, featureCount: 2))
        #expect(throws: SourceError.self) { try NpySource(path: path, options: wrong) }
    }

    @Test func findsLabelsBesideTheFeatures() throws {
        let path = directory.write("s.x.npy", npy("|u1", [3, 1], [1, 2, 3]))
        directory.write("s.y.npy", npy("|u1", [3], [0, 1, 9]))
        #expect(try readAll(try NpySource(path: path)).classes == [0, 1, 9])
        var options = SourceOptions()
        options.unlabelled = true
        #expect(try NpySource(path: path, options: options).schema.labels == .none)
        options = SourceOptions(
            expected: ExpectedSchema(
                element: .u8, featureCount: 1,
                labels: .classIndices(classCount: 2, names: ["a", "b"])))
        let checked = try readAll(try NpySource(path: path, options: options))
        #expect(checked.classes == [0, 1])
        #expect(checked.problems.first?.index == 2)
        options.labelsPath = directory.write("short.npy", npy("|u1", [2], [0, 1]))
        #expect(throws: SourceError.self) { try NpySource(path: path, options: options) }
    }

    /// Classes that are called by numbers are found by them.
    @Test(arguments: [("|u1", [0, 1, 2]), ("<f4", [0, 1, 2])])
    func numbersAreNamesOfClassesThatAreCalledSo(type: String, found: [Int32]) throws {
        let labels: [Float] = [1, 2.5, 10, -1, 3, 0]
        let path = directory.write("n.x.npy", npy("|u1", [6, 1], [1, 2, 3, 4, 5, 6]))
        let bytes = type == "<f4" ? raw(labels) : labels.map { UInt8(truncatingIfNeeded: Int($0)) }
        directory.write("n.y.npy", npy(type, [6], bytes))
        let options = SourceOptions(
            expected: ExpectedSchema(
                element: .u8, featureCount: 1,
                labels: .classIndices(classCount: 3, names: ["1", "2.5", "10"])))
        let result = try readAll(try NpySource(path: path, options: options))
        #expect(result.classes == (type == "<f4" ? [0, 1, 2, -1] : [0, 2]))
        #expect(result.problems.map(\.index) == (type == "<f4" ? [4, 5] : [1, 3, 4, 5]))
    }

    @Test func readsRealTargets() throws {
        let path = directory.write("a.npy", npy("<f4", [2, 1], raw([Float(1), 2])))
        var options = SourceOptions(
            expected: ExpectedSchema(element: .f32, featureCount: 1, labels: .values(count: 2)))
        options.labelsPath = directory.write("t.npy", npy("<f8", [2, 2], raw([1.5, 2, 3, 4])))
        #expect(try readAll(try NpySource(path: path, options: options)).targets == [1.5, 2, 3, 4])
    }

    static let good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }"

    @Test(arguments: [
        "", "{}", "{'descr': '<f4'}", "{'descr': '>f4', 'fortran_order': False, 'shape': (2, 1)}",
        "{'descr': '|O', 'fortran_order': False, 'shape': (2, 1)}",
        "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 1)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': ()}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-2, 1)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 99999999999999999999)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 4611686018427387904, 2)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 1)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 1)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), 'more': 1}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 1)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1)} x",
        "{'descr': '<f4, 'fortran_order': False, 'shape': (2, 1)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"
            + ",1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 1)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 0)}",
    ])
    func refusesOtherHeaders(header: String) {
        let path = directory.write("a.npy", npy("", [], raw([Float(1), 2]), header: header))
        #expect(throws: SourceError.self) { try NpySource(path: path) }
    }

    @Test func namesTheOffset() {
        let path = directory.write(
            "a.npy",
            npy("", [], [], header: "{'descr': '>f4', 'fortran_order': False, 'shape': (2, 1)}"))
        #expect {
            try NpySource(path: path)
        } throws: { error in
            guard case SourceError.malformed(_, let offset, let found, _)? = error as? SourceError
            else { return false }
            return offset == 20 && found.contains(">f4")
        }
    }

    @Test func refusesEveryCut() throws {
        let whole = npy("<f4", [2, 1], raw([Float(1), 2]))
        for count in 0..<whole.count {
            let path = directory.write("cut.npy", Array(whole[..<count]))
            #expect(throws: SourceError.self, "\(count) bytes") { try NpySource(path: path) }
        }
    }

    @Test(arguments: 1...4)
    func survivesMutations(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let whole = npy("<i4", [4, 3], raw((0..<12).map { Int32($0) }))
        var opened = 0
        for _ in 0..<1500 {
            let path = directory.write("m.npy", mutated(whole, &random))
            guard let source = try? NpySource(path: path) else { continue }
            opened += 1
            let result = try? readAll(source, batch: 3)
            let total = (result?.rows.count ?? 0) + (result?.problems.count ?? 0)
            #expect(result == nil || total == source.count, "seed \(seed)")
        }
        #expect(opened > 0)
    }

    @Test(.enabled(if: hasData("elec2")))
    func readsARealStream() throws {
        let source = try NpySource(path: dataDirectory + "/elec2/stream.x.npy")
        #expect(source.count == 45_312)
        let result = try readAll(source, batch: 1000)
        #expect(result.rows.count == 45_312)
        #expect(result.classes.filter { $0 == 1 }.count == 19_237)
        #expect(result.problems.isEmpty)
    }
}
