// The profiles and energy tables that are shipped: the files of Devices/, embedded as they are.

enum ShippedDevices {
    /// Device profiles by name.
    static let profiles: [String: [UInt8]] = [
        "artix7": PackageResources.artix7_toml,
        "essop-14nm": PackageResources.essop_14nm_toml,
        "microcontroller": PackageResources.microcontroller_toml,
        "sat-vcu1525": PackageResources.sat_vcu1525_toml,
        "swm-fpga": PackageResources.swm_fpga_toml,
    ]

    /// Energy tables by name.
    static let energies: [String: [UInt8]] = [
        "45nm": PackageResources.energy_45nm_toml,
        "essop": PackageResources.energy_essop_toml,
        "sat": PackageResources.energy_sat_toml,
    ]
}

/// The devices that need no file.
public enum DeviceProfiles {
    /// Names that `[device] profile` takes, sorted.
    public static var names: [String] { ShippedDevices.profiles.keys.sorted() }
    /// Names that `[device] energy` takes besides `none`, sorted.
    public static var energyNames: [String] { ShippedDevices.energies.keys.sorted() }

    /// The text of a shipped profile; nil if there is none of that name.
    public static func text(_ name: String) -> String? {
        ShippedDevices.profiles[name].map { String(decoding: $0, as: UTF8.self) }
    }
}
