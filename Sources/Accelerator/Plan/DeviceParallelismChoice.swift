// z of every junction.

import Junctions

/// What decides z of one junction.
public struct DeviceParallelismShape: Equatable, Sendable {
    public let inputs: Int
    public let edgeCount: Int
    /// z that somebody or a pattern fixed; nil: free.
    public let fixed: Int?

    public init(inputs: Int, edgeCount: Int, fixed: Int? = nil) {
        self.inputs = inputs
        self.edgeCount = edgeCount
        self.fixed = fixed
    }
}

/// z of every junction on edge processors.
public struct DeviceParallelismChoice: Equatable, Sendable {
    /// z of each junction, from the input; 1 where another unit works it.
    public let parallelism: [Int]

    /// For shapes alone: before patterns are drawn, which depend on z.
    public init(
        _ shapes: [DeviceParallelismShape], _ device: DeviceDescription
    ) throws(DeviceError) {
        parallelism = shapes.map { $0.fixed ?? 1 }
    }

    /// For a network whose patterns are drawn.
    init(_ network: DeviceNetwork, _ device: DeviceDescription) throws(DeviceError) {
        try self.init(
            network.junctions.map {
                DeviceParallelismShape(inputs: $0.inputs, edgeCount: $0.weightCount)
            }, device)
    }
}
