// What a person is told when something does not work: WHAT happened, WHY, and what to TRY; and
// the exit code that tells a script the same. All of Client throws this one type.

/// Exit codes of `millrace`, from sysexits.h.
public enum ExitStatus: Int32, Sendable {
    case success = 0
    case usage = 64
    case badData = 65
    case noInput = 66
    case unreachable = 69
    case internalError = 70
    case cannotCreate = 73
    case inputOutput = 74
    case tryAgain = 75
    case protocolMismatch = 76
    case notAllowed = 77
    case badConfiguration = 78
}

/// A failure as people and scripts see it.
public struct ClientError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The exit code.
    public var status: ExitStatus
    /// What happened, without a full stop.
    public var what: String
    /// Why, without a full stop; empty when `what` says it all.
    public var why: String
    /// The command or the change that helps; empty when nothing is known.
    public var advice: String

    /// A failure; parts that are not known are left out.
    public init(_ status: ExitStatus, _ what: String, why: String = "", advice: String = "") {
        self.status = status
        self.what = what
        self.why = why
        self.advice = advice
    }

    /// `WHAT. WHY. TRY: command`
    public var description: String {
        var text = Self.sentence(what)
        if !why.isEmpty { text += " " + Self.sentence(why) }
        if !advice.isEmpty { text += " TRY: " + advice }
        return text
    }

    private static func sentence(_ text: String) -> String {
        guard let last = text.last, !".!?".contains(last) else { return text }
        return text + "."
    }
}
