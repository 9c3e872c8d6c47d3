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
    /// Vectors per sample that it works, one after the other: the positions of a convolution, the
    /// steps of a recurrent layer. ≥ 1.
    public let uses: Int
    /// Where it stands inside a block; nil behind the blocks, and without any.
    public let place: DeviceBlockPlace?

    package init(
        _ specification: JunctionSpecification, _ junction: Junction, hasTable: Bool,
        uses: Int = 1, place: DeviceBlockPlace? = nil
    ) {
        precondition(uses > 0, "a junction is used")
        self.specification = specification
        self.junction = junction
        self.hasTable = hasTable
        self.uses = uses
        self.place = place
    }

    /// Left neurons.
    public var inputs: Int { junction.form.inputs }
    /// Right neurons.
    public var outputs: Int { junction.form.outputs }
    /// Weight values that are kept and learned, biases not counted.
    public var weightCount: Int { junction.form.weightCount }
}

/// Where a junction stands inside a block.
public struct DeviceBlockPlace: Equatable, Sendable {
    /// The block, from the input.
    public let block: Int
    /// Among the junctions of the block: `recurrent`; empty where there is one.
    public let name: String
    /// Whether what it reads entered the network, so that nobody wants its errors.
    public let readsInput: Bool

    /// See the properties.
    public init(block: Int, name: String, readsInput: Bool) {
        self.block = block
        self.name = name
        self.readsInput = readsInput
    }

    /// `block 3 recurrent`
    public var text: String { name.isEmpty ? "block \(block)" : "block \(block) \(name)" }
}

/// What a block holds on a device besides its junctions' parameters.
public struct DeviceBlock: Equatable, Sendable {
    /// `conv1d`
    public let kind: String
    /// Values that it reads: kept from FF to BP.
    public let inputs: Int
    /// Numbers that it keeps from FF to BP besides: gates and cells, places of largest values.
    public let kept: Int
    /// Channels that it normalises, each with γ and β; 0: none.
    public let scaledChannels: Int

    /// See the properties.
    public init(kind: String, inputs: Int, kept: Int, scaledChannels: Int = 0) {
        precondition(inputs > 0 && kept >= 0 && scaledChannels >= 0, "a block reads something")
        self.kind = kind
        self.inputs = inputs
        self.kept = kept
        self.scaledChannels = scaledChannels
    }
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
    /// From the input: those inside blocks, then the others.
    public let junctions: [DeviceJunction]
    /// Blocks between the input and the junctions that stand in none.
    public let blocks: [DeviceBlock]
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
        fixedPointSettings: [DeviceSetting]? = [], blocks: [DeviceBlock] = []
    ) {
        precondition(!junctions.isEmpty, "a network has a junction")
        precondition(blocks.isEmpty || schedule == .sequential, "blocks have no pipeline")
        self.blocks = blocks
        self.junctions = junctions
        self.inputBits = inputBits
        self.schedule = schedule
        self.hasMomentum = hasMomentum
        self.fixedPointSettings = fixedPointSettings
    }

    /// Junctions that stand in blocks.
    var blockJunctionCount: Int { junctions.count { $0.place != nil } }

    /// What junction `index` is called: `block 3 recurrent`, and behind the blocks, where counting
    /// starts again, `junction 0`.
    public func name(_ index: Int) -> String {
        junctions[index].place?.text ?? "junction \(index - blockJunctionCount)"
    }

    /// Whether what junction `index` reads entered the network.
    func readsInput(_ index: Int) -> Bool {
        junctions[index].place?.readsInput ?? (index == 0 && blocks.isEmpty)
    }
}
