// The ladder of targets, as a table. A target may import only what stands below it, C modules
// and the named outside packages it is allowed.

/// One target of the house.
struct HouseTarget {
    let name: String
    let rung: Int
    /// Relative to the package's root.
    let folder: String
    /// Modules from outside the package that it may import.
    let outside: Set<String>
}

enum HouseLadder {
    /// C modules stand below every rung. libzmq's header is Messaging's alone.
    static let machines: Set<String> = ["CLanes", "CMachine"]
    static let zeroMQ = "CZeroMQ"
    static let system: Set<String> = ["Glibc", "Synchronization"]

    static let targets: [HouseTarget] = [
        target("Arithmetic", 0),
        target("Platform", 0),
        target("MillraceProtocol", 0, ["FoundationEssentials"]),
        target("KernelsV3", 1),
        target("KernelsV4", 1),
        target("Kernels", 1),
        target("WeightStore", 1),
        target("Messaging", 1, [zeroMQ]),
        target("Junctions", 2),
        target("SampleSources", 2, ["FoundationEssentials"]),
        HouseTarget(
            name: "Client", rung: 2, folder: "clients/cli/Client", outside: ["FoundationEssentials"]
        ),
        target("Accelerator", 3),
        target("Learning", 4),
        target("Daemon", 5),
        target("Configuration", 6, ["TOMLKit"]),
        target("millraced", 7, ["ArgumentParser", "Logging"]),
        HouseTarget(
            name: "millrace", rung: 7, folder: "clients/cli/millrace",
            outside: ["ArgumentParser", "FoundationEssentials"]),
    ]

    /// Builds of one source for several instruction sets: only `Kernels` chooses among them.
    static let kernelBuilds: Set<String> = ["KernelsV3", "KernelsV4"]

    private static func target(
        _ name: String, _ rung: Int, _ outside: Set<String> = []
    ) -> HouseTarget {
        HouseTarget(name: name, rung: rung, folder: "Sources/\(name)", outside: outside)
    }

    /// Why `module` must not be imported by `target`; nil if it may.
    static func objection(to module: String, in target: HouseTarget) -> String? {
        if system.contains(module) || machines.contains(module) { return nil }
        if target.outside.contains(module) { return nil }
        guard let imported = targets.first(where: { $0.name == module }) else {
            return "\(module) is no target of the house, and not on \(target.name)'s list"
        }
        if kernelBuilds.contains(module), target.name == "Kernels" { return nil }
        guard imported.rung < target.rung else {
            return "\(module) stands on rung \(imported.rung), \(target.name) on \(target.rung)"
        }
        return nil
    }
}
