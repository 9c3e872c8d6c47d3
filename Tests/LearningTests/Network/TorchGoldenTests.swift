// Goal: same network, same start weights, same samples: the weights that PyTorch learns. The file
// is written by scripts/golden/torch_reference.py, which also states its format.

import Glibc
import Kernels
import Learning
import Testing
import WeightStore

@Suite struct TorchGoldenTests {
    /// Reads the golden file front to back.
    struct Reader {
        let bytes: [UInt8]
        var position = 0

        init() throws {
            let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false)
                .dropLast(2).joined(separator: "/")
            let file = try #require(fopen(folder + "/Golden/torch.bin", "rb"))
            defer { fclose(file) }
            var buffer = [UInt8](repeating: 0, count: 1 << 20)
            bytes = Array(buffer[..<fread(&buffer, 1, buffer.count, file)])
        }

        mutating func take<T: BitwiseCopyable>(_ count: Int, of type: T.Type) -> [T] {
            defer { position += count * MemoryLayout<T>.size }
            return bytes.withUnsafeBytes { raw in
                (0..<count).map {
                    raw.loadUnaligned(
                        fromByteOffset: position + $0 * MemoryLayout<T>.size, as: type)
                }
            }
        }
    }

    @Test(arguments: KernelSet.all.map(\.name), [0, 1])
    func learnsTheWeightsOfPyTorch(_ kernelName: String, _ variant: Int) throws {
        let kernels = try #require(KernelSet.all.first { $0.name == kernelName })
        var reader = try Reader()
        #expect(reader.take(8, of: UInt8.self) == Array("MLGOLD1\0".utf8))
        let sizes = reader.take(4, of: UInt32.self).map(Int.init)
        let (inputs, hidden, outputs, samples) = (sizes[0], sizes[1], sizes[2], sizes[3])
        let parameters = [hidden * inputs, hidden, outputs * hidden, outputs]
        let start = parameters.map { reader.take($0, of: Float.self) }
        let x = reader.take(samples * inputs, of: Float.self)
        let labels = reader.take(samples, of: Int32.self)
        var rule: [Float] = []
        var final: [[Float]] = []
        for _ in 0...variant {
            rule = reader.take(3, of: Float.self)
            final = parameters.map { reader.take($0, of: Float.self) }
        }

        let harness = try LearnerHarness(
            LearnerConfiguration(
                featureCount: inputs, elementType: .f32, normaliser: .none,
                task: .classification(classCount: outputs), hidden: [hidden],
                hiddenActivation: .relu, outputActivation: .softmax, loss: .crossEntropy,
                initialisation: .heUniform, seed: 1, learningRate: rule[0], momentum: rule[1],
                weightDecay: rule[2]), kernels: kernels)
        let names = [
            "junction.0.weights", "junction.0.bias", "junction.1.weights", "junction.1.bias",
        ]
        for (name, values) in zip(names, start) { try set(harness, name, values) }
        for index in 0..<samples {
            harness.sample(
                Array(x[(index * inputs)..<((index + 1) * inputs)]), .classIndex(labels[index]))
        }
        for (name, expected) in zip(names, final) {
            let learned = try harness.floats(name)
            let difference = zip(learned, expected).reduce(0.0) {
                $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1))
            }
            let norm = expected.reduce(0.0) { $0 + Double($1 * $1) }
            let relative = (difference / norm).squareRoot()
            #expect(relative <= 1e-4, "\(name): ‖ΔW‖/‖W‖ = \(relative)")
        }
        for (name, values) in zip(names, start) {
            #expect(try harness.floats(name) != values, "\(name) did not learn")
        }
    }

    private func set(_ harness: LearnerHarness, _ name: String, _ values: [Float]) throws {
        let field = try #require(harness.layout.section[name])
        for (index, value) in values.enumerated() {
            let element = index / field.rowElements * field.rowStride + index % field.rowElements
            harness.section.storeBytes(
                of: value, toByteOffset: field.offset + 4 * element, as: Float.self)
        }
    }
}
