// What would fit: a network that is too big for a device, changed in one way after the other until
// it fits, as configuration lines.
//
// Tried, each alone and, where nothing alone is enough, numbers together with a shape: one sample
// at a time instead of the pipeline; fixed point of 16, 10 and 8 bits; half the edges, again and
// again; circulant blocks of 4, 8 and 16; fewer hidden neurons; pruned junctions dense. N:M is not
// tried: its views lie beside the dense master, so it takes memory and gives none.

import Arithmetic
import Junctions

/// A network with changes.
struct DeviceVariant: Sendable {
    /// In words: `half the edges`.
    let title: String
    var settings: [DeviceSetting]
    let network: DeviceNetwork
}

/// What to do about a network that does not fit.
struct DeviceAdvice {
    let device: DeviceDescription
    private let hasBlocks: Bool
    /// What fits, in the order tried, with its size.
    private(set) var fitting: [(variant: DeviceVariant, bits: Int)] = []
    /// The smallest that was tried, where nothing fits.
    private(set) var smallest: (variant: DeviceVariant, bits: Int)?

    init(_ network: DeviceNetwork, _ device: DeviceDescription) {
        self.device = device
        hasBlocks = !network.blocks.isEmpty
        // Widths of blocks follow from each other in ways that only the learner knows.
        guard !hasBlocks else { return }
        let start = DeviceVariant(title: "", settings: [], network: network)
        let numbers = [sequential(start)].compactMap(\.self) + formats(start)
        for variant in numbers { take([variant]) }
        takeShapes(of: start)
        guard fitting.isEmpty else { return }
        for variant in numbers { takeShapes(of: variant) }
    }

    /// The lines to paste, or what the smallest would still need; ends with a line feed.
    var text: String {
        if hasBlocks {
            return "nothing was tried, since the network has blocks. What takes less: fewer "
                + "channels or units, a stride or a pool earlier, structure = \"circulant\" or a "
                + "density in [block.N], arithmetic = \"fixed\"\n"
        }
        guard !fitting.isEmpty else {
            guard let smallest else { return "nothing smaller is known\n" }
            return "nothing tried would fit; the smallest, \(smallest.variant.title), needs "
                + "\(MemoryPlan.grouped(smallest.bits)) bits. Take a device with more memory, or "
                + "a smaller network\n"
        }
        var text = "what would fit (lines for the configuration; where a table is there already, "
        text += "for that table):\n"
        for (variant, bits) in fitting {
            text += "  # \(variant.title): \(MemoryPlan.grouped(bits)) bits\n"
            var sections: [String] = []
            for setting in variant.settings where !sections.contains(setting.section) {
                sections.append(setting.section)
            }
            for section in sections {
                text += "  [\(section)]\n"
                for setting in variant.settings where setting.section == section {
                    text += "  \(setting.key) = \(setting.value)\n"
                }
            }
        }
        return text
    }

    // MARK: trying

    private mutating func takeShapes(of start: DeviceVariant) {
        take(sparser(start))
        for block in [4, 8, 16] { take([circulant(start, block)].compactMap(\.self)) }
        take(narrower(start))
        take([unpruned(start)].compactMap(\.self))
    }

    /// Notes the first of `variants` that fits, else the last as the smallest of its kind.
    private mutating func take(_ variants: some Sequence<DeviceVariant>) {
        for tried in variants {
            guard let variant = settled(tried), let bits = bits(variant.network) else { continue }
            if bits <= device.memory.capacityBits {
                fitting.append((variant, bits))
                return
            }
            if bits < smallest?.bits ?? Int.max { smallest = (variant, bits) }
        }
    }

    /// A variant whose clash-free patterns are drawn for the z that the device chooses, and whose
    /// lines say which: pasted, it is what was measured. nil where there is no z.
    private func settled(_ variant: DeviceVariant) -> DeviceVariant? {
        let network = variant.network
        var specifications = network.junctions.map(\.specification)
        let drawn = specifications.indices.filter {
            if case .clashFree = specifications[$0].structure { true } else { false }
        }
        guard !drawn.isEmpty else { return variant }
        func draw(_ parallelism: [Int]?) -> DeviceNetwork? {
            for index in drawn {
                guard
                    case .clashFree(var settings, let density, let seed) =
                        specifications[index].structure
                else { continue }
                settings.parallelism = parallelism?[index]
                specifications[index].structure = .clashFree(settings, density, seed: seed)
            }
            let widths = [network.junctions[0].inputs] + network.junctions.map(\.outputs)
            return remade(network, specifications, widths)
        }
        guard let free = draw(nil), free.junctions.allSatisfy(device.canWork),
            let choice = try? DeviceParallelismChoice(undrawn: free, device),
            let settled = draw(choice.parallelism)
        else { return nil }
        let lines = drawn.map {
            DeviceSetting(
                section: "junction.\($0)", key: "parallelism", value: "\(choice.parallelism[$0])")
        }
        return DeviceVariant(
            title: variant.title, settings: variant.settings + lines, network: settled)
    }

    /// The size of a network on the device; nil where the device cannot work it.
    private func bits(_ network: DeviceNetwork) -> Int? {
        guard network.junctions.allSatisfy(device.canWork),
            let choice = try? DeviceParallelismChoice(undrawn: network, device)
        else { return nil }
        let map = DeviceMemoryMap(network, device, choice.parallelism)
        guard map.memories <= device.memory.count ?? Int.max else { return nil }
        return map.totalBits
    }
}

// MARK: ways to change a network

extension DeviceAdvice {
    private func sequential(_ start: DeviceVariant) -> DeviceVariant? {
        let network = start.network
        guard network.schedule == .pipeline else { return nil }
        return DeviceVariant(
            title: "one sample at a time",
            settings: [DeviceSetting(section: "network", key: "schedule", value: "\"sequential\"")],
            network: DeviceNetwork(
                junctions: network.junctions, inputBits: network.inputBits, schedule: .sequential,
                hasMomentum: network.hasMomentum,
                fixedPointSettings: network.fixedPointSettings))
    }

    /// Fixed point, narrower than what is there; plain descent only.
    private func formats(_ start: DeviceVariant) -> [DeviceVariant] {
        guard !start.network.hasMomentum, let besides = start.network.fixedPointSettings else {
            return []
        }
        let formats = [(16, 4, 11), (10, 2, 7), (8, 2, 5)].compactMap {
            FixedFormat($0.0, $0.1, $0.2)
        }
        return formats.compactMap { format in
            var start = start
            start.settings += besides
            return changed(
                start, "fixed point of \(format.width) bits, with a rate that is a power of two"
            ) { junction, _ in
                if case .fixed(let old) = junction.specification.arithmetic,
                    old.width <= format.width
                {
                    return nil
                }
                var specification = junction.specification
                specification.arithmetic = .fixed(format)
                let list = "[\(format.width), \(format.integerBits), \(format.fractionBits)]"
                return (specification, [("arithmetic", "\"fixed\""), ("format", list)])
            }
        }
    }

    /// Half the edges of every junction, a quarter, an eighth …
    private func sparser(_ start: DeviceVariant) -> [DeviceVariant] {
        (1...12).compactMap { halvings in
            changed(start, "1 edge in \(1 << halvings) of those there are") { junction, _ in
                let form = junction.junction.form
                let (p, n) = (junction.inputs, junction.outputs)
                var structure = junction.specification.structure
                var step = n / Self.commonDivisor(p, n)
                func degree(_ step: Int) -> Int {
                    max(step, (form.fanOut >> halvings) / step * step)
                }
                var words: [(String, String)] = []
                switch structure {
                case .dense:
                    structure = .clashFree(
                        InterleaverSettings(type: 2), .outDegree(degree(step)), seed: 0)
                    words.append(("structure", "\"clash-free\""))
                case .clashFree(let settings, _, let seed):
                    structure = .clashFree(settings, .outDegree(degree(step)), seed: seed)
                case .structured(_, let seed):
                    structure = .structured(.outDegree(degree(step)), seed: seed)
                case .random(_, let seed):
                    step = 1
                    structure = .random(.outDegree(degree(step)), seed: seed)
                case .laneAligned(_, let seed):
                    let (rows, groups) = ((p + 15) / 16, (n + 15) / 16)
                    step = groups / Self.commonDivisor(rows, groups)
                    structure = .laneAligned(.outDegree(degree(step)), seed: seed)
                case .circulant, .pruned: return nil
                }
                guard degree(step) < form.fanOut else { return nil }
                words.append(("out-degree", "\(degree(step))"))
                var specification = junction.specification
                specification.structure = structure
                return (specification, words)
            }
        }
    }

    /// Circulant blocks everywhere but at the outputs, which seldom fill them.
    private func circulant(_ start: DeviceVariant, _ block: Int) -> DeviceVariant? {
        let count = start.network.junctions.count
        return changed(start, "circulant blocks of \(block)") { junction, index in
            guard index < count - 1 || count == 1 else { return nil }
            if case .circulant(let old) = junction.specification.structure, old >= block {
                return nil
            }
            var specification = junction.specification
            specification.structure = .circulant(blockSize: block)
            return (specification, [("structure", "\"circulant\""), ("block", "\(block)")])
        }
    }

    /// Dense instead of N:M: without views.
    private func unpruned(_ start: DeviceVariant) -> DeviceVariant? {
        changed(start, "dense instead of pruned") { junction, _ in
            guard case .pruned = junction.specification.structure else { return nil }
            var specification = junction.specification
            specification.structure = .dense
            return (specification, [("structure", "\"dense\"")])
        }
    }

    /// 15/16, 14/16 … of the hidden neurons, then fewer yet.
    private func narrower(_ start: DeviceVariant) -> [DeviceVariant] {
        let hidden = start.network.junctions.dropFirst().map(\.inputs)
        guard !hidden.isEmpty else { return [] }
        var seen: [[Int]] = [hidden]
        let fractions = (1...15).reversed().map { ($0, 16) } + (5...10).map { (1, 1 << $0) }
        return fractions.compactMap { numerator, denominator in
            let widths = hidden.map { max(1, $0 * numerator / denominator) }
            guard !seen.contains(widths) else { return nil }
            seen.append(widths)
            let outer = start.network.junctions
            let all = [outer[0].inputs] + widths + [outer[outer.count - 1].outputs]
            guard let network = remade(start.network, outer.map(\.specification), all) else {
                return nil
            }
            let list = "[" + widths.map(String.init).joined(separator: ", ") + "]"
            return DeviceVariant(
                title: joined(start, "fewer hidden neurons"),
                settings: start.settings + [
                    DeviceSetting(section: "network", key: "hidden", value: list)
                ],
                network: network)
        }
    }

    /// A variant with other junctions; nil where none changes, or one of them cannot be.
    /// - change: the new specification and the keys that say so; nil leaves a junction alone
    private func changed(
        _ start: DeviceVariant, _ title: String,
        _ change: (DeviceJunction, Int) -> (JunctionSpecification, [(String, String)])?
    ) -> DeviceVariant? {
        let junctions = start.network.junctions
        var specifications = junctions.map(\.specification)
        var settings = start.settings
        for (index, junction) in junctions.enumerated() {
            guard let (new, words) = change(junction, index) else { continue }
            specifications[index] = new
            settings += words.map {
                DeviceSetting(section: "junction.\(index)", key: $0.0, value: $0.1)
            }
        }
        let widths = [junctions[0].inputs] + junctions.map(\.outputs)
        guard settings != start.settings,
            let network = remade(start.network, specifications, widths)
        else { return nil }
        return DeviceVariant(title: joined(start, title), settings: settings, network: network)
    }

    private func joined(_ start: DeviceVariant, _ title: String) -> String {
        start.title.isEmpty ? title : start.title + "; " + title
    }

    private func remade(
        _ network: DeviceNetwork, _ specifications: [JunctionSpecification], _ widths: [Int]
    ) -> DeviceNetwork? {
        var junctions: [DeviceJunction] = []
        for (index, specification) in specifications.enumerated() {
            guard
                let junction = try? specification.junction(
                    inputs: widths[index], outputs: widths[index + 1])
            else { return nil }
            junctions.append(
                DeviceJunction(
                    specification, junction, hasTable: network.junctions[index].hasTable))
        }
        return DeviceNetwork(
            junctions: junctions, inputBits: network.inputBits, schedule: network.schedule,
            hasMomentum: network.hasMomentum, fixedPointSettings: network.fixedPointSettings)
    }

    private static func commonDivisor(_ a: Int, _ b: Int) -> Int {
        var (a, b) = (a, b)
        while b != 0 { (a, b) = (b, a % b) }
        return a
    }
}
