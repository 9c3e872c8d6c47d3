// The examples load, describe what the sources deliver, and explain themselves.

import Configuration
import SampleSources
import Testing

@Suite struct ExampleTests {
    static let names = ["ecg", "elec2", "gas", "har", "host", "mnist", "morse"]

    @Test(arguments: names)
    func loads(name: String) throws {
        let path = "\(packageRoot)/examples/\(name).toml"
        let text = try ConfigurationLoader.read(path)
        let it = try ConfigurationLoader.load(
            path: path, environment: ["MILLRACE_STATE": "/run/millrace-\(name)"])
        #expect(text.hasPrefix("# \(name): "))
        #expect(text.contains("#   millraced --config examples/\(name).toml"))
        #expect(text.contains("#   millrace stream "))
        #expect(it.daemon.stateDirectory == "/run/millrace-\(name)")
        #expect(try load(it.canonicalText).canonicalText == it.canonicalText)
    }

    @Test func matchTheBuiltInSources() throws {
        let morse = try ConfigurationLoader.load(
            path: "\(packageRoot)/examples/morse.toml", environment: [:])
        #expect(morse.output.classNames == MorseCode.names && morse.input.featureCount == 64)
        let host = try ConfigurationLoader.load(
            path: "\(packageRoot)/examples/host.toml", environment: [:])
        #expect(host.input.names == HostSource.featureNames)
    }
}
