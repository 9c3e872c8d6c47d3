// A configuration that loads, and ways to change it.

import Configuration
import Simulation

let minimal = """
    [input]
    features = 4

    [output]
    task = "classification"
    classes = ["a", "b"]
    """

/// Loads `text` as the file `test.toml`.
func load(
    _ text: String, environment: [String: String] = [:], flags: [ConfigurationFlag] = []
) throws(ConfigurationErrors) -> MillraceConfiguration {
    try ConfigurationLoader.load(
        ConfigurationInputs(path: "test.toml", text: text, environment: environment, flags: flags))
}

/// The problems that loading finds; none if it succeeds.
func problems(
    _ text: String, environment: [String: String] = [:], flags: [ConfigurationFlag] = []
) -> [ConfigurationProblem] {
    do throws(ConfigurationErrors) {
        _ = try load(text, environment: environment, flags: flags)
        return []
    } catch {
        return error.problems
    }
}

/// Runs `body` with the path of a file that holds `text`, and removes it.
func withFile(_ name: String, _ text: String, _ body: (String) throws -> Void) rethrows {
    let folder = TemporaryFolder()
    try withExtendedLifetime(folder) { try body(folder.write(name, text)) }
}

/// The package's folder.
let packageRoot = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
