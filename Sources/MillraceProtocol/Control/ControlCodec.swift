// Control structs to JSON and back, with FoundationEssentials' coders. Foreign JSON is measured
// before it is parsed: a limit on its length and on its nesting, since the parser recurses and
// this may be a thread with a small stack.
//
// Invariants: keys are sorted and slashes are not escaped, so that equal values are equal bytes;
// numbers that JSON does not have (NaN, infinity) are refused by `encode`, never written.

import FoundationEssentials

/// Why a control message could not be read or written.
public enum ControlError: Error, Equatable, Sendable {
    /// The value has a number that JSON does not have.
    case cannotEncode(String)
    /// Not JSON, or not the members that the command needs.
    case malformed(String)
    /// Longer than the limit.
    case oversize(bytes: Int, limit: Int)
    /// The other side said no; `reason` is nil when its name is not in our table.
    case refused(reason: RefusalReason?, message: String)
    /// Nested deeper than any control message is.
    case tooDeep(limit: Int)
}

extension ControlError: CustomStringConvertible {
    /// What is wrong, for a person; no full stop.
    public var description: String {
        switch self {
        case .cannotEncode(let why): "not a value of JSON: \(why)"
        case .malformed(let why): "not the JSON that is expected: \(why)"
        case .oversize(let bytes, let limit): "\(bytes) bytes of JSON, more than \(limit)"
        case .refused(let reason, let message): "\(reason?.name ?? "refused"): \(message)"
        case .tooDeep(let limit): "JSON nested deeper than \(limit)"
        }
    }
}

/// The member that every reply has.
private struct Outcome: Codable {
    var ok: Bool
}

/// JSON of control messages.
public enum ControlCodec {
    /// Longest REQUEST in bytes.
    public static let maxRequestBytes = 4096
    /// Longest REPLY in bytes.
    public static let maxReplyBytes = 4 << 20
    /// Deepest nesting of objects and arrays.
    public static let maxDepth = 16

    /// `value` as JSON with sorted keys.
    public static func encode(_ value: some Encodable) throws(ControlError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return [UInt8](try encoder.encode(value))
        } catch {
            throw .cannotEncode("\(error)")
        }
    }

    /// Reads a REQUEST.
    public static func decodeRequest(
        _ bytes: UnsafeRawBufferPointer
    ) throws(ControlError) -> ControlRequest {
        try decode(ControlRequest.self, bytes, limit: maxRequestBytes)
    }

    /// Reads a REPLY of a known kind; an error reply is thrown as `refused`.
    public static func decodeReply<Reply: ControlReply>(
        _ type: Reply.Type, _ bytes: UnsafeRawBufferPointer
    ) throws(ControlError) -> Reply {
        if try decode(Outcome.self, bytes, limit: maxReplyBytes).ok {
            return try decode(type, bytes, limit: maxReplyBytes)
        }
        let refusal = try decode(ErrorReply.self, bytes, limit: maxReplyBytes)
        throw .refused(
            reason: RefusalReason(name: refusal.error.reason), message: refusal.error.message)
    }

    /// Reads any Codable value of at most `limit` bytes.
    public static func decode<Value: Decodable>(
        _ type: Value.Type, _ bytes: UnsafeRawBufferPointer, limit: Int
    ) throws(ControlError) -> Value {
        guard bytes.count <= limit else { throw .oversize(bytes: bytes.count, limit: limit) }
        guard isShallow(bytes) else { throw .tooDeep(limit: maxDepth) }
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw .malformed(Self.words(error))
        }
    }

    /// What a decoder found wrong, and at which member.
    private static func words(_ error: any Error) -> String {
        func place(_ path: [any CodingKey]) -> String {
            path.isEmpty ? "" : " in " + path.map(\.stringValue).joined(separator: ".")
        }
        switch error as? DecodingError {
        case .keyNotFound(let key, let context):
            return "no \(key.stringValue)" + place(context.codingPath)
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            return "a value of another type" + place(context.codingPath)
        case .dataCorrupted(let context):
            return context.codingPath.isEmpty
                ? "no JSON" : "a value that cannot be" + place(context.codingPath)
        default: return "\(error)"
        }
    }

    /// Whether no object or array outside a string is nested deeper than `maxDepth`.
    private static func isShallow(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var depth = 0
        var inString = false
        var escaped = false
        for byte in bytes {
            switch (inString, byte) {
            case (true, _) where escaped: escaped = false
            case (true, UInt8(ascii: "\\")): escaped = true
            case (_, UInt8(ascii: "\"")): inString.toggle()
            case (false, UInt8(ascii: "{")), (false, UInt8(ascii: "[")): depth &+= 1
            case (false, UInt8(ascii: "}")), (false, UInt8(ascii: "]")): depth &-= 1
            default: break
            }
            if depth > maxDepth { return false }
        }
        return true
    }
}
