// The learner on its device: z of clash-free patterns, and what does not run, in the words of the
// configuration.

import Accelerator
import Junctions
import Learning

extension ConfigurationBuilder {
    /// Puts the learner on its device. A clash-free pattern is drawn for a z; where nobody states
    /// it, the device chooses, and the choice becomes a value like others, so that the pattern
    /// stays what it is when the device changes.
    mutating func emulate(_ device: DeviceDescription, _ learner: inout LearnerConfiguration) {
        defer { learner.device = device }
        let isFree =
            learner.junctions.contains { $0.choosesParallelism }
            || learner.blocks.contains { block in
                block.junctionSpecifications.contains { $0.choosesParallelism }
            }
        // What is wrong besides is found later, by the learner's own check.
        guard isFree, device.edgeProcessors != nil, (try? learner.validate()) != nil else {
            return
        }
        let network = learner.deviceNetwork
        do throws(DeviceError) {
            let choice = try DeviceParallelismChoice(undrawn: network, device)
            let inBlocks = network.junctions.prefix { $0.place != nil }.count
            for (index, parallelism) in choice.parallelism.enumerated() {
                if let block = network.junctions[index].place?.block {
                    draw(&learner.blocks[block], block, for: parallelism)
                } else if learner.junctions.indices.contains(index - inBlocks) {
                    let own = index - inBlocks
                    guard learner.junctions[own].choosesParallelism else { continue }
                    learner.junctions[own].choose(parallelism)
                    values["junction.\(own).parallelism"] = EffectiveValue(
                        value: .integer(Int64(parallelism)), origin: .device)
                }
            }
        } catch {
            if checksDevice { reportDevice(error, network) }
        }
    }

    /// The same for the junction of a block. The junctions of a recurrent layer have one table, and
    /// keep the z that their patterns choose.
    private mutating func draw(
        _ block: inout BlockSpecification, _ index: Int, for parallelism: Int
    ) {
        guard block.junctionSpecifications.count == 1,
            var specification = block.junctionSpecifications.first,
            specification.choosesParallelism
        else { return }
        specification.choose(parallelism)
        guard block.setJunction(specification) else { return }
        values["block.\(index).parallelism"] = EffectiveValue(
            value: .integer(Int64(parallelism)), origin: .device)
    }

    /// The key of a junction of a network, which may stand in a block.
    private func deviceKey(_ network: DeviceNetwork, _ index: Int, _ property: String) -> String {
        if let block = network.junctions[index].place?.block { return blockKey(block, property) }
        return structureKey(index - network.junctions.prefix { $0.place != nil }.count, property)
    }

    /// Reports a network that does not run on its device.
    mutating func reportDevice(_ error: DeviceError, _ network: DeviceNetwork) {
        switch error {
        case .unitMissing(let junction, let structure, let unit):
            let keys = [
                "edge-processors": "edge-processors", "stochastic-unit": "converters",
                "transform-units": "butterflies", "tensor-array": "array-rows",
            ]
            report(
                "device.\(keys[unit] ?? "profile")", found: "no \(unit)",
                expected:
                    "at least 1 for \(network.name(junction)) (\(structure)); or another profile "
                    + "or structure")
        case .arithmeticUnsuitable(let junction, let found, let expected):
            report(
                deviceKey(network, junction, "arithmetic"), found: found,
                expected: "\(expected), which is what the device takes; or another device")
        case .parallelismUnsuitable(let junction, let found, let expected):
            report(
                "device.edges-per-cycle", found: "\(found) for \(network.name(junction))",
                expected: integers("device.edges-per-cycle").isEmpty
                    ? expected : "\(expected); or \"auto\"")
        case .parallelismMiscounted(let found, let junctions):
            report(
                "device.edges-per-cycle", found: "\(found) numbers",
                expected: "one for each of the \(junctions) junctions; or \"auto\"")
        case .tooFewProcessors(let needed, let available, let source, let schedule):
            report(
                "device.edge-processors", found: "\(available)",
                expected: (["at least \(needed), which work at once"]
                    + DeviceError.ways(source, schedule)).joined(separator: "; or "))
        case .tooFewMemories(let needed, let available, let source, let schedule):
            report(
                "device.memories", found: "\(available)",
                expected: (["at least \(needed)"] + DeviceError.ways(source, schedule)
                    + ["narrower numbers"]).joined(separator: "; or "))
        case .tooManyEdges(let junction, let found, let most):
            report(
                deviceKey(network, junction, "structure"), found: "\(found) edges",
                expected: "at most \(most) on edge processors, or \"dense\"")
        case .memoryShort(let map, _):
            report(
                "device.memory", found: shown("device.memory"),
                expected: "at least \"\(ByteSize.text(Int64((map.totalBits + 7) / 8)))\", or a "
                    + "smaller network: \(error)")
        }
    }
}

extension JunctionSpecification {
    /// Whether it is a clash-free pattern for which nobody states z.
    fileprivate var choosesParallelism: Bool {
        guard case .clashFree(let settings, _, _) = structure else { return false }
        return settings.parallelism == nil
    }

    /// States z of a clash-free pattern.
    fileprivate mutating func choose(_ parallelism: Int) {
        guard case .clashFree(var settings, let density, let seed) = structure else { return }
        settings.parallelism = parallelism
        structure = .clashFree(settings, density, seed: seed)
    }
}
