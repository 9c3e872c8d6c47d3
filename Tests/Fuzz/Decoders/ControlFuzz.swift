// Control JSON: requests, and every kind of reply. The first byte says which type is read, so that
// one corpus serves all of them.
//
// What holds for every input: no trap; what was decoded can be encoded; decode(encode(x)) == x;
// equal values are equal bytes.

import MillraceProtocol

enum ControlFuzz {
    static let target = FuzzTarget("control", run: run)

    private static func run(_ bytes: UnsafeRawBufferPointer) {
        guard let kind = bytes.first else { return }
        let json = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
        switch kind & 15 {
        case 0: check(json) { bytes throws(ControlError) in try ControlCodec.decodeRequest(bytes) }
        case 1: check(json, reply(StatusReply.self))
        case 2: check(json, reply(SchemaReply.self))
        case 3: check(json, reply(GenerationsReply.self))
        case 4: check(json, reply(RollbackReply.self))
        case 5: check(json, reply(HoldReply.self))
        case 6: check(json, reply(CheckpointReply.self))
        case 7: check(json, reply(CheckpointsReply.self))
        case 8: check(json, reply(StopReply.self))
        case 9: check(json, reply(ForgetReply.self))
        default:
            check(json) { bytes throws(ControlError) in
                try ControlCodec.decode(ErrorReply.self, bytes, limit: 4096)
            }
        }
    }

    private static func reply<Reply: ControlReply>(
        _ type: Reply.Type
    ) -> (UnsafeRawBufferPointer) throws(ControlError) -> Reply {
        { bytes throws(ControlError) in try ControlCodec.decodeReply(type, bytes) }
    }

    private static func check<Value: Codable & Equatable>(
        _ json: UnsafeRawBufferPointer,
        _ decode: (UnsafeRawBufferPointer) throws(ControlError) -> Value
    ) {
        guard let value = try? decode(json) else { return }
        guard let text = try? ControlCodec.encode(value) else {
            fatalError("broken: what was decoded can be encoded")
        }
        let again = text.withUnsafeBytes { try? decode($0) }
        promise(again == value, "decode(encode(x)) == x")
        promise((try? ControlCodec.encode(again)) == text, "equal values are equal bytes")
        if let reply = value as? SchemaReply { blackHole(reply.wireSchema) }
        if let status = value as? StatusReply { blackHole(status.producers.map(\.balances)) }
    }
}
