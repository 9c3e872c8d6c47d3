// A network as a device sees it: layers, junctions, numbers, schedule. A value without weights;
// `Learning` makes it from a configuration.

import Junctions

/// One junction as a device sees it.
public struct DeviceJunction: Equatable, Sendable {
    /// What it is.
    public let specification: JunctionSpecification
    package let junction: Junction
    /// Whether its right neurons have an activation function by table (sigmoid, tanh, softmax).
    public let hasTable: Bool

    package init(
        _ specification: JunctionSpecification, _ junction: Junction, hasTable: Bool
    ) {
        self.specification = specification
        self.junction = junction
        self.hasTable = hasTable
    }

    /// Left neurons.
    public var inputs: Int { junction.form.inputs }
    /// Right neurons.
    public var outputs: Int { junction.form.outputs }
    /// Weight values that are kept and learned, biases not counted.
    public var weightCount: Int { junction.form.weightCount }
}

/// A line of a configuration.
public struct DeviceSetting: Equatable, Sendable {
    /// The table: `learning`.
    public let section: String
    /// `rate`
    public let key: String
    /// As TOML has it.
    public let value: String

    /// See the properties.
    public init(section: String, key: String, value: String) {
        self.section = section
        self.key = key
        self.value = value
    }
}

/// A network as a device sees it.
public struct DeviceNetwork: Equatable, Sendable {
    /// From the input.
    public let junctions: [DeviceJunction]
    /// Bits of one input as it arrives: 8 for pixels; the input banks are so wide at most.
    public let inputBits: Int
    /// When each operation runs.
    public let schedule: Schedule
    /// Whether every weight has a velocity.
    public let hasMomentum: Bool
    /// What fixed point needs besides the numbers of its junctions: a rate that is a power of two,
    /// activations that it has. Empty where all is so; nil where no line makes it so.
    public let fixedPointSettings: [DeviceSetting]?

    /// A network of at least one junction.
    public init(
        junctions: [DeviceJunction], inputBits: Int, schedule: Schedule, hasMomentum: Bool,
        fixedPointSettings: [DeviceSetting]? = []
    ) {
        precondition(!junctions.isEmpty, "a network has a junction")
        self.junctions = junctions
        self.inputBits = inputBits
        self.schedule = schedule
        self.hasMomentum = hasMomentum
        self.fixedPointSettings = fixedPointSettings
    }
}
