// Pools: the largest or the mean value of each window, channel by channel.
//
// Nothing is kept for BP of the largest value: the position is found again as the first whose value
// is y. Windows of the usual size, 2 columns every 2 columns, go eight or four at a time.

import Junctions
import Kernels

/// A pool.
package struct PoolingForm: BlockForm {
    package let inputShape: BlockShape
    package let outputShape: BlockShape
    package let parts = BlockParts()
    package var scratchBytes: Int { 0 }
    private let rule: PoolingRule
    private let windows: PoolingWindows
    private let channels: Int
    /// Floats from channel to channel of y: 1 behind a global pool.
    private let outputStride: Int

    init(
        _ block: PoolingBlock, _ kind: String, _ input: BlockShape
    ) throws(StructureError) {
        let (rows, columns, channels) = try block.windows(input, kind)
        inputShape = input
        outputShape = try block.outputShape(input, kind)
        rule = block.rule
        windows = PoolingWindows(rows: rows, columns: columns)
        self.channels = channels
        outputStride = outputShape.stride
    }

    /// One window per channel; gives a vector.
    init(global rule: PoolingRule, _ input: BlockShape) throws(StructureError) {
        let (rows, columns, channels) = try input.planar("channels to pool")
        let size = GridExtent(rows, columns)
        (windows, self.channels) = {
            guard
                let rows = WindowAxis(
                    count: size.rows, taps: size.rows, stride: 1, dilation: 1, padding: .zeros(0)),
                let columns = WindowAxis(
                    count: size.columns, taps: size.columns, stride: 1, dilation: 1,
                    padding: .zeros(0))
            else { preconditionFailure("the whole is a window") }
            return (PoolingWindows(rows: rows, columns: columns), channels)
        }()
        inputShape = input
        outputShape = .flat(count: channels)
        self.rule = rule
        outputStride = 1
    }

    package func prepare(_ tables: UnsafeMutableRawPointer) {}
    package func refresh(_ memory: BlockMemory) {}

    package func feedforward(
        _ memory: BlockMemory, x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>,
        kernels: KernelSet
    ) {
        for channel in 0..<channels {
            let plane = x + channel * inputShape.stride
            let pooled = y + channel * outputStride
            switch rule {
            case .maximum: windows.largest(plane, pooled)
            case .average: windows.means(plane, pooled)
            }
        }
        outputShape.clearPadding(y)
    }

    package func backpropUpdate(
        _ memory: BlockMemory, x: UnsafePointer<Float>, y: UnsafePointer<Float>,
        delta: UnsafeMutablePointer<Float>, e: UnsafeMutablePointer<Float>?, rule: UpdateRule,
        generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet
    ) -> Bool {
        guard let e else { return true }
        e.update(repeating: 0, count: inputShape.paddedCount)
        for channel in 0..<channels {
            let plane = x + channel * inputShape.stride
            let errors = e + channel * inputShape.stride
            let place = channel * outputStride
            switch self.rule {
            case .maximum: windows.largestBack(plane, y + place, delta + place, errors)
            case .average: windows.meansBack(delta + place, errors)
            }
        }
        return true
    }
}
