// Which columns of a CSV are names, features and labels.

import SampleSources
import Simulation
import Testing

@Suite struct CsvColumnTests {
    let directory = TemporaryFolder()

    func source(_ text: String, _ options: SourceOptions = SourceOptions()) throws -> TextSource {
        try TextSource(path: directory.write("a.csv", text), .csv, options)
    }

    @Test(arguments: [
        ("t,p,v\n1,2,3\n", "v,t,p"), ("t,p,v\n1,2,3\n", "1-3"), ("v,p,t\n3,2,1\n", "1-3"),
        ("q,p,t\n3,2,1\n", "q,p,t"), ("a,b,c\n1,2,3\n", "a,b,c"), ("v,a,b\n3,1,2\n", "1-3"),
    ])
    func chosenColumnsGoToTheFeaturesOfTheirNames(text: String, chosen: String) throws {
        var options = SourceOptions(
            expected: ExpectedSchema(
                element: .f32, featureCount: 3, featureNames: ["t", "p", "v"]))
        options.featureColumns = chosen
        #expect(try readAll(try source(text, options)).rows == [[1, 2, 3]])
    }

    @Test(arguments: [nil, "t,p", "2-3"])
    func aNameOfTwoColumnsNamesNone(chosen: String?) throws {
        var options = SourceOptions(
            expected: ExpectedSchema(element: .f32, featureCount: 2, featureNames: ["t", "p"]))
        options.featureColumns = chosen
        let text = "t,t,p\n1,2,3\n"
        if chosen == "2-3" {
            return #expect(try readAll(try source(text, options)).rows == [[2, 3]])
        }
        let error = #expect(throws: SourceError.self) { try source(text, options) }
        #expect("\(try #require(error))".contains("columns 1 and 2"))
    }

    /// A row of names is one whatever stands behind it, if a name of it is known.
    @Test(arguments: [
        "p,t\n,\n2,1\n", "p,t\nbar,°C\n2,1\n", "p,t\n\"1,5\",x\n2,1\n", "p,t\nNA,NA\n2,1\n",
        "p,t,2024\n,,\n2,1,0\n",
    ])
    func aRowOfKnownNamesIsOne(text: String) throws {
        let options = SourceOptions(
            expected: ExpectedSchema(element: .f32, featureCount: 2, featureNames: ["t", "p"]))
        let result = try readAll(try source(text, options))
        #expect(result.rows == [[1, 2]])
        #expect(result.problems.map(\.line) == [2])
    }

    /// Without a receiver the rows behind it decide, and not only the first of them.
    @Test(arguments: [
        ("p,t\nbar,°C\n2,1\n", ["p", "t"]), ("p,t\n,\n,\n2,1\n", ["p", "t"]),
        ("a,b\nc,d\n", ["1", "2"]), ("3,b\nc,d\n2,1\n", ["1", "2"]), ("p,t\n", ["p", "t"]),
    ])
    func rowsBehindItTellARowOfNames(text: String, names: [String]) throws {
        #expect(try source(text).schema.featureNames == names)
    }

    /// Columns for values of a label are taken by their names, as those of features are.
    @Test(arguments: [
        ("t,p,v\n1,2,3\n", "p,v"), ("t,p,v\n1,2,3\n", "v,p"), ("v,p,t\n3,2,1\n", nil),
        ("x,v,p,t\n9,3,2,1\n", nil), ("t,q,v\n1,2,3\n", "q,v"), ("t,q,v\n1,2,3\n", "v,q"),
        ("t,q,r\n1,2,3\n", "q,r"), ("1,2,3\n", "2,3"),
    ])
    func labelsGoToTheTargetsOfTheirNames(text: String, chosen: String?) throws {
        let names = text.first == "1" ? [] : ["t"]
        var options = SourceOptions(
            expected: ExpectedSchema(
                element: .f32, featureCount: 1, featureNames: names, labels: .values(count: 2),
                targetNames: ["p", "v"]))
        options.labelColumns = chosen
        let result = try readAll(try source(text, options))
        #expect(result.rows == [[1]] && result.targets == [2, 3])
    }

    @Test func aFeatureIsNoTargetOfAnotherName() throws {
        var options = SourceOptions(
            expected: ExpectedSchema(
                element: .f32, featureCount: 2, featureNames: ["t", "p"],
                labels: .values(count: 1), targetNames: ["v"]))
        options.labelColumns = "p"
        let error = #expect(throws: SourceError.self) { try source("t,p,v\n1,2,3\n", options) }
        #expect("\(try #require(error))".contains("p, which is a feature, expected v"))
    }

    @Test func aNameMayHoldAComma() throws {
        var options = SourceOptions()
        options.labelColumns = "sta,te"
        #expect(try readAll(try source("a,\"sta,te\"\n1,up\n", options)).names == ["up"])
    }
}
