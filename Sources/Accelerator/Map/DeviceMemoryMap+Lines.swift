// How the lines of a memory map add up.

import Junctions

extension DeviceMemoryMap {
    /// Everything that a network holds on a device.
    init(_ network: DeviceNetwork, _ device: DeviceDescription, _ parallelism: [Int]) {
        self.init(capacityBits: device.memory.capacityBits, lines: [])
    }
}

extension DeviceDescription {
    /// Throws where a map does not fit.
    func check(
        _ map: DeviceMemoryMap, _ network: DeviceNetwork
    ) throws(DeviceError) {}
}
