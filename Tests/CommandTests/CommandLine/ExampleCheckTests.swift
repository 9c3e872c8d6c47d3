// Every shipped example starts as it is: its plan fits its budget, with room for what keys or a
// few more clients take. And what README says of keys works with the example that it names.

import Glibc
import Testing

@Suite struct ExampleCheckTests {
    private let place = Workplace()
    private static let folder =
        #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
        .joined(separator: "/") + "/examples"

    /// Every file of `examples`.
    private static var examples: [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".toml") { names.append(name) }
        }
        return names.sorted()
    }

    /// Runs `millraced --check`; its code, what it printed, and total and budget of the plan.
    private func check(_ arguments: [String]) -> (
        code: Int32?, text: String, total: Int?, budget: Int?
    ) {
        let process = ChildProcess(
            Build.path("millraced"), arguments + ["--check", "--state", "\(place.path)/state"],
            output: "\(place.path)/out")
        let code = process?.wait(seconds: 10)
        let text = place.read("out")
        func figure(_ row: String) -> Int? {
            text.split(separator: "\n").first { $0.hasPrefix(row + " ") && !$0.contains("=") }
                .flatMap { Int(String($0.filter(\.isNumber))) }
        }
        return (code, text, figure("total"), figure("budget"))
    }

    @Test func everyExampleFitsWithRoom() throws {
        #expect(Self.examples.count >= 19)
        for name in Self.examples {
            let (code, text, total, budget) = check(["--config", "\(Self.folder)/\(name)"])
            #expect(code == 0, "\(name): \(text)")
            let (taken, allowed) = (try #require(total), try #require(budget))
            #expect(taken + taken / 20 <= allowed, "\(name) plans \(taken) of \(allowed)")
        }
    }

    /// What a header or README adds to an example.
    @Test(arguments: [
        ("har-conv", ["block.1.structure=pruned", "block.1.pattern=2:8", "device.memory=80KiB"]),
        ("har-conv", ["block.1.structure=circulant", "block.1.block=8"]),
        ("har-lstm", ["block.1.structure=circulant", "block.1.block=8"]),
        ("circulant", ["junction.0.block=16"]),
        ("circulant", ["junction.0.structure=dense", "memory.budget=24MiB"]),
        ("lane-aligned", ["junction.0.structure=dense", "memory.budget=40MiB"]),
        ("lane-aligned", ["junction.0.structure=dense", "network.hidden=64"]),
        ("nm", ["junction.structure=dense"]), ("nm", ["junction.pattern=2:4"]),
        ("essop", ["junction.rule=exact"]), ("essop", ["junction.stream-bits=1"]),
        ("mnist-conv", ["junction.rule=stochastic", "junction.stream-bits=8"]),
        ("gas-drift", ["drift.on-alarm=nothing"]), ("fpga", ["learning.rate=0.0625"]),
        (
            "morse",
            [
                "network.hidden=1024", "learning.rate=0.01", "device.memory=1MiB",
                "memory.budget=24MiB",
            ]
        ),
    ])
    func whatHeadersCompareStarts(_ name: String, _ settings: [String]) {
        let (code, text, _, _) = check(
            ["--config", "\(Self.folder)/\(name).toml"] + settings.flatMap { ["--set", $0] })
        #expect(code == 0, "\(name) \(settings): \(text)")
    }

    @Test func theKeysOfReadmeFitMorse() throws {
        let keys = "\(place.path)/keys"
        mkdir(keys, 0o700)
        let made = ChildProcess(
            Build.path("millrace"), ["keygen", "--server", "--directory", keys],
            output: "\(place.path)/keygen")
        #expect(made?.wait(seconds: 10) == 0, "\(place.read("keygen"))")
        mkdir(keys + "/clients.d", 0o700)
        let example = String(decoding: Workplace.bytes("\(Self.folder)/morse.toml"), as: UTF8.self)
        let file = place.write(
            "keys/millrace.toml",
            example + "[keys]\nserver = \"server.key_secret\"\nclients = \"clients.d\"\n")
        let (code, text, _, _) = check([
            "--config", file, "--set", "daemon.ingest=[\"tcp://0.0.0.0:5570\"]",
            "--set", "daemon.query=[\"tcp://0.0.0.0:5571\"]",
        ])
        #expect(code == 0, "\(text)")
    }
}
