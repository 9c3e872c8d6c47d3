// Why a network does not run on a device.

/// One reason, with its facts.
public enum DeviceError: Error, Equatable, Sendable {
    /// A junction needs a unit that the device has not; `unit` in the words of a profile.
    case unitMissing(junction: Int, structure: String, unit: String)
    /// A junction's numbers are not among those of the device.
    case arithmeticUnsuitable(junction: Int, found: String, expected: String)
    /// z of a junction cannot be; `expected` says what can.
    case parallelismUnsuitable(junction: Int, found: Int, expected: String)
    /// More edges per clock are asked for than there are edge processors.
    case tooFewProcessors(needed: Int, available: Int)
    /// More memories are needed than there are.
    case tooFewMemories(needed: Int, available: Int)
    /// The network does not fit: every line, and what would fit.
    case memoryShort(DeviceMemoryMap, advice: String)
}
