// The commands of millraced that end by themselves: --check and --init; and how it fails.

import Accelerator
import Configuration
import Daemon
import Glibc
import Platform
import SampleSources

enum Foundry {
    /// Prints an error for a person and exits.
    static func fail(_ message: String, code: Int32) -> Never {
        StandardError.write("millraced: error: \(message)\n")
        exit(code)
    }

    /// A line of data; when it cannot be written the process ends with 74.
    private static func print(_ line: String) { StandardOutput.write(line + "\n") }

    /// --check: what would run, where each value came from, and what it would take.
    static func check(
        _ configuration: MillraceConfiguration, _ plan: DaemonPlan, _ settings: DaemonSettings,
        _ clients: ClientTable?
    ) -> Never {
        print("# The effective configuration; after # where each value came from.")
        print(configuration.effectiveText)
        print("# The memory plan, in bytes.")
        print(plan.memory.table)
        if let device = Self.deviceText(configuration) { print(device) }
        print(Self.writeBudget(plan, settings))
        print("# " + Self.ceiling(plan) + ": " + Self.ceilingReason)
        print(doorText(configuration, clients))
        if let shortage = plan.memory.shortage { fail(shortage.description, code: 78) }
        exit(0)
    }

    /// --drop-in: for `systemctl edit`.
    static func dropIn(_ plan: DaemonPlan, _ path: String?) -> Never {
        if let shortage = plan.memory.shortage { fail(shortage.description, code: 78) }
        print("# Made by millraced --config \(path ?? "FILE") --drop-in.")
        print("# \(ceilingReason).")
        print("[Service]")
        print(ceiling(plan))
        exit(0)
    }

    /// `MemoryMax=34M`
    static func ceiling(_ plan: DaemonPlan) -> String { "MemoryMax=\(plan.memoryMaxBytes >> 20)M" }

    private static let ceilingReason =
        "the plan, \(DaemonPlan.runtimeBaseBytes >> 20) MiB for the program itself, and a "
        + "quarter of both as room"

    /// Who may come in at which endpoint, and how many keys that are.
    static func doorText(
        _ configuration: MillraceConfiguration, _ clients: ClientTable?
    ) -> String {
        var lines = ["# Who may come in."]
        for (name, endpoint) in configuration.doorEndpoints {
            let access = configuration.access(to: endpoint)
            var line = "# \(name) \(endpoint): \(access.text)"
            if access == .keyed, let clients, let door = Door(name: name) {
                let count = clients.clients.count { !$0.rights.isDisjoint(with: door.rights) }
                line += ", \(count) of \(clients.clients.count) in "
                line += configuration.keys.clientsPath ?? "no folder"
            }
            lines.append(line)
        }
        return lines.joined(separator: "\n")
    }

    /// The emulated device: what lies where, and how it works the network; nil without one.
    static func deviceText(_ configuration: MillraceConfiguration) -> String? {
        guard let plan = try? configuration.learner.devicePlan() else { return nil }
        let device = plan.device
        var text = "# The memory of the emulated device, \(device.name), in bits.\n"
        text += plan.memory.table
        let edges = plan.junctions.map {
            $0.parallelism.map { "\($0)" } ?? "none (\(Self.word($0.unit)))"
        }
        text += "# Edges per clock, by junction: \(edges.joined(separator: ", ")); "
        text += "\(plan.clocksPerSample) clocks per sample, \(plan.schedule.rawValue).\n"
        if plan.hasBlocks { text += "# In this order: \(plan.names.joined(separator: ", ")).\n" }
        let network = configuration.learner.deviceNetwork
        let choice = try? DeviceParallelismChoice(network, device)
        if let imbalance = choice?.imbalance(named: network.name) {
            text += "# Not equal: \(imbalance).\n"
        }
        return text
    }

    private static func word(_ unit: DeviceUnit) -> String {
        switch unit {
        case .edgeProcessors: "edge processors"
        case .transformUnits: "transform units"
        case .tensorArray: "tensor array"
        case .stochasticUnit: "stochastic unit"
        }
    }

    /// What the commit policy writes in a day at most.
    static func writeBudget(_ plan: DaemonPlan, _ settings: DaemonSettings) -> String {
        let policy = settings.commit.limited(
            generationBytes: plan.geometry.slotBytes, bytesPerDay: settings.bytesPerDay)
        let generation = plan.geometry.slotBytes
        guard policy.sequences == 0, policy.intervalNanoseconds > 0 else {
            return
                "# Each generation writes \(generation) bytes; by count as often as samples come."
        }
        let perDay = 86_400e9 / Double(policy.intervalNanoseconds) * Double(generation)
        let milliseconds = policy.intervalNanoseconds / 1_000_000
        return "# A generation is \(generation) bytes; one each \(milliseconds) ms is at most "
            + "\(Int(perDay / 1e6)) MB written per day."
    }

    /// --init: a configuration for somebody's own data.
    static func describe(_ path: String, labelColumn: String?) -> Never {
        do throws(SourceError) {
            let text = try ConfigurationWriter.describe(
                path: path, labelColumn: labelColumn
            ) { configuration in
                DaemonPlan(configuration.learner, DaemonSettings(configuration)).geometry.slotBytes
            }
            StandardOutput.write(text)
            exit(0)
        } catch {
            switch error {
            case .notFound, .permissionDenied: fail("\(error)", code: 66)
            case .columnNotFound: fail("\(error)", code: 64)
            default: fail("\(error)", code: 65)
            }
        }
    }
}
