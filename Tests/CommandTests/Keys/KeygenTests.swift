// Goal: `millrace keygen` makes two files that nobody else could ever read, writes over nothing,
// says what to do next, and never says the secret.

import Glibc
import Messaging
import MillraceProtocol
import Testing

extension JSON {
    /// The names of an object's members.
    fileprivate var names: Set<String>? {
        guard case .object(let members) = self else { return nil }
        return Set(members.keys)
    }
}

@Suite struct KeygenTests {
    private let user = CommandClient(state: "/nowhere")

    private var folder: String { user.place.path }

    private func mode(_ name: String) -> mode_t? {
        var facts = stat()
        return lstat("\(folder)/\(name)", &facts) == 0 ? facts.st_mode & 0o7777 : nil
    }

    private func certificate(_ name: String) throws -> Certificate {
        try Certificate.parse(Workplace.bytes("\(folder)/\(name)"))
    }

    private func run(_ arguments: String...) -> CommandResult {
        user.run(["keygen", "--directory", folder] + arguments)
    }

    @Test func aPairIsMadeForItsOwnerAlone() throws {
        let result = run("pump-1", "--allow", "ingest,metrics", "--producers", "a,b")
        #expect(result.code == 0, "\(result.errors)")
        let secret = try certificate("pump-1.key_secret")
        let open = try certificate("pump-1.key")
        try secret.requirePair()
        #expect(open.secretKey == nil && open.publicKey == secret.publicKey)
        #expect(open.rights == [.ingest, .metrics] && open.name.text == "pump-1")
        #expect(open.producers.map(\.text) == ["a", "b"])
        #expect(secret.rights == [], "a right in the owner's file would mean nothing")
        #expect(mode("pump-1.key") == 0o644 && mode("pump-1.key_secret") == 0o600)
        for words in ["\(folder)/pump-1.key", open.publicKey.z85, "clients", "reload", "--key"] {
            #expect(result.output.contains(words), "\(words) in \(result.output)")
        }
    }

    @Test func theSecretIsNeverSaid() throws {
        var said = ""
        for arguments in [
            ["a"], ["b", "--json"], ["--server"], ["--server", "c", "--json"],
            ["a"], ["a", "--json"],
        ] {
            let result = user.run(["keygen", "--directory", folder] + arguments)
            said += result.output + result.errors
        }
        for name in ["a", "b", "server", "c"] {
            let secret = try #require(try certificate("\(name).key_secret").secretKey).z85
            #expect(!said.contains(secret) && !said.contains(secret.prefix(10)))
            #expect(said.contains(try certificate("\(name).key").publicKey.z85))
            #expect(!user.place.read("\(name).key").contains(secret))
        }
    }

    @Test func theUmaskDoesNotMatter() throws {
        for mask in ["000", "022", "077", "777"] {
            let process = ChildProcess(
                "/bin/sh",
                [
                    "-c",
                    "umask \(mask); exec \(Build.path("millrace")) keygen u\(mask) "
                        + "--directory '\(folder)'",
                ], output: "\(folder)/out")
            #expect(process?.wait(seconds: 20) == 0)
            #expect(mode("u\(mask).key") == 0o644 && mode("u\(mask).key_secret") == 0o600)
        }
    }

    @Test func nothingIsWrittenOver() throws {
        #expect(run("a").code == 0)
        let before = user.place.read("a.key_secret") + user.place.read("a.key")
        let again = run("a")
        #expect(again.code == 73 && again.errors.contains("is there already"))
        #expect(again.errors.contains("TRY:"))
        #expect(user.place.read("a.key_secret") + user.place.read("a.key") == before)
        // One of the two is in the way: the other is not made either.
        for (name, other) in [("b.key", "b.key_secret"), ("c.key_secret", "c.key")] {
            symlink("/nowhere/at/all", "\(folder)/\(name)")
            #expect(run(String(name.prefix(1))).code == 73)
            #expect(mode(other) == nil, "\(other) was left")
        }
        let json = run("a", "--json")
        #expect(json.code == 73 && json.document?["ok"]?.flag == false)
    }

    @Test func theDocumentIsAsTheSchemaSays() throws {
        let schema = try Scene.schema("keygen")
        for arguments in [["x"], ["--server"], ["y", "--allow", "admin"]] {
            let result = user.run(["keygen", "--directory", folder, "--json"] + arguments)
            let document = try #require(result.document)
            #expect(document.names == schema["properties"]?.names)
            #expect(document["publicKey"]?.text?.utf8.count == 40)
            #expect(document["secretFile"]?.text?.hasSuffix(".key_secret") == true)
        }
        #expect(try certificate("y.key").rights == .admin)
        #expect(try certificate("x.key").rights == [.ingest, .query, .metrics])
        #expect(try certificate("server.key").rights == [])
    }

    @Test(arguments: [
        [], ["a b"], ["../a"], [".a"], [""], ["a", "--allow", "root"], ["a", "--allow", ""],
        ["a", "--producers", ","], ["a", "--producers", "x/y"], ["--server", "--allow", "query"],
        ["a", "b"],
    ])
    func wrongUsageIs64(arguments: [String]) {
        let result = user.run(["keygen", "--directory", folder] + arguments)
        #expect(result.code == 64, "\(arguments): \(result.errors)")
    }

    @Test func aDirectoryThatIsNotThereIs73() {
        let result = user.run(["keygen", "a", "--directory", "/nowhere/keys"])
        #expect(result.code == 73 && result.errors.contains("TRY: mkdir -p /nowhere/keys"))
    }
}
