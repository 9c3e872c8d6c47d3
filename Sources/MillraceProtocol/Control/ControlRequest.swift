// REQUEST: one JSON object with a command and its arguments. `status`, `schema`, `generations`,
// `checkpoints` and `guard` are answered on the query socket and on the admin socket; everything that
// changes the daemon is answered on the admin socket only.

/// What a control request asks for.
public enum ControlCommand: String, Codable, CaseIterable, Sendable {
    case status
    case schema
    case generations
    case checkpoints
    case guardian = "guard"
    case rollback
    case hold
    case forget
    case checkpointSave
    case checkpointRestore
    case stop

    /// Whether only the admin socket takes it.
    public var needsAdmin: Bool {
        switch self {
        case .status, .schema, .generations, .checkpoints, .guardian: false
        case .rollback, .hold, .forget, .checkpointSave, .checkpointRestore, .stop: true
        }
    }
}

/// A control request; arguments that a command does not take are ignored.
public struct ControlRequest: Codable, Equatable, Sendable {
    /// What is asked for.
    public var command: ControlCommand
    /// rollback: the generation to go back to. hold: the generation to mark as proved good.
    public var generation: UInt64?
    /// checkpointSave: the name to give (absent: the daemon makes one). checkpointRestore: the
    /// name to take. forget: the producer.
    public var name: String?
    /// checkpointSave: whether a checkpoint of that name may be replaced (absent: it may not).
    public var replace: Bool?

    /// A request.
    public init(
        command: ControlCommand, generation: UInt64? = nil, name: String? = nil,
        replace: Bool? = nil
    ) {
        self.command = command
        self.generation = generation
        self.name = name
        self.replace = replace
    }
}
