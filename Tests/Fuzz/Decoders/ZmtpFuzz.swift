// The stream of a connection, as the gate follows it before libzmq has it.
//
// An input is how to cut (one byte), how old the connection is (one), and the stream. What holds for
// every input: no trap; the verdict, and until it is bad where the stream stands and how many bytes
// of messages were counted, do not depend on the pieces; no more is counted than came.

import CMachine

enum ZmtpFuzz {
    static let target = FuzzTarget("zmtp", seeds: seeds, run: run)

    private static let mostMessageBytes: UInt64 = 4096 + 72

    /// What a stream comes to.
    private struct Outcome: Equatable {
        var verdict: Int32 = 0
        var counted: UInt64 = 0
        var fields: [UInt64] = []
    }

    private static func run(_ bytes: UnsafeRawBufferPointer) {
        var reader = InputReader(bytes)
        let cut = reader.byte()
        let age = UInt64(reader.byte()) * 1_000_000_000
        let stream = Array(reader.remaining)
        let whole = follow(stream, age) { _ in Int.max }
        promise(whole.counted <= UInt64(stream.count), "no more is counted than came")
        promise(follow(stream, age) { _ in 1 } == whole, "a byte at a time is the same")
        let pieces = follow(stream, age) { place in
            1 + (place &* (2 &* Int(cut) &+ 1) &+ Int(cut)) % 17
        }
        promise(pieces == whole, "pieces are the same")
    }

    /// Follows a stream in pieces; `size` says how long one is that begins at a place.
    private static func follow(
        _ bytes: [UInt8], _ age: UInt64, _ size: (Int) -> Int
    ) -> Outcome {
        var stream = zmtp_stream()
        var outcome = Outcome()
        var place = 0
        while place < bytes.count, outcome.verdict == 0 {
            let count = min(size(place), bytes.count - place)
            outcome.verdict = bytes.withUnsafeBufferPointer {
                zmtp_follow(
                    &stream, $0.baseAddress.map { $0 + place }, count, mostMessageBytes, age)
            }
            outcome.counted += stream.counted
            place += count
        }
        // Of a stream that is ended only the verdict counts.
        guard outcome.verdict == 0 else { return Outcome(verdict: outcome.verdict) }
        outcome.fields = [
            stream.left, stream.message, UInt64(stream.commands), UInt64(stream.parts),
            UInt64(stream.phase), UInt64(stream.position), UInt64(stream.is_encrypted),
        ]
        return outcome
    }

    // MARK: seeds

    private static func greeting(_ mechanism: String) -> [UInt8] {
        let name = Array(mechanism.utf8)
        return [0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0x7F, 3, 0] + name
            + [UInt8](repeating: 0, count: 52 - name.count)
    }

    private static func frame(_ flags: UInt8, _ body: [UInt8]) -> [UInt8] {
        guard body.count > 255 else { return [flags, UInt8(body.count)] + body }
        let length = (0..<8).reversed().map { UInt8(truncatingIfNeeded: body.count >> (8 * $0)) }
        return [flags | 2] + length + body
    }

    private static func command(_ name: String, _ data: [UInt8] = []) -> [UInt8] {
        frame(4, [UInt8(name.utf8.count)] + Array(name.utf8) + data)
    }

    private static func seeds() -> [[UInt8]] {
        let ready = command(
            "READY", Array("\u{B}Socket-Type".utf8) + [0, 0, 0, 6] + Array("DEALER".utf8))
        let ping = command("PING", [0, 60, 1, 2, 3])
        let null = greeting("NULL") + ready
        let curve =
            greeting("CURVE") + command("HELLO", [UInt8](repeating: 1, count: 194))
            + command("INITIATE", [UInt8](repeating: 2, count: 300))
        let text = [UInt8](repeating: 7, count: 300)
        return [
            null + ping + frame(0, text) + ping + frame(0, [1]) + command("PONG", [1]),
            null + frame(1, []) + frame(1, [1, 2]) + ping + frame(0, text),
            null + (0..<9).flatMap { _ in frame(1, []) },
            null + command("SUBSCRIBE", text), null + command("PING", [0]),
            null + [7] + frame(2, text).dropFirst(),
            curve + command("MESSAGE", text) + frame(0, text) + command("MESSAGE", [1]),
        ].map { [3, 0] + $0 }
    }
}
