// Planes to one vector, channel by channel without the padding between them.

import Junctions
import Kernels

/// A change of shape.
package struct FlattenForm: BlockForm {
    package let inputShape: BlockShape
    package let outputShape: BlockShape
    package let parts = BlockParts()
    package var scratchBytes: Int { 0 }
    private let channels: Int
    private let positions: Int

    init(_ input: BlockShape) {
        inputShape = input
        outputShape = .flat(count: input.count)
        switch input {
        case .planar(let rows, let columns, let channels):
            self.channels = channels
            positions = rows * columns
        case .flat(let count):
            channels = 1
            positions = count
        }
    }

    package func prepare(_ tables: UnsafeMutableRawPointer) {}
    package func refresh(_ memory: BlockMemory) {}

    package func feedforward(
        _ memory: BlockMemory, x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>,
        kernels: KernelSet
    ) {
        for channel in 0..<channels {
            (y + channel * positions).update(
                from: x + channel * inputShape.stride, count: positions)
        }
        y.clear(outputShape.count, outputShape.stride)
    }

    package func backpropUpdate(
        _ memory: BlockMemory, x: UnsafePointer<Float>, y: UnsafePointer<Float>,
        delta: UnsafeMutablePointer<Float>, e: UnsafeMutablePointer<Float>?, rule: UpdateRule,
        generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet
    ) -> Bool {
        guard let e else { return true }
        let stride = inputShape.stride
        for channel in 0..<channels {
            let plane = e + channel * stride
            plane.update(from: delta + channel * positions, count: positions)
            plane.clear(positions, stride)
        }
        return true
    }
}
