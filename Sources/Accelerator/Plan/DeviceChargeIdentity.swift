// Which device charges belong to. Sums are of one kind only while every sample costs the same, so
// the identity of a device is its name and clock, the schedule, the unit of energy and the rows
// that are added; a device that differs in nothing of this charges the same.

/// A device as charges know it.
public struct DeviceIdentity: Equatable, Sendable {
    /// Bytes of a name that are kept; a longer one is cut.
    public static let nameBytes = 56

    /// FNV-1a of everything that charges depend on; 0 where no device is emulated.
    public let digest: UInt64
    /// The profile's name, empty where no device is emulated.
    public let name: String

    /// No device.
    public static let none = DeviceIdentity(digest: 0, name: "")

    /// An identity that was kept.
    public init(digest: UInt64, name: String) {
        self.digest = digest
        self.name = name
    }

    /// The identity of a network on its device.
    public init(_ plan: DevicePlan, _ charge: DeviceCharge) {
        var hash = FowlerNollVo()
        hash.add(plan.device.name)
        hash.add(plan.device.clockHertz.bitPattern)
        hash.add(plan.schedule.rawValue)
        hash.add(plan.device.energyUnit ?? "")
        for number in charge.learned + charge.inferred { hash.add(number) }
        // 0 says that there is no device.
        digest = hash.digest == 0 ? 1 : hash.digest
        var name = plan.device.name
        while name.utf8.count > Self.nameBytes { name.removeLast() }
        self.name = name
    }
}

/// FNV-1a of 64 bits.
private struct FowlerNollVo {
    var digest: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func add(_ byte: UInt8) { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01b3 }

    mutating func add(_ number: UInt64) {
        withUnsafeBytes(of: number.littleEndian) { bytes in
            for byte in bytes { add(byte) }
        }
    }

    /// A text and its end.
    mutating func add(_ text: String) {
        for byte in text.utf8 { add(byte) }
        add(UInt8(0))
    }
}
