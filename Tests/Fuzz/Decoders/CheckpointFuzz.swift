// A whole checkpoint file on a disk in memory: header, layouts, checksum, digest, both sections.
//
// What holds for every file: no trap, no long work for a short file; a section that was loaded has
// the digest that the file states.

import MillraceProtocol
import Platform
import Simulation
import WeightStore

enum CheckpointFuzz {
    static let target = FuzzTarget(
        "checkpoint", seeds: { [saved] }, mend: mend, run: run)
    private static let path = "state/a.safetensors"

    /// A real checkpoint, as small as one can be that has every kind of field.
    private static let saved: [UInt8] = {
        var learner = SectionLayout()
        learner.add("w", .f32, shape: [2, 3], rowStride: 16)
        learner.add("m", .f64, shape: [2])
        learner.add("f", .i16, shape: [1, 3])
        learner.add("n", .u64, shape: [])
        var stream = SectionLayout()
        stream.add("p", .u32, shape: [2])
        let zeros = [UInt8](repeating: 0, count: learner.byteCount)
        let disk = SimulatedDisk(seed: 1, directories: ["state"])
        zeros.withUnsafeBytes { memory in
            guard let start = memory.baseAddress else { return }
            _ = try? CheckpointWriter.save(
                storage: disk, directory: "state", name: "a",
                header: GenerationHeader(generation: 4, stateDigest: XXH64.digest(memory)),
                learnerLayout: learner, learner: start, streamLayout: stream, stream: start,
                configuration: "a = 1\n", creator: "fuzz")
        }
        guard let bytes = disk.contents(path) else { fatalError("broken: a disk takes a file") }
        return bytes
    }()

    private static func run(_ bytes: UnsafeRawBufferPointer) {
        let disk = SimulatedDisk(seed: 1, directories: ["state"])
        disk.setContents(path, Array(bytes))
        guard let file = try? CheckpointReader.open(storage: disk, path: path) else { return }
        defer { file.close() }
        let learner = file.facts.learnerLayout
        let stream = file.facts.streamLayout
        guard (try? file.verify()) != nil else { return }
        load(file, .learner, learner, digest: file.facts.header.stateDigest)
        load(file, .stream, stream, digest: nil)
    }

    private static func load(
        _ file: Checkpoint, _ section: CheckpointSection, _ layout: SectionLayout, digest: UInt64?
    ) {
        // A daemon knows the size that it wants; here any that is small.
        guard layout.byteCount <= 1 << 20 else { return }
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: layout.byteCount, alignment: SectionLayout.alignment)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 0xEE)
        guard (try? file.load(section, layout: layout, into: memory)) != nil else { return }
        if let digest {
            promise(
                XXH64.digest(UnsafeRawBufferPointer(memory)) == digest,
                "a section that was loaded has its digest")
        }
    }

    /// Puts right what the reader finds wrong, as long as it is a length, a checksum or a digest:
    /// a mutation of the contents then reaches the code behind all of them.
    private static func mend(_ bytes: UnsafeMutableRawBufferPointer) {
        guard bytes.count > 8 else { return }
        for _ in 0..<5 {
            let disk = SimulatedDisk(seed: 1, directories: ["state"])
            disk.setContents(path, Array(bytes))
            do throws(CheckpointError) {
                let file = try CheckpointReader.open(storage: disk, path: path)
                defer { file.close() }
                try file.verify()
                return
            } catch .headerTrailingBytes(let offset) {
                setHeader(bytes, offset)
            } catch .dataBytesDiffer(let expected, _) {
                setHeader(bytes, bytes.count - 8 - Int(clamping: expected))
            } catch .checksumDiffers(_, let found) {
                replace(bytes, "millrace.crc32c\":\"", Hexadecimal.digits(found))
            } catch .layoutDigestDiffers(let expected, _) {
                replace(bytes, "millrace.layout-digest\":\"", Hexadecimal.digits(expected))
            } catch .stateDigestDiffers(_, let found) {
                replace(bytes, "millrace.state-digest\":\"", Hexadecimal.digits(found))
            } catch {
                return
            }
        }
    }

    private static func setHeader(_ bytes: UnsafeMutableRawBufferPointer, _ count: Int) {
        guard count >= 0, count <= bytes.count - 8 else { return }
        bytes.storeBytes(of: UInt64(count).littleEndian, as: UInt64.self)
    }

    /// Writes `text` behind the first `key`, if it is there.
    private static func replace(
        _ bytes: UnsafeMutableRawBufferPointer, _ key: String, _ text: String
    ) {
        let wanted = Array(key.utf8)
        guard bytes.count >= wanted.count + text.utf8.count else { return }
        for start in 0...(bytes.count - wanted.count - text.utf8.count)
        where bytes[start] == wanted[0]
            && bytes[start..<(start + wanted.count)].elementsEqual(wanted)
        {
            for (index, byte) in text.utf8.enumerated() {
                bytes[start + wanted.count + index] = byte
            }
            return
        }
    }
}
