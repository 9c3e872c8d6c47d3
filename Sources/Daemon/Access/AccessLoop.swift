// The access thread: answers libzmq's questions of who may come in, and gives the connection guard
// its turns. It never waits for another loop, so a door that is busy keeps nobody out.
//
// Invariants:
//   - made before the doors are: the handler's endpoint is there when the first connection comes;
//   - everything it decides, it decides on the table that is in force at that moment.

import Messaging
import MillraceProtocol
import Platform
import Synchronization

/// The access thread's work, one turn at a time. Handed to its thread once, used there alone,
/// except `stop`.
public final class AccessLoop: @unchecked Sendable {
    /// Ends the wait of this thread for more than requests; add before the thread starts.
    public let poller = Poller()
    /// The connection guard's turn; returns how many milliseconds it may be left alone, -1 for
    /// ever. Set before the thread starts.
    public var connectionTurn: (() -> Int)?
    /// The keys; nil in a daemon without any.
    public let board: AccessBoard?

    private let handler: ZapHandler?
    private let wakeUp = WakeUp()
    private let isEnding = Atomic<Bool>(false)
    private let turnCount = Atomic<UInt64>(0)

    /// Turns so far; from any thread.
    public var turns: UInt64 { turnCount.load(ordering: .relaxed) }

    /// Requests answered in one turn, so that the guard gets its turns under a flood.
    static let requestsPerTurn = 32

    /// Binds the handler's endpoint; nothing is answered before `run` or `turn`.
    /// - board: the keys; nil makes a thread for the connection guard alone.
    public init(_ context: MessagingContext, board: AccessBoard?) throws(MessagingError) {
        self.board = board
        handler = board == nil ? nil : try ZapHandler(context)
        if let handler { poller.add(handler) }
        poller.add(fileDescriptor: wakeUp.fileDescriptor)
    }

    /// Answers what waits. Returns how many milliseconds may pass before the next turn, -1 for
    /// ever, unless something comes.
    public func turn() -> Int {
        var hasMore = false
        if let handler, let board {
            let clients = board.clients
            var count = 0
            while count < Self.requestsPerTurn,
                handler.answerNext({ Self.decide($0, clients, board) })
            {
                count += 1
            }
            hasMore = count == Self.requestsPerTurn
        }
        let rest = connectionTurn?() ?? -1
        turnCount.add(1, ordering: .relaxed)
        return hasMore ? 0 : rest
    }

    /// Runs turns until `stop`.
    public func run() {
        while !isEnding.load(ordering: .acquiring) {
            poller.wait(milliseconds: turn())
            wakeUp.awake()
        }
    }

    /// Ends `run`; from any thread.
    public func stop() {
        isEnding.store(true, ordering: .releasing)
        wakeUp.callAlways()
    }

    /// Gives the thread a turn soon; from any thread.
    public func call() { wakeUp.callAlways() }

    /// Stops answering, as if the thread had died: from now on nobody comes in. For tests.
    package func closeHandler() { handler?.close() }

    private static func decide(
        _ request: ZapRequest?, _ clients: ClientTable, _ board: AccessBoard
    ) -> ZapVerdict {
        guard let request else {
            board.note(.malformed, door: "", address: "", client: nil)
            return .failed
        }
        do throws(HandshakeRefusal) {
            let client = try judge(request, clients)
            board.noteAdmission()
            return .admitted(client.key)
        } catch {
            board.note(
                error.reason, door: request.domain, address: request.address, client: error.client)
            return .refused
        }
    }

    /// Whom a request lets in.
    package static func judge(
        _ request: ZapRequest, _ clients: ClientTable
    ) throws(HandshakeRefusal) -> Client {
        guard let door = Door(name: request.domain) else { throw HandshakeRefusal(.unknownDoor) }
        guard request.mechanism == "CURVE" else { throw HandshakeRefusal(.mechanism) }
        guard let key = request.key else { throw HandshakeRefusal(.credential) }
        guard let client = clients.search(key) else { throw HandshakeRefusal(.unlistedKey) }
        guard !client.rights.isDisjoint(with: door.rights) else {
            throw HandshakeRefusal(.noRightAtDoor, client)
        }
        return client
    }
}

/// Why a connection is not let in.
package struct HandshakeRefusal: Error, Equatable {
    /// The reason.
    package let reason: AccessRefusal
    /// Whose key it is, when the daemon knows it.
    package let client: Client?

    init(_ reason: AccessRefusal, _ client: Client? = nil) {
        self.reason = reason
        self.client = client
    }
}
