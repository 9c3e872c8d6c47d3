// Every REPLY is one JSON object with "ok". With true the rest is the reply's own struct, with
// false it is an ErrorReply.

/// A reply that a daemon encodes and a client decodes.
public protocol ControlReply: Codable, Equatable, Sendable {
    /// Always true; an ErrorReply says false.
    var ok: Bool { get }
}

/// `{"ok":false,"error":{"reason":…,"message":…}}`
public struct ErrorReply: Codable, Equatable, Sendable {
    /// The reason and a sentence.
    public struct Detail: Codable, Equatable, Sendable {
        /// A name from the table of reasons.
        public var reason: String
        /// One or two sentences: what, and why.
        public var message: String

        /// A reason with its sentence.
        public init(reason: String, message: String) {
            self.reason = reason
            self.message = message
        }
    }

    /// Always false.
    public var ok: Bool
    /// Why.
    public var error: Detail

    /// A refusal of a control request.
    public init(_ reason: RefusalReason, _ message: String) {
        ok = false
        error = Detail(reason: reason.name, message: message)
    }
}
