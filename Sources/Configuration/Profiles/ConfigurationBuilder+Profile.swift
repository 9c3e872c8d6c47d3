// Where the keys of [device] and [energy] come from: the profile and the energy table that the
// configuration names, under what the configuration says itself.
//
// A profile is a TOML file with one table, [device], an energy table one with [energy]: the same
// keys as in a configuration, so everything in them can be overridden.

import SampleSources

extension ConfigurationBuilder {
    /// Fills in what the profile and the energy table say and nobody else does.
    mutating func takeProfiles() {
        take("device.profile", ShippedDevices.profiles, section: "device")
        guard values["device.energy"]?.value != .text("none") else { return }
        take("device.energy", ShippedDevices.energies, section: "energy")
    }

    /// - key: says which file; - shipped: files that have names; - section: the file's only table
    private mutating func take(_ key: String, _ shipped: [String: [UInt8]], section: String) {
        guard let value = values[key], case .text(let name) = value.value else { return }
        let text: String
        let path: String
        if let bytes = shipped[name] {
            text = String(decoding: bytes, as: UTF8.self)
            path = (section == "device" ? "profile " : "energy table ") + name
        } else if name.contains(Character("/")) || name.hasSuffix(".toml") {
            path = Self.resolved(name, value.origin)
            do throws(ConfigurationErrors) {
                text = try ConfigurationLoader.read(path)
            } catch {
                return report(key, found: "\"\(name)\" (\(error))", expected: "a readable file")
            }
        } else {
            return reportUnknown(name, key, shipped.keys.sorted())
        }
        do throws(ConfigurationProblem) {
            merge(try ConfigurationText(text, path: path), path: path, section: section)
        } catch {
            add(error)
        }
    }

    private mutating func reportUnknown(_ name: String, _ key: String, _ known: [String]) {
        let words = known + (key == "device.energy" ? ["none"] : [])
        var expected = "one of "
        expected += words.map { "\"\($0)\"" }.joined(separator: ", ")
        expected += ", or the path of a file with the table"
        if let near = Spelling.nearest(to: name, among: known) {
            expected += "; nearest: \"\(near)\""
        }
        report(key, found: "\"\(name)\"", expected: expected)
    }

    /// Paths are relative to the file that they stand in; on the command line and in the
    /// environment to the current directory.
    static func resolved(_ name: String, _ origin: ConfigurationOrigin) -> String {
        guard case .file(let file, _) = origin, !name.hasPrefix("/"),
            let slash = file.lastIndex(of: "/")
        else { return name }
        return file[...slash] + name
    }

    /// Takes the keys of a file's table that have no value yet.
    private mutating func merge(_ text: ConfigurationText, path: String, section: String) {
        var layers = LayerCollector()
        layers.add(text, path: path)
        profileLines[path] = text.lines
        for problem in layers.problems { add(problem) }
        for (other, _) in text.sections where other != section && KeyTable.isSection(other) {
            let line = text.lines[[other]].map { ":\($0)" } ?? ""
            add(
                ConfigurationProblem(
                    place: path + line, key: other, found: "a table that does not belong here",
                    expected: "[\(section)] alone"))
        }
        for key in KeyTable.all where key.section == section {
            guard let value = layers.values[key.path] else { continue }
            if key.path == "device.profile" {
                add(
                    ConfigurationProblem(
                        place: value.origin.text, key: key.path, found: "a profile in a profile",
                        expected: "the device's own keys"))
            } else if values[key.path] == nil {
                values[key.path] = value
            }
        }
    }
}
