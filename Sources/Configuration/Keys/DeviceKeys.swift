// The keys of [device] and [energy]: those of a configuration, of a device profile and of an
// energy table, which are files with one of the two tables each. None has a built-in value: a
// configuration that says nothing about a device emulates none.

/// One key of a device or an energy table.
struct DeviceKey: Sendable {
    let section: String
    let name: String
    let kind: ValueKind
}

/// The table of these keys. The ranges keep every sum and product of the emulation far from
/// overflow.
enum DeviceKeys {
    /// Keys that say where the rest comes from; resolved, they have no meaning any more.
    static let references: Set<String> = ["device.profile", "device.energy"]
    /// Keys without which there is no device.
    static let required = ["clock-megahertz", "memory", "word-bits"]

    static let all: [DeviceKey] =
        of(
            "device",
            [
                ("profile", .text),
                ("name", .text),
                ("title", .text),
                ("source", .text),
                ("clock-megahertz", .real(0...100_000, excludesLow: true)),
                ("memory", .bytes(1...1 << 40)),
                ("memories", .integer(0...1_048_576)),
                ("bank", .bytes(1...1 << 40)),
                ("word-bits", .integer(1...65_536)),
                ("read-ports", .integer(1...16)),
                ("write-ports", .integer(1...16)),
                ("seeds", .choice(["logic", "memory"])),
                ("fixed-bits", .integer(0...16)),
                ("float-bits", .oneOf([0, 16, 32])),
                ("master-bits", .oneOf([16, 32])),
                ("edges-per-cycle", .autoOrIntegers(1...65_536, most: KeyTable.mostHidden + 1)),
                ("edge-processors", .integer(0...1_048_576)),
                ("process-clocks", .integer(0...1024)),
                ("overhead-clocks", .integer(0...1024)),
                ("converters", .integer(0...65_536)),
                ("stochastic-lanes", .integer(1...1_048_576)),
                ("butterflies", .integer(0...65_536)),
                ("transform-multipliers", .integer(1...65_536)),
                ("array-rows", .integer(0...4096)),
                ("array-columns", .integer(1...4096)),
                ("add-clocks", .integer(1...1024)),
                ("reduction-lanes", .integer(1...65_536)),
                ("update-lanes", .integer(1...65_536)),
                (
                    "dataflow",
                    .choice(["scheduled", "weight-stationary", "output-stationary"])
                ),
                ("sums", .choice(["interleaved", "waiting"])),
                ("selection", .choice(["ahead", "on-demand"])),
                ("weight-buffers", .choice(["double", "single"])),
                ("energy", .text),
            ])
        + of(
            "energy",
            [
                ("name", .text), ("node", .text), ("unit", .text), ("rows", .energyRows),
            ])

    private static func of(_ section: String, _ keys: [(String, ValueKind)]) -> [DeviceKey] {
        keys.map { DeviceKey(section: section, name: $0.0, kind: $0.1) }
    }
}
