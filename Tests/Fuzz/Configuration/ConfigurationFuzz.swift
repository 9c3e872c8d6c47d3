// The configuration file: TOML text, its places, every key and what keys say about each other.
//
// What holds for every text: no trap, no abort of the TOML library, problems instead; a
// configuration that was accepted, written out and read again, is the same.

import Configuration
import FuzzDecoders

/// The configuration as a fuzzer sees it.
public enum ConfigurationTargets {
    /// Every target, by name.
    public static let all = [
        FuzzTarget("configuration", run: run), FuzzTarget("toml", run: runToml),
    ]

    /// The text alone: a hundred times faster, for what stands before the TOML library, and for
    /// the library.
    private static func runToml(_ bytes: UnsafeRawBufferPointer) {
        guard let text = String(validating: bytes, as: UTF8.self) else { return }
        do throws(ConfigurationProblem) {
            _ = try ConfigurationText(text, path: "fuzz.toml")
        } catch {
            promise(!error.description.isEmpty, "a refusal has words")
        }
    }

    private static func run(_ bytes: UnsafeRawBufferPointer) {
        guard let text = String(validating: bytes, as: UTF8.self) else { return }
        let inputs = ConfigurationInputs(path: "fuzz.toml", text: text)
        do throws(ConfigurationErrors) {
            let configuration = try ConfigurationLoader.load(inputs)
            let written = ConfigurationInputs(path: "fuzz.toml", text: configuration.effectiveText)
            let again = try? ConfigurationLoader.load(written)
            promise(
                again?.canonicalText == configuration.canonicalText,
                "an effective configuration is a configuration, and the same")
        } catch {
            promise(!error.problems.isEmpty, "a refusal names its problems")
            promise(!"\(error)".isEmpty, "a refusal has words")
        }
    }
}
