// Two small layouts with padded rows and every kind of element, and contents for them.

import MillraceProtocol
import Platform
import Simulation
import WeightStore

/// Owns the memory of both sections.
final class CheckpointFixture {
    static let learner: SectionLayout = {
        var layout = SectionLayout()
        layout.add("junction.0.weights", .f32, shape: [3, 5], rowStride: 16)
        layout.add("junction.0.bias", .f32, shape: [3], rowStride: 16)
        layout.add("normaliser.mean", .f64, shape: [5])
        layout.add("generator", .u64, shape: [4])
        layout.add("labels.features", .i16, shape: [2, 5])
        layout.add("bytes", .u8, shape: [7])
        layout.add("step", .u64, shape: [])
        layout.add("nothing", .f32, shape: [0, 4])
        return layout
    }()
    static let stream: SectionLayout = {
        var layout = SectionLayout()
        layout.add("positions", .u64, shape: [2, 3])
        layout.add("epochs", .u32, shape: [2])
        return layout
    }()
    /// With everything that JSON must escape.
    static let configuration = "[network]\nhidden = [3] # \"three\" \\ \u{1}\ttab, π\n"

    let learnerMemory: UnsafeMutableRawBufferPointer
    let streamMemory: UnsafeMutableRawBufferPointer

    init(seed: UInt64) {
        learnerMemory = Self.fill(Self.learner, seed: seed)
        streamMemory = Self.fill(Self.stream, seed: seed &+ 1)
    }

    deinit {
        learnerMemory.deallocate()
        streamMemory.deallocate()
    }

    /// Finite elements, zero padding.
    private static func fill(
        _ layout: SectionLayout, seed: UInt64
    ) -> UnsafeMutableRawBufferPointer {
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: layout.byteCount, alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        var generator = SeededGenerator(seed: seed)
        for field in layout.fields {
            for row in 0..<field.rowCount {
                for column in 0..<field.rowElements {
                    let offset =
                        field.offset + (row * field.rowStride + column) * field.element.bytes
                    switch field.element {
                    case .f32:
                        let value = Float.random(in: -1...1, using: &generator)
                        memory.storeBytes(of: value, toByteOffset: offset, as: Float.self)
                    case .f64:
                        let value = Double.random(in: -1...1, using: &generator)
                        memory.storeBytes(of: value, toByteOffset: offset, as: Double.self)
                    default:
                        for byte in 0..<field.element.bytes {
                            memory[offset + byte] = UInt8(truncatingIfNeeded: generator.next())
                        }
                    }
                }
            }
        }
        return memory
    }

    var stateDigest: UInt64 { XXH64.digest(UnsafeRawBufferPointer(learnerMemory)) }

    @discardableResult
    func save(
        _ storage: any Storage, name: String, generation: UInt64, directory: String = "state"
    ) throws(CheckpointError) -> Int {
        try CheckpointWriter.save(
            storage: storage, directory: directory, name: name,
            header: GenerationHeader(
                generation: generation, restoredFrom: 3, stateDigest: stateDigest,
                configurationDigest: 0xABC),
            learnerLayout: Self.learner, learner: UnsafeRawPointer(learnerMemory.start),
            streamLayout: Self.stream, stream: UnsafeRawPointer(streamMemory.start),
            configuration: Self.configuration, creator: "millrace test")
    }
}

extension UnsafeMutableRawBufferPointer {
    var start: UnsafeMutableRawPointer {
        guard let baseAddress else { preconditionFailure("memory is not empty") }
        return baseAddress
    }
}
