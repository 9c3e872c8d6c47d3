// Whatever an experiment teaches: samples are predicted, and then learned.

import Junctions

/// A network that takes samples in blocks.
protocol ExperimentLearner: AnyObject {
    /// Samples per block: weights change once for each.
    var blockSize: Int { get }
    /// Its junctions, from the input.
    var junctions: [Junction] { get }

    /// FF of at most `blockSize` samples; `right` gets one answer for each.
    func predict(_ samples: LabelledSamples, _ indices: ArraySlice<Int>, right: inout [Bool])

    /// BP and UP of the block that was predicted last, which must be full.
    func learn(_ samples: LabelledSamples, _ indices: ArraySlice<Int>, _ rule: UpdateRule)
}

/// Memory, 64-byte aligned and zero.
func clearedMemory(_ byteCount: Int) -> UnsafeMutableRawPointer {
    let bytes = max(64, byteCount)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    return memory
}

/// How raw values become inputs: x = Float(raw >> dropped) · scale.
struct InputScale {
    private let dropped: Int16
    private let scale: Float

    /// - bits: fraction bits that are kept of a byte read as a fraction; nil: raw / unit
    init(bits: Int?, unit: Float) {
        if let bits {
            dropped = Int16(max(0, 8 - bits))
            scale = Float(1 << Int(dropped)) / 256
        } else {
            dropped = 0
            scale = 1 / unit
        }
    }

    /// Writes the features of a sample, `stride` floats apart.
    func fill(
        _ x: UnsafeMutablePointer<Float>, stride: Int, _ samples: LabelledSamples, _ index: Int
    ) {
        let features = samples.featureCount
        samples.values.withUnsafeBufferPointer { values in
            let row = index * features
            for feature in 0..<features {
                x[feature * stride] = Float(values[row + feature] >> dropped) * scale
            }
        }
    }
}
