// Goal: no socket that other machines can reach is open by accident; every way to be half
// protected is refused, with the words that help.

import Configuration
import Simulation
import Testing

@Suite struct AccessKeyTests {
    private let keys = "\n[keys]\nserver = \"server.key_secret\"\nclients = \"clients.d\"\n"

    private func daemon(_ lines: String...) -> String {
        "\n[daemon]\n" + lines.joined(separator: "\n") + "\n"
    }

    @Test(arguments: [
        "tcp://0.0.0.0:5555", "tcp://*:5555", "tcp://example.org:5555", "tcp://[::]:5555",
        "tcp://192.168.1.2:*", "tcp://eth0:5555", "tcp://127.0.0.1.example.org:1",
        "tcp://127.0.0.256:1", "tcp://127.1:1", "tcp://[::1%eth0]:1", "tcp://LOCALHOST:1",
    ])
    func whatOthersCanReachNeedsKeysOrTheSentence(endpoint: String) throws {
        for door in ["ingest", "query"] {
            let text = minimal + daemon("\(door) = \"\(endpoint)\"")
            let problem = try #require(problems(text).first)
            #expect(problem.key == "daemon.\(door)" && problem.found.contains(endpoint))
            for words in ["[keys]", "millrace keygen --server", "anyone may connect"] {
                #expect(problem.expected.contains(words), "\(problem)")
            }
            let keyed = try load(text + keys)
            #expect(keyed.access(to: endpoint) == .keyed)
            let open = try load(text + "\n[keys]\nplain-tcp = \"anyone may connect\"\n")
            #expect(open.access(to: endpoint) == .plainReachable)
            #expect(open.access(to: endpoint).text.contains("ANYONE"))
        }
    }

    @Test(arguments: [
        "tcp://127.0.0.1:5555", "tcp://[::1]:*", "tcp://localhost:1", "tcp://127.1.2.3:1",
    ])
    func theLoopbackNeedsNone(endpoint: String) throws {
        let found = try load(minimal + daemon("ingest = \"\(endpoint)\""))
        #expect(found.access(to: endpoint) == .plainLocal)
        #expect(found.access(to: "ipc:///x") == .permissions)
    }

    @Test func commandsOverTCPNeedKeysEvenOnTheLoopback() throws {
        let text = minimal + daemon("admin = [\"ipc://{state}/a\", \"tcp://127.0.0.1:5555\"]")
        for more in ["", "\n[keys]\nplain-tcp = \"anyone may connect\"\n"] {
            let problem = try #require(problems(text + more).first)
            #expect(problem.key == "daemon.admin" && problem.expected.contains("commands"))
        }
        #expect(try load(text + keys).daemon.adminEndpoints.count == 2)
    }

    @Test func onlyTheWholeSentenceOpens() {
        for word in ["yes", "Anyone may connect", "anyone may connect.", " anyone may connect"] {
            let text = minimal + "\n[keys]\nplain-tcp = \"\(word)\"\n"
            #expect(problems(text).first?.key == "keys.plain-tcp")
        }
        #expect(problems(minimal + "\n[keys]\nplain-tcp = true\n").first?.key == "keys.plain-tcp")
    }

    @Test func halfOfAPairIsRefused() throws {
        let tcp = daemon("ingest = \"tcp://127.0.0.1:5555\"")
        let noList = problems(minimal + tcp + "\n[keys]\nserver = \"s\"\n")
        #expect(noList.first?.key == "keys.clients", "\(noList)")
        #expect(noList.first?.expected.contains("millrace keygen NAME") == true)
        let noServer = problems(minimal + tcp + "\n[keys]\nclients = \"c\"\n")
        #expect(noServer.first?.key == "keys.clients")
        #expect(noServer.first?.expected.contains("keygen --server") == true)
        let both = problems(minimal + tcp + keys + "plain-tcp = \"anyone may connect\"\n")
        #expect(both.first?.key == "keys.plain-tcp")
        // Nothing is keyed, so nobody needs a list; and a list may wait for a key.
        #expect(try load(minimal + "\n[keys]\nserver = \"s\"\n").keys.serverPath == "s")
        #expect(try load(minimal + "\n[keys]\nclients = \"/c\"\n").keys.clientsPath == "/c")
    }

    @Test func pathsAreThoseOfTheFile() throws {
        func load(_ path: String, _ flags: [ConfigurationFlag] = []) throws -> KeySettings {
            try ConfigurationLoader.load(
                ConfigurationInputs(path: path, text: minimal + keys, flags: flags)
            ).keys
        }
        #expect(try load("/etc/millrace/m.toml").serverPath == "/etc/millrace/server.key_secret")
        #expect(try load("conf/m.toml").clientsPath == "conf/clients.d")
        #expect(try load("m.toml").clientsPath == "clients.d")
        let flag = ConfigurationFlag(key: "keys.server", value: "s", flag: "--set keys.server=s")
        #expect(try load("/etc/millrace/m.toml", [flag]).serverPath == "s")
        #expect(try load("/etc/millrace/m.toml").allowsPlainTCP == false)
    }

    @Test func theCredentialStandsForTheServerKey() throws {
        let folder = TemporaryFolder()
        try withExtendedLifetime(folder) {
            let path = folder.write("m.toml", minimal)
            let environment = ["CREDENTIALS_DIRECTORY": folder.path]
            func load(_ flags: [ConfigurationFlag] = []) throws -> MillraceConfiguration {
                try ConfigurationLoader.load(path: path, environment: environment, flags: flags)
            }
            #expect(try load().keys.serverPath == nil)
            folder.write("curve.secret", "x")
            let found = try load()
            #expect(found.keys.serverPath == "\(folder.path)/curve.secret")
            #expect(found.origin(of: "keys.server")?.text == "env CREDENTIALS_DIRECTORY")
            let flag = ConfigurationFlag(key: "keys.server", value: "/s", flag: "--set")
            #expect(try load([flag]).keys.serverPath == "/s")
        }
    }

    @Test func keysStayOnTheirMachine() throws {
        let found = try load(minimal + keys)
        #expect(!found.canonicalText.contains("keys"))
        #expect(found.effectiveText.contains("server.key_secret"))
        #expect(found.doorEndpoints.map(\.door) == ["ingest", "query", "admin"])
    }

    /// The client's variables belong to somebody else here.
    @Test func theClientsVariablesAreNoMistake() throws {
        let environment = ["MILLRACE_KEY": "a", "MILLRACE_SERVER_KEY": "b"]
        #expect(problems(minimal, environment: environment).isEmpty)
        let known = ["MILLRACE_KEYS_CLIENTS": "/c", "MILLRACE_KEYS_SERVER": "/s"]
        #expect(try load(minimal, environment: known).keys.clientsPath == "/c")
    }

    @Test(arguments: [
        "tcp://:5555", "tcp://a b:1", "tcp://[]:1", "tcp://[::1:1", "tcp://x;tcp://y:1",
        "tcp://eth0;1.2.3.4:1", "tcp://1.2.3.4", "ws://1.2.3.4:1",
    ])
    func whatIsNoEndpointIsRefusedEvenWithKeys(endpoint: String) {
        let found = problems(minimal + daemon("ingest = \"\(endpoint)\"") + keys)
        #expect(found.first?.key == "daemon.ingest", "\(endpoint): \(found)")
    }
}
