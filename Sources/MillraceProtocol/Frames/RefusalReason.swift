// Why something was refused: the one table that NACK, QUERY_REFUSED, error replies and counters
// share. Numbers and names are stable (protocol/MILLRACE.md, "Reasons").

/// Why a frame, a sample or a request was refused.
public enum RefusalReason: UInt16, CaseIterable, Hashable, Sendable {
    case badMagic = 1
    case badVersion = 2
    case unknownType = 3
    case badChecksum = 4
    case shortBody = 5
    case longBody = 6
    case oversize = 7
    case wrongWidth = 8
    case wrongElementType = 9
    case notANumber = 10
    case infinite = 11
    case outOfBounds = 12
    case labelOutOfRange = 13
    case sequenceGap = 14
    case duplicate = 15
    case fenced = 16
    case unknownEpoch = 17
    case noCredit = 18
    case unknownProducer = 19
    case producerTableFull = 20
    case schemaMismatch = 21
    case readOnly = 22
    case unknownSample = 23
    case badName = 24
    case stopping = 25
    case badRequest = 26
    case notAllowed = 27
    case notReady = 28
    case notFound = 29
    case failed = 30
    case emptyBatch = 31
    case alreadyThere = 32

    /// The name in JSON and on the screen, as it is written in this table.
    public var name: String { "\(self)" }

    /// The reason with this name.
    public init?(name: String) {
        guard let found = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = found
    }

    /// What a producer does about it.
    public var kind: Kind {
        switch self {
        case .notANumber, .infinite, .outOfBounds, .labelOutOfRange, .unknownSample: .sample
        case .sequenceGap, .duplicate, .noCredit, .readOnly, .stopping, .notReady,
            .badChecksum:
            .retry
        default: .fatal
        }
    }

    /// The three ways to go on after a refusal.
    public enum Kind: Sendable {
        /// The named samples are refused for good; their numbers are consumed; go on.
        case sample
        /// Nothing was consumed; send again from the expected sequence, later if need be.
        case retry
        /// Sending the same again can never work; stop and say why.
        case fatal
    }
}

/// Why a foreign frame could not be taken.
public struct FrameError: Error, Equatable, Sendable {
    /// The reason to answer with.
    public let reason: RefusalReason
    /// - reason: the reason to answer with.
    public init(_ reason: RefusalReason) { self.reason = reason }
}

extension FrameError: CustomStringConvertible {
    /// The name of the reason.
    public var description: String { reason.name }
}
