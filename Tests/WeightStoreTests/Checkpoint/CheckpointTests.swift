// Goal: a checkpoint brings every byte of both sections back, is refused when it does not fit,
// and is never half there.

import Glibc
import MillraceProtocol
import Platform
import Simulation
import Testing
import WeightStore

private func load(
    _ disk: SimulatedDisk, name: String = "model"
) throws -> (generation: UInt64, learner: [UInt8], stream: [UInt8]) {
    let checkpoint = try CheckpointReader.open(
        storage: disk, path: "state/\(name).safetensors")
    let fixture = CheckpointFixture(seed: 1)
    try checkpoint.load(
        .learner, layout: CheckpointFixture.learner, into: fixture.learnerMemory)
    try checkpoint.load(.stream, layout: CheckpointFixture.stream, into: fixture.streamMemory)
    return (
        checkpoint.facts.header.generation, Array(fixture.learnerMemory),
        Array(fixture.streamMemory)
    )
}

@Suite struct CheckpointTests {
    @Test func bringsEverythingBack() throws {
        let disk = makeDisk()
        let fixture = CheckpointFixture(seed: 40)
        let bytes = try fixture.save(disk, name: "model", generation: 42)
        #expect(disk.contents("state/model.safetensors")?.count == bytes)
        let checkpoint = try CheckpointReader.open(
            storage: disk, path: "state/model.safetensors")
        try checkpoint.verify()
        #expect(checkpoint.facts.header.generation == 42)
        #expect(checkpoint.facts.header.restoredFrom == 3)
        #expect(checkpoint.facts.header.stateDigest == fixture.stateDigest)
        #expect(checkpoint.facts.header.configurationDigest == 0xABC)
        #expect(checkpoint.facts.configuration == CheckpointFixture.configuration)
        #expect(checkpoint.facts.creator == "millrace test")
        #expect(checkpoint.facts.learnerLayout == CheckpointFixture.learner)
        #expect(checkpoint.facts.streamLayout == CheckpointFixture.stream)
        let found = try load(disk)
        #expect(found.learner == Array(fixture.learnerMemory))
        #expect(found.stream == Array(fixture.streamMemory))
    }

    @Test func tensorsAreAlignedAndPacked() throws {
        let disk = makeDisk()
        try CheckpointFixture(seed: 1).save(disk, name: "model", generation: 1)
        let checkpoint = try CheckpointReader.open(
            storage: disk, path: "state/model.safetensors")
        let header = try #require(disk.contents("state/model.safetensors"))[0]
        #expect(header % 8 == 0)
        for tensor in checkpoint.tensors { #expect(tensor.begin % tensor.element.bytes == 0) }
        let weights = try #require(
            checkpoint.tensors.first { $0.name == "learner.junction.0.weights" })
        #expect(weights.end - weights.begin == 3 * 5 * 4)
    }

    @Test func shapesThatDoNotFitNameBoth() throws {
        let disk = makeDisk()
        try CheckpointFixture(seed: 1).save(disk, name: "model", generation: 1)
        let checkpoint = try CheckpointReader.open(
            storage: disk, path: "state/model.safetensors")
        func refusal(_ change: (inout SectionLayout) -> Void) -> CheckpointError? {
            var layout = SectionLayout()
            change(&layout)
            let error = #expect(throws: CheckpointError.self) {
                try checkpoint.checkShapes(.stream, layout)
            }
            return error
        }
        #expect(
            refusal {
                $0.add("positions", .u64, shape: [4, 3])
                $0.add("epochs", .u32, shape: [2])
            }
                == .shapeDiffers(
                    tensor: "stream.positions", found: "U64[2,3]", wanted: "U64[4,3]"))
        #expect(
            refusal { $0.add("other", .f32, shape: []) }
                == .tensorMissing(tensor: "stream.other", wanted: "F32[]"))
        #expect(
            refusal { $0.add("positions", .u64, shape: [2, 3]) }
                == .tensorUnexpected(tensor: "stream.epochs", found: "U32[2]"))
    }

    /// Another padding of the rows is no other shape.
    @Test func strideMayDiffer() throws {
        let disk = makeDisk()
        try CheckpointFixture(seed: 1).save(disk, name: "model", generation: 1)
        var layout = SectionLayout()
        layout.add("positions", .u64, shape: [2, 3], rowStride: 8)
        layout.add("epochs", .u32, shape: [2])
        let checkpoint = try CheckpointReader.open(
            storage: disk, path: "state/model.safetensors")
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: layout.byteCount, alignment: 64)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 0xFF)
        try checkpoint.load(.stream, layout: layout, into: memory)
        let original = CheckpointFixture(seed: 1)
        let secondRow = withExtendedLifetime(original) {
            original.streamMemory.load(fromByteOffset: 24, as: UInt64.self)
        }
        #expect(memory.load(fromByteOffset: 64, as: UInt64.self) == secondRow)
        #expect(memory.load(fromByteOffset: 24, as: UInt64.self) == 0)
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity])
    func notFiniteIsRefused(value: Float) throws {
        let disk = makeDisk()
        let fixture = CheckpointFixture(seed: 1)
        fixture.learnerMemory.storeBytes(of: value, toByteOffset: 64 + 8, as: Float.self)
        try fixture.save(disk, name: "model", generation: 1)
        let checkpoint = try CheckpointReader.open(
            storage: disk, path: "state/model.safetensors")
        try checkpoint.verify()
        let target = CheckpointFixture(seed: 2)
        #expect(
            throws: CheckpointError.notFinite(tensor: "learner.junction.0.weights", index: 7)
        ) {
            try checkpoint.load(
                .learner, layout: CheckpointFixture.learner, into: target.learnerMemory)
        }
        let isZero = withExtendedLifetime(target) { target.learnerMemory.allSatisfy { $0 == 0 } }
        #expect(isZero)
    }

    @Test func everyByteFlippedAndEveryLength() throws {
        let disk = makeDisk()
        try CheckpointFixture(seed: 9).save(disk, name: "model", generation: 1)
        let bytes = try #require(disk.contents("state/model.safetensors"))
        let good = try load(disk)
        var states = 0
        for index in bytes.indices {
            for bit in 0..<8 {
                var flipped = bytes
                flipped[index] ^= 1 << UInt8(bit)
                disk.setContents("state/model.safetensors", flipped)
                states += 1
                // Each flip must be noticed by the header's rules or by the checksum.
                #expect(throws: (any Error).self, "byte \(index) bit \(bit)") {
                    try load(disk)
                }
            }
            disk.setContents("state/model.safetensors", Array(bytes[..<index]))
            states += 1
            #expect(throws: (any Error).self, "length \(index)") { try load(disk) }
        }
        disk.setContents("state/model.safetensors", bytes + [0])
        #expect(throws: (any Error).self) { try load(disk) }
        disk.setContents("state/model.safetensors", bytes)
        #expect(try load(disk).learner == good.learner)
        print("checkpoint, flipped bits and lengths: \(states) states")
    }

    /// A save over an earlier checkpoint, with every fault at every operation: afterwards there is
    /// the old file or the new one, whole; the new one if the save said so.
    @Test(arguments: DiskFault.Kind.allCases)
    func everyOperationOfASave(kind: DiskFault.Kind) throws {
        let old = CheckpointFixture(seed: 1)
        let new = CheckpointFixture(seed: 2)
        var states = 0
        for mode in RestartMode.allCases {
            for index in 0..<20 {
                for seed in UInt64(1)...8 {
                    let disk = makeDisk(seed: seed)
                    try old.save(disk, name: "model", generation: 1)
                    disk.arm(DiskFault(kind, at: disk.operationCount + index))
                    let isSaved = (try? new.save(disk, name: "model", generation: 2)) != nil
                    guard disk.hasFaulted else { continue }
                    states += 1
                    disk.restart(mode)
                    let folder = CheckpointFolder(storage: disk, directory: "state")
                    try folder.removeStaleTemporaries()
                    let found = try load(disk)
                    let text: Comment = "\(kind) at \(index), \(mode), seed \(seed)"
                    #expect(found.generation == 2 || !isSaved, text)
                    let expected = found.generation == 2 ? new : old
                    #expect(found.learner == Array(expected.learnerMemory), text)
                    #expect(try disk.list("state") == ["model.safetensors"], text)
                }
            }
        }
        print("checkpoint, save, \(kind.rawValue): \(states) states")
    }

    @Test func retentionKeepsTheNewestAndOneThatIsGood() throws {
        let disk = makeDisk()
        let folder = CheckpointFolder(storage: disk, directory: "state")
        let fixture = CheckpointFixture(seed: 1)
        try fixture.save(disk, name: "mine", generation: 1)
        for generation in UInt64(1)...5 {
            let name = CheckpointFolder.automaticName(generation: generation)
            try fixture.save(disk, name: name, generation: generation)
        }
        #expect(try folder.retain(newestAutomatic: 3).count == 2)
        #expect(try folder.list().compactMap(\.automaticGeneration) == [3, 4, 5])
        for generation in UInt64(4)...5 {
            disk.setContents(
                folder.path(CheckpointFolder.automaticName(generation: generation)), [1, 2, 3])
        }
        #expect(try folder.retain(newestAutomatic: 2).isEmpty)
        #expect(try folder.list().map(\.name).contains("mine"))
        #expect(try folder.list().compactMap(\.automaticGeneration) == [3, 4, 5])
    }

    @Test(arguments: ["", ".hidden", "a/b", "..", "ä", String(repeating: "a", count: 65)])
    func badNames(name: String) {
        #expect(throws: CheckpointError.fileNameInvalid(name)) {
            try CheckpointFixture(seed: 1).save(makeDisk(), name: name, generation: 1)
        }
    }

    /// The reference reader opens what we write; skipped with a reason where it is not installed.
    @Test func pythonOpensIt() throws {
        let script =
            String(
                #filePath.dropLast("Tests/WeightStoreTests/Checkpoint/CheckpointTests.swift".count))
            + "scripts/check-safetensors"
        let directory = try makeTemporaryDirectory()
        defer { removeTemporaryDirectory(directory) }
        try CheckpointFixture(seed: 4).save(
            LinuxStorage(), name: "model", generation: 5, directory: directory)
        let python = getenv("MILLRACE_PYTHON").map { String(cString: $0) } ?? "python3"
        let status = run([python, script, "\(directory)/model.safetensors"])
        if status == 69 || status == 127 {
            print("skipped: Python's safetensors is not installed (set MILLRACE_PYTHON)")
            return
        }
        #expect(status == 0)
    }
}

/// Runs a program found in PATH; its exit status, 127 when it does not start.
private func run(_ words: [String]) -> Int32 {
    var process = pid_t()
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
    arguments.append(nil)
    defer { for argument in arguments { free(argument) } }
    guard posix_spawnp(&process, words[0], nil, nil, arguments, environ) == 0 else { return 127 }
    var status: Int32 = 0
    waitpid(process, &status, 0)
    return status & 0x7F == 0 ? status >> 8 & 0xFF : 1
}

/// A new directory under TMPDIR.
func makeTemporaryDirectory() throws -> String {
    let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(base)/millrace-test-XXXXXX".utf8CString)
    let made: String? = template.withUnsafeMutableBufferPointer { buffer in
        guard let start = buffer.baseAddress, let name = mkdtemp(start) else { return nil }
        return String(cString: name)
    }
    return try #require(made)
}

/// Removes the files in it and the directory.
func removeTemporaryDirectory(_ directory: String) {
    for name in (try? LinuxStorage().list(directory)) ?? [] { unlink("\(directory)/\(name)") }
    rmdir(directory)
}
