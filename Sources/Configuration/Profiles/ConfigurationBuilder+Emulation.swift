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
        let free = learner.junctions.indices.filter { index in
            guard case .clashFree(let settings, _, _) = learner.junctions[index].structure else {
                return false
            }
            return settings.parallelism == nil
        }
        // What is wrong besides is found later, by the learner's own check.
        guard !free.isEmpty, device.edgeProcessors != nil, (try? learner.validate()) != nil else {
            return
        }
        do throws(DeviceError) {
            let choice = try DeviceParallelismChoice(undrawn: learner.deviceNetwork, device)
            for index in free {
                let parallelism = choice.parallelism[index]
                guard
                    case .clashFree(var settings, let density, let seed) =
                        learner.junctions[index].structure
                else { continue }
                settings.parallelism = parallelism
                learner.junctions[index].structure = .clashFree(settings, density, seed: seed)
                values["junction.\(index).parallelism"] = EffectiveValue(
                    value: .integer(Int64(parallelism)), origin: .device)
            }
        } catch {
            if checksDevice { reportDevice(error) }
        }
    }

    /// Reports a network that does not run on its device.
    mutating func reportDevice(_ error: DeviceError) {
        switch error {
        case .unitMissing(let junction, let structure, let unit):
            let keys = [
                "edge-processors": "edge-processors", "stochastic-unit": "converters",
                "transform-units": "butterflies", "tensor-array": "array-rows",
            ]
            report(
                "device.\(keys[unit] ?? "profile")", found: "no \(unit)",
                expected: "at least 1 for junction \(junction) (\(structure)); or another profile "
                    + "or structure")
        case .arithmeticUnsuitable(let junction, let found, let expected):
            report(
                structureKey(junction, "arithmetic"), found: found,
                expected: "\(expected), which is what the device takes; or another device")
        case .parallelismUnsuitable(let junction, let found, let expected):
            report(
                "device.edges-per-cycle", found: "\(found) for junction \(junction)",
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
                structureKey(junction, "structure"), found: "\(found) edges",
                expected: "at most \(most) on edge processors, or \"dense\"")
        case .memoryShort(let map, _):
            report(
                "device.memory", found: shown("device.memory"),
                expected: "at least \"\(ByteSize.text(Int64((map.totalBits + 7) / 8)))\", or a "
                    + "smaller network: \(error)")
        }
    }
}
