// Actions: what units and memories do, counted. Energies are in a table and never mix with counts
// (as in Accelergy).

/// What a device memory holds.
public enum DeviceMemoryOwner: String, Equatable, Hashable, Sendable, CaseIterable {
    case weights, biases, activations, derivatives, errors, velocities, views, spectra
}

/// One kind of work of a unit or a memory.
public enum ActionKind: Equatable, Hashable, Sendable {
    case multiply
    case add
    /// Two numbers against each other: converters, SORE, ReLU.
    case compare
    /// An activation function by table.
    case lookUp
    /// One bit with one bit.
    case bitAnd
    /// The ones of an L-bit word.
    case countOnes
    case shift
    /// One random number.
    case draw
    /// One word out of an on-chip memory.
    case read(DeviceMemoryOwner)
    /// One word into an on-chip memory.
    case write(DeviceMemoryOwner)
}

/// An action on numbers of a width.
public struct Action: Equatable, Hashable, Sendable {
    /// What is done.
    public let kind: ActionKind
    /// Of one number, in bits.
    public let bits: Int
    /// Whether the number is in floating point.
    public let isFloat: Bool

    /// An action on numbers of `bits` bits.
    public init(_ kind: ActionKind, bits: Int, isFloat: Bool = false) {
        self.kind = kind
        self.bits = bits
        self.isFloat = isFloat
    }

    /// Whether it is an access to a memory.
    public var isAccess: Bool {
        switch kind {
        case .read, .write: true
        default: false
        }
    }
}

/// How often each action is done. Order does not matter; actions that are not done are absent.
public struct ActionCounts: Equatable, Sendable {
    /// Actions that are done, and how often.
    public private(set) var counts: [Action: Int] = [:]

    /// Nothing is done.
    public init() {}

    /// How often `action` is done.
    public subscript(_ action: Action) -> Int { counts[action] ?? 0 }

    /// `count` times `action`; 0 leaves no trace.
    public mutating func add(_ action: Action, _ count: Int) {
        precondition(count >= 0, "an action is done or not: \(action)")
        if count > 0 { counts[action, default: 0] += count }
    }

    /// All of `other`, `times` times.
    public mutating func add(_ other: ActionCounts, times: Int = 1) {
        for (action, count) in other.counts { add(action, count * times) }
    }

    /// Reads and writes of memories, in words.
    public var accesses: Int { counts.reduce(0) { $0 + ($1.key.isAccess ? $1.value : 0) } }

    /// Multiplications of any width.
    public var multiplications: Int {
        counts.reduce(0) { $0 + ($1.key.kind == .multiply ? $1.value : 0) }
    }
}
