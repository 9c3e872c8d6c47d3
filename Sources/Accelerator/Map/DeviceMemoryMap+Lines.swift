// How the lines of a memory map add up.

import Junctions

extension DeviceMemoryMap {
    /// Everything that a network holds on a device, whether it fits or not. Where the device
    /// cannot work the network at all, with one edge per clock.
    public init(_ network: DeviceNetwork, on device: DeviceDescription) {
        let parallelism: [Int]
        do throws(DeviceError) {
            parallelism = try DeviceParallelismChoice(network, device).parallelism
        } catch {
            parallelism = network.junctions.map { _ in 1 }
        }
        self.init(network, device, parallelism)
    }

    /// The same with z of each junction.
    init(_ network: DeviceNetwork, _ device: DeviceDescription, _ parallelism: [Int]) {
        let pieces = DeviceMemoryLayout(network, device).pieces(parallelism)
        self.init(
            capacityBits: device.memory.capacityBits,
            lines: Owner.allCases.compactMap { owner in
                Self.line(owner, pieces.filter { $0.owner == owner })
            })
    }

    private static func line(
        _ owner: Owner, _ pieces: [DeviceMemoryPiece]
    ) -> DeviceMemoryLine? {
        guard !pieces.isEmpty else { return nil }
        let logic = pieces.reduce(0) { $0 + $1.logicBits }
        var parts = pieces.map(\.detail).filter { !$0.isEmpty }
        if logic > 0 { parts.append("\(logic) in logic") }
        return DeviceMemoryLine(
            owner: owner.rawValue, detail: parts.joined(separator: " + "),
            bits: pieces.reduce(0) { $0 + $1.bits },
            memories: pieces.reduce(0) { $0 + $1.memories })
    }
}

extension DeviceDescription {
    /// Throws where a map does not fit.
    func check(
        _ map: DeviceMemoryMap, _ network: DeviceNetwork
    ) throws(DeviceError) {
        if let count = memory.count, map.memories > count {
            throw .tooFewMemories(
                needed: map.memories, available: count, schedule: network.schedule)
        }
        guard map.fits else {
            throw .memoryShort(map, advice: DeviceAdvice(network, self).text)
        }
    }
}
