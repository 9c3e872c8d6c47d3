// The folder of keys: which files are read, and what each that cannot be taken is told.

import Daemon
import Glibc
import Messaging
import MillraceProtocol
import Simulation
import Testing

@Suite struct AccessFilesTests {
    private let folder = TemporaryFolder()

    @discardableResult
    private func add(
        _ name: String, file: String? = nil, rights: AccessRights = [.ingest],
        producers: [String] = []
    ) throws -> Certificate {
        let pair = try Curve.makePair()
        let certificate = Certificate(
            name: try #require(ProducerName(name)), publicKey: pair.publicKey,
            secretKey: pair.secretKey, rights: rights,
            producers: producers.compactMap { ProducerName($0) })
        folder.write("\(file ?? name).key", certificate.publicHalf.text)
        return certificate
    }

    /// What reading the folder says is wrong.
    private func problem() -> String {
        do throws(AccessFileError) {
            _ = try AccessFiles.clients(folder.path)
            return ""
        } catch {
            return error.description
        }
    }

    @Test func everyKeyIsFoundByBothWaysToLookForIt() throws {
        let certificates = try (0..<40).map {
            try add("client-\($0)", rights: [.query, .metrics], producers: ["a", "b-\($0)"])
        }
        folder.write(".hidden.key", "nothing")
        folder.write("README", "nothing")
        folder.write("client-1.key_secret", "nothing")
        let table = try AccessFiles.clients(folder.path)
        #expect(table.clients.count == 40)
        for certificate in certificates {
            let client = try #require(table[certificate.publicKey])
            #expect(client == Client(certificate))
            #expect(table.search(certificate.publicKey) == client)
        }
        let stranger = try Curve.makePair().publicKey
        #expect(table[stranger] == nil)
        #expect(table.search(stranger) == nil)
        #expect(ClientTable.empty.search(stranger) == nil)
    }

    @Test func twoFilesOfOneKeyAreBothNamed() throws {
        let certificate = try add("first")
        var copy = certificate.publicHalf
        copy.name = try #require(ProducerName("second"))
        folder.write("second.key", copy.text)
        let text = problem()
        #expect(text.contains("\(folder.path)/first.key"))
        #expect(text.contains("\(folder.path)/second.key"))
        #expect(text.contains("TRY: "))
    }

    @Test func twoFilesOfOneNameAreBothNamed() throws {
        try add("pump")
        try add("pump", file: "spare")
        let text = problem()
        #expect(text.contains("\(folder.path)/pump.key"))
        #expect(text.contains("\(folder.path)/spare.key"))
    }

    @Test func linksSecretsAndDamageAreRefusedByName() throws {
        try add("good")
        let target = folder.write("elsewhere", "nothing")
        symlink(target, "\(folder.path)/link.key")
        #expect(problem().contains("link.key is a symbolic link"))
        unlink("\(folder.path)/link.key")

        folder.makeDirectory("folder.key")
        #expect(problem().contains("folder.key is not a regular file"))
        rmdir("\(folder.path)/folder.key")

        let secret = try add("careless")
        folder.write("careless.key", secret.text)
        #expect(problem().contains("careless.key: it has the client's secret key"))
        #expect(!problem().contains(try #require(secret.secretKey).z85))
        unlink("\(folder.path)/careless.key")

        folder.write("zero.key", "")
        #expect(problem().contains("zero.key"))
        folder.write("zero.key", [UInt8](repeating: 0x20, count: 5000))
        #expect(problem().contains("zero.key has more than 4096 bytes"))
        unlink("\(folder.path)/zero.key")

        chmod("\(folder.path)/good.key", 0o666)
        #expect(problem().contains("TRY: chmod o-w \(folder.path)/good.key"))
        chmod("\(folder.path)/good.key", 0o644)
        #expect(problem() == "")
        chmod(folder.path, 0o777)
        #expect(problem().contains("TRY: chmod o-w \(folder.path)"))
        chmod(folder.path, 0o700)
    }

    @Test func aTableHasAnEnd() throws {
        let certificate = try add("one")
        for number in 0..<ClientTable.mostClients {
            folder.write("n\(number).key", certificate.publicHalf.text)
        }
        #expect(problem().contains("1025 keys among 1025 names; at most 1024"))
    }

    @Test func aFolderThatIsNotThereIsNoEmptyTable() {
        let text = #expect(throws: AccessFileError.self) {
            try AccessFiles.clients("\(folder.path)/nowhere")
        }
        #expect(text?.description.contains("TRY: mkdir") == true)
    }

    @Test func theServersSecretIsForItsOwnerAlone() throws {
        let certificate = try add("server", rights: [])
        let path = folder.write("server.key_secret", certificate.text)
        func problem(isCredential: Bool = false) -> String {
            do throws(AccessFileError) {
                let server = try AccessFiles.server(path, isCredential: isCredential)
                return server.secretKey == certificate.secretKey ? "" : "another key"
            } catch {
                return error.description
            }
        }
        for mode: mode_t in [0o600, 0o400] {
            chmod(path, mode)
            #expect(problem() == "")
        }
        for mode: mode_t in [0o640, 0o604, 0o620, 0o660] {
            chmod(path, mode)
            #expect(problem().contains("TRY: chmod 600 \(path)"))
        }
        chmod(path, 0o440)
        #expect(problem(isCredential: true) == "")
        chmod(path, 0o444)
        #expect(problem(isCredential: true) != "")
        chmod(path, 0o600)
        folder.write("server.key_secret", certificate.publicHalf.text)
        chmod(path, 0o600)
        #expect(problem().contains("there is no secret-key"))
        // Two halves that do not belong together.
        var mixed = certificate
        mixed.publicKey = try Curve.makePair().publicKey
        folder.write("server.key_secret", mixed.text)
        chmod(path, 0o600)
        #expect(problem().contains("the secret key belongs to another public key"))
        #expect(!problem().contains(try #require(certificate.secretKey).z85))
    }
}
