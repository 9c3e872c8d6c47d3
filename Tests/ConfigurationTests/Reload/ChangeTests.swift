// What a configuration that was read again changes, key by key.

import Configuration
import Learning
import Testing

@Suite struct ChangeTests {
    @Test func onlyValuesCountAndNotWhereTheyComeFrom() throws {
        let old = try load(minimal)
        let same = try load(minimal + "\n[ring]\nslots = 4\n")
        #expect(same.changes(from: old).isEmpty)
    }

    @Test func everyChangeIsNamedWithBothValues() throws {
        let old = try load(minimal)
        let new = try load(
            minimal + """

                [learning]
                rate = 0.25
                [commit]
                bytes-per-day = "1MiB"
                [ring]
                slots = 6
                [producers]
                allow = ["a"]
                """)
        let changes = new.changes(from: old)
        #expect(
            changes.map { "\($0.key) \($0.before) \($0.after) \($0.isHot)" } == [
                "learning.rate 0.01 0.25 true", "commit.bytes-per-day 0 \"1MiB\" true",
                "ring.slots 4 6 false", "producers.allow nothing [\"a\"] true",
            ])
    }

    @Test func onlyHotKeysAreTaken() throws {
        let old = try load(minimal)
        let new = try load(minimal + "\n[learning]\nrate = 0.25\n[ring]\nslots = 6\n")
        let merged = try old.takingHotKeys(of: new)
        #expect(merged.learning.rate == 0.25 && merged.learner.learningRate == 0.25)
        #expect(merged.ring.slotCount == 4)
        // The text that goes into checkpoints says what is in force, and loads again.
        let text = merged.canonicalText
        #expect(text.contains("rate = 0.25") && text.contains("slots = 4"))
        #expect(try load(text).changes(from: merged).isEmpty)
        #expect(new.changes(from: merged).map(\.key) == ["ring.slots"])
    }

    @Test func theGuardIsReloaded() throws {
        let old = try load(minimal)
        let new = try load(
            minimal + "\n[guard]\non-fall = \"nothing\"\nmargin = 0.05\npatience = 20000\n")
        let changes = new.changes(from: old)
        #expect(changes.count == 3 && changes.allSatisfy(\.isHot))
        let merged = try old.takingHotKeys(of: new)
        #expect(merged.guardOptions == new.guardOptions && !merged.guardOptions.isOn)
        #expect(new.changes(from: merged).isEmpty)
    }

    @Test func aKeyThatWasRemovedGoesBackToItsDefault() throws {
        let old = try load(minimal + "\n[producers]\nallow = [\"a\"]\n[commit]\nsamples = 9\n")
        let merged = try old.takingHotKeys(of: load(minimal))
        #expect(merged.allowedProducers == nil && merged.commit.samples == 0)
    }

    @Test func whatDoesNotFitTheRestIsRefused() throws {
        let fixed = """

            [learning]
            rate = 0.25
            [junction]
            arithmetic = "fixed"
            format = [16, 4, 11]
            """
        let old = try load(minimal + fixed)
        let new = try load(minimal + "\n[learning]\nrate = 0.3\n")
        #expect(throws: ConfigurationErrors.self) { try old.takingHotKeys(of: new) }
        let few = try load(minimal + "\n[daemon]\nmax-producers = 1\n")
        let many = try load(minimal + "\n[producers]\nallow = [\"a\", \"b\"]\n")
        #expect(throws: ConfigurationErrors.self) { try few.takingHotKeys(of: many) }
    }

    @Test func socketsLieInTheRuntimeDirectoryWhereThereIsOne() throws {
        let text =
            minimal + "\n[daemon]\nquery = \"ipc://{runtime}/q\"\nsocket-mode = \"0660\"\n"
        func query(_ environment: [String: String]) throws -> DaemonLimits {
            try ConfigurationLoader.load(
                ConfigurationInputs(path: "m.toml", text: text, environment: environment)
            ).daemon
        }
        #expect(
            try query(["RUNTIME_DIRECTORY": "/run/m:/run/n"]).queryEndpoints == ["ipc:///run/m/q"])
        #expect(try query([:]).queryEndpoints == ["ipc://millrace-state/q"])
        #expect(try query([:]).socketMode == 0o660)
        #expect(try load(minimal).daemon.socketMode == 0o600)
    }
}
