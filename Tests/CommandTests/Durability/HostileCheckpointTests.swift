// Checkpoint files that somebody damaged, on purpose or not: read without a crash, refused in
// words, and never taken into the weights.

import Glibc
import MillraceProtocol
import Testing

@Suite struct HostileCheckpointTests {
    private static let seed: UInt64 = 20_260_101

    /// A damage and its name.
    private enum Damage: CaseIterable {
        case cut, bits, byte, zeros, headerLength, headerText, grown, swapped

        func apply(to bytes: [UInt8], _ random: inout Chance) -> [UInt8] {
            var bytes = bytes
            let header = min(bytes.count - 8, Int(bytes[0]) | Int(bytes[1]) << 8) + 8
            switch self {
            case .cut: bytes.removeLast(1 + random.below(bytes.count))
            case .bits:
                for _ in 0...random.below(4) {
                    bytes[random.below(bytes.count)] ^= 1 << UInt8(random.below(8))
                }
            case .byte: bytes[header + random.below(bytes.count - header)] ^= 0xff
            case .zeros:
                let start = random.below(bytes.count)
                for index in start..<min(bytes.count, start + 64) { bytes[index] = 0 }
            case .headerLength:
                for index in 0..<8 where random.below(2) == 0 {
                    bytes[index] = UInt8(random.below(256))
                }
            case .headerText:
                let digits = (8..<header).filter { (0x30...0x39).contains(bytes[$0]) }
                for _ in 0...random.below(3) {
                    bytes[digits[random.below(digits.count)]] = UInt8(0x30 + random.below(10))
                }
            case .grown: bytes.insert(UInt8(random.below(256)), at: random.below(bytes.count))
            case .swapped:
                let (a, b) = (random.below(bytes.count), random.below(bytes.count))
                bytes.swapAt(a, b)
            }
            return bytes
        }
    }

    /// A small generator with its own state.
    private struct Chance {
        var state: UInt64

        mutating func below(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
    }

    private func saved(_ scene: Trained) throws -> (path: String, bytes: [UInt8]) {
        let reply = scene.user.run(["checkpoint", "save", "good", "--json"])
        let path = try #require(reply.document?["checkpoint"]?["path"]?.text)
        return (path, Workplace.bytes(path))
    }

    @Test func twoHundredDamagedFilesNeverCrashTheReaders() throws {
        let scene = try Trained()
        let (_, good) = try saved(scene)
        #expect(scene.daemon.stop() == 0)
        let place = scene.user.place
        var random = Chance(state: Self.seed)
        var damaged = 0
        for index in 0..<200 {
            let damage = Damage.allCases[index % Damage.allCases.count]
            let bytes = damage.apply(to: good, &random)
            guard bytes != good else { continue }
            damaged += 1
            let file = place.write("d\(index % 4).safetensors", bytes)
            let note: Comment = "seed \(Self.seed), file \(index), \(damage)"
            let verify = scene.user.run(["checkpoint", "verify", file])
            #expect(verify.code == 65, note)
            #expect(verify.errors.hasPrefix("error: ") && verify.output.isEmpty, note)
            let inspect = scene.user.run(["checkpoint", "inspect", file, "--json"])
            #expect(inspect.code == 65, note)
            #expect(inspect.document != nil, note)
        }
        #expect(damaged > 150)
    }

    @Test(arguments: ["", "{}", "hello, world", "\u{93}NUMPY"])
    func filesOfAnotherKindAre65(text: String) {
        let user = CommandClient(state: "/nowhere")
        let file = user.place.write("other.safetensors", text)
        for command in ["inspect", "verify"] {
            #expect(user.run(["checkpoint", command, file]).code == 65, "\(command)")
        }
    }

    @Test func aDamagedCheckpointIsNotRestoredAndTheDaemonLivesOn() throws {
        let scene = try Trained()
        let (path, good) = try saved(scene)
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            .joined(separator: "/")
        let before = try #require(scene.user.status())
        var random = Chance(state: Self.seed &+ 1)
        for (index, damage) in Damage.allCases.enumerated() {
            let bytes = damage.apply(to: good, &random)
            guard bytes != good else { continue }
            let name = "bad\(index)"
            if let handle = fopen("\(folder)/\(name).safetensors", "we") {
                fwrite(bytes, 1, bytes.count, handle)
                fclose(handle)
            }
            let result = scene.user.run(["checkpoint", "restore", name])
            #expect(result.code == 65, "\(damage): \(result.errors)")
            #expect(result.errors.contains(name), "\(damage)")
        }
        let after = try #require(scene.user.status())
        #expect(after.stateDigest == before.stateDigest && after.generation == before.generation)
        #expect(scene.user.run(["checkpoint", "restore", "good"]).code == 0)
        #expect(scene.user.run(["stream", scene.file, "--name", "more"]).code == 0)
        #expect(scene.daemon.stop() == 0)
    }

    @Test func aDaemonDoesNotStartFromADamagedFile() throws {
        let scene = try Trained()
        let (_, good) = try saved(scene)
        var random = Chance(state: Self.seed &+ 2)
        for damage in [Damage.cut, .byte, .headerLength] {
            let bytes = damage.apply(to: good, &random)
            let file = scene.user.place.write("\(damage).safetensors", bytes)
            let other = Workplace()
            let process = ChildProcess(
                Build.path("millraced"),
                [
                    "--config", "\(scene.daemon.place.path)/millrace.toml", "--state",
                    "\(other.path)/s", "--from", file,
                ], output: "\(other.path)/log")
            #expect(process?.wait(seconds: 10) == 65, "\(damage)")
            #expect(other.read("log").contains("\(damage).safetensors"), "\(other.read("log"))")
        }
    }

    @Test func aCheckpointOfAnotherShapeIsRefusedWithBothShapes() throws {
        let scene = try Trained()
        let (path, _) = try saved(scene)
        let wider = SmallData.configuration().replacing("hidden = [8]", with: "hidden = [9]")
        let other = RealDaemon(configuration: wider)
        let refused = ChildProcess(
            Build.path("millraced"),
            [
                "--config", "\(other.place.path)/millrace.toml", "--state", other.state, "--from",
                path,
            ], output: "\(other.place.path)/refused")
        #expect([65, 78].contains(refused?.wait(seconds: 10)))
        let text = other.place.read("refused")
        #expect(text.contains("8") && text.contains("9") && text.contains("error"), "\(text)")
        try #require(other.start())
        let user = CommandClient(state: other.state)
        #expect(user.run(["checkpoint", "save", "mine"]).code == 0)
        let copy = ChildProcess(
            "/bin/cp", [path, "\(other.state)/checkpoints/foreign.safetensors"])
        #expect(copy?.wait(seconds: 5) == 0)
        let result = user.run(["checkpoint", "restore", "foreign"])
        #expect(result.code == 65, "\(result.errors)")
        #expect(user.status()?.mode == .learning)
    }
}
