// From [device] and [energy] to a device, and what it decides about the learner: z of clash-free
// patterns, which are drawn for it.

import Accelerator
import Junctions
import Learning

extension ConfigurationBuilder {
    /// Whether anything is said about a device.
    private var hasDevice: Bool {
        DeviceKeys.all.contains {
            $0.section == "device" && values[$0.section + "." + $0.name] != nil
        }
    }

    /// The device of the configuration; nil where nothing is emulated, or where keys are missing,
    /// which is reported.
    mutating func device() -> DeviceDescription? {
        guard hasDevice else {
            if let key = values.keys.filter({ $0.hasPrefix("energy.") }).min() {
                report(key, found: "a value", expected: "none without a [device] that it is for")
            }
            return nil
        }
        for name in DeviceKeys.required where values["device." + name] == nil {
            let key = "device." + name
            guard !problems.contains(where: { $0.key == key || $0.key == "device.profile" }) else {
                continue
            }
            report(
                key, found: "nothing",
                expected: (KeyTable.find(key)?.kind.expected ?? "a value")
                    + ", or a profile that has it: device.profile = \"artix7\"")
        }
        checkDeviceNumbers()
        checkDeviceUnits()
        checkBank()
        let energy = energyTable()
        guard problems.isEmpty else { return nil }
        return described(energy)
    }

    private mutating func checkDeviceNumbers() {
        guard integer("device.fixed-bits") == 0, integer("device.float-bits") == 0,
            !problems.contains(where: { $0.key?.hasPrefix("device.") ?? false })
        else { return }
        report(
            "device.fixed-bits", found: "a device without numbers",
            expected: "device.fixed-bits = 16 (the widest fixed point), device.float-bits = 32, "
                + "or both")
    }

    /// One memory is not larger than all of them. Who makes a profile's memory smaller need not
    /// change its banks, too.
    private mutating func checkBank() {
        guard let bank = values["device.bank"], let memory = values["device.memory"],
            integer("device.bank") > integer("device.memory")
        else { return }
        if isFromProfile(bank.origin), !isFromProfile(memory.origin) {
            values["device.bank"] = nil
        } else {
            report(
                "device.bank", found: shown("device.bank"),
                expected: "at most device.memory, which is \(shown("device.memory"))")
        }
    }

    /// Keys of units that the device has not got.
    private mutating func checkDeviceUnits() {
        let owners = [
            "process-clocks": "edge-processors", "overhead-clocks": "edge-processors",
            "edges-per-cycle": "edge-processors", "stochastic-lanes": "converters",
            "transform-multipliers": "butterflies", "array-columns": "array-rows",
            "add-clocks": "array-rows", "reduction-lanes": "array-rows",
            "update-lanes": "array-rows", "dataflow": "array-rows", "sums": "array-rows",
            "selection": "array-rows", "weight-buffers": "array-rows",
        ]
        for (name, owner) in owners.sorted(by: { $0.key < $1.key }) {
            guard let value = values["device." + name], integer("device." + owner) == 0 else {
                continue
            }
            let rank = values["device." + owner]?.origin.rank ?? 0
            // Who takes a unit out of a profile need not take its other keys out, too.
            if rank > value.origin.rank || isFromProfile(value.origin) {
                values["device." + name] = nil
            } else {
                report(
                    "device." + name, found: shown("device." + name),
                    expected: "none without device.\(owner) of at least 1")
            }
        }
    }

    /// Whether a value stands in another file than the configuration.
    private func isFromProfile(_ origin: ConfigurationOrigin) -> Bool {
        if case .file(let file, _) = origin { file != path } else { false }
    }

    private mutating func energyTable() -> EnergyTable? {
        guard values["device.energy"]?.value != .text("none") else { return nil }
        guard let value = values["energy.rows"]?.value, let rows = EnergyRowText.rows(value) else {
            if let key = values.keys.filter({ $0.hasPrefix("energy.") }).min(),
                !problems.contains(where: { $0.key == "energy.rows" })
            {
                report(key, found: "a value", expected: "none without energy.rows")
            }
            return nil
        }
        if let (row, earlier) = EnergyRowText.duplicate(rows) {
            add(
                ConfigurationProblem(
                    place: place("energy.rows", element: row), key: "energy.rows",
                    found: "row \(row + 1) about the same as row \(earlier + 1)",
                    expected: "one row for each action, kind of number, width and memory"))
        }
        let unit = text("energy.unit")
        if unit != "picojoules", EnergyRowText.isAbsolute(unit) {
            report(
                "energy.unit", found: "\"\(unit)\"",
                expected: "\"picojoules\", with energies in picojoules; or, where only ratios are "
                    + "known, the action that they are relative to")
        }
        return EnergyTable(
            name: text("energy.name"), node: text("energy.node"),
            unit: unit.isEmpty || unit == "picojoules" ? .picojoules : .relative(to: unit),
            rows: rows,
            memoryBytes: integer(values["device.bank"] == nil ? "device.memory" : "device.bank"))
    }

    private func described(_ energy: EnergyTable?) -> DeviceDescription {
        let name = text("device.name")
        let memories = integer("device.memories")
        let choice = integers("device.edges-per-cycle")
        let floatBits = integer("device.float-bits")
        return DeviceDescription(
            name: name.isEmpty ? "custom" : name, title: text("device.title"),
            source: text("device.source"), clockHertz: 1e6 * double("device.clock-megahertz"),
            memory: DeviceMemory(
                capacityBits: 8 * integer("device.memory"), count: memories == 0 ? nil : memories,
                widthBits: integer("device.word-bits"),
                readPorts: integer("device.read-ports", or: 1),
                writePorts: integer("device.write-ports", or: 1),
                holdsSeeds: text("device.seeds") == "memory"),
            arithmetic: DeviceArithmetic(
                fixedBits: integer("device.fixed-bits"), floatBits: floatBits,
                masterBits: integer("device.master-bits", or: floatBits)),
            parallelism: choice.isEmpty ? .auto : .edges(choice),
            edgeProcessors: edgeProcessors, stochasticUnit: stochasticUnit,
            transformUnits: transformUnits, tensorArray: tensorArray, energy: energy)
    }

    private func integer(_ key: String, or standard: Int) -> Int {
        values[key] == nil ? standard : integer(key)
    }

    private func double(_ key: String) -> Double {
        if case .real(let number) = values[key]?.value { number } else { 0 }
    }

    private var edgeProcessors: EdgeProcessors? {
        let count = integer("device.edge-processors")
        guard count > 0 else { return nil }
        return EdgeProcessors(
            count: count, processClocks: integer("device.process-clocks"),
            overheadClocks: integer("device.overhead-clocks", or: 2))
    }

    private var stochasticUnit: StochasticUnit? {
        let converters = integer("device.converters")
        guard converters > 0 else { return nil }
        return StochasticUnit(
            converters: converters, lanes: integer("device.stochastic-lanes", or: 1))
    }

    private var transformUnits: TransformUnits? {
        let butterflies = integer("device.butterflies")
        guard butterflies > 0 else { return nil }
        return TransformUnits(
            butterflies: butterflies,
            multipliers: integer("device.transform-multipliers", or: 1))
    }

    private var tensorArray: TensorArray? {
        let rows = integer("device.array-rows")
        guard rows > 0 else { return nil }
        let dataflow: Dataflow =
            switch text("device.dataflow") {
            case "weight-stationary": .weightStationary
            case "output-stationary": .outputStationary
            default: .scheduled
            }
        return TensorArray(
            rows: rows, columns: integer("device.array-columns", or: rows),
            addClocks: integer("device.add-clocks", or: 1),
            reductionLanes: integer("device.reduction-lanes", or: 1),
            updateLanes: integer("device.update-lanes", or: 1), dataflow: dataflow,
            interleaves: text("device.sums") != "waiting",
            generatesAhead: text("device.selection") != "on-demand",
            doubleBuffers: text("device.weight-buffers") != "single")
    }
}
