// The slow simulator.

import Junctions

/// A network on a device, stepped clock by clock.
public struct DeviceSimulation: Sendable {
    let network: DeviceNetwork
    let device: DeviceDescription
    let parallelism: [Int]
}
