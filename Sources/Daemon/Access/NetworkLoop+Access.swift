// Keys at the doors: which frames are taken, and what ends with a key.

import Messaging
import MillraceProtocol

extension NetworkLoop {
    /// Whether the frame's sender may come in at all; what it may do there is asked later. Leaves
    /// in `visitor` who it is.
    func admit(_ door: Door, _ origin: FrameOrigin, _ peer: Peer) -> Bool {
        // Before each frame: a key that was removed a moment ago is refused now.
        if keeper.refresh() { endUnwelcomeSessions() }
        do throws(AccessRefusalError) {
            visitor = try keeper.visitor(door, origin, peer)
            return true
        } catch {
            note(error.reason, door, key: origin.user)
            if let session = sessions.find(peer) { sessions.free(session) }
            refuse(door, peer, .notAllowed)
            if error.reason.endsConnection { cutSoon() }
            return false
        }
    }

    /// Refuses the frame that is being taken, for who sent it.
    func refusal(_ reason: AccessRefusal, _ door: Door) -> FrameError {
        note(reason, door, key: keeper.key(visitor))
        return FrameError(.notAllowed)
    }

    /// The session of `peer`, if it is the visitor's. A peer that took over the routing id of
    /// another connection has the session of another; that one ends.
    func ownSession(_ peer: Peer) -> Int? {
        guard let index = sessions.find(peer) else { return nil }
        if sessions[index].key == keeper.key(visitor) { return index }
        note(.foreignSession, .ingest, key: keeper.key(visitor))
        sessions.free(index)
        return nil
    }

    /// Another table is in force: sessions that it does not allow end, and connections with them.
    func endUnwelcomeSessions() {
        for index in sessions.indices where sessions[index].state != .free {
            let session = sessions[index]
            if keeper.maySession(session.key, producers[session.producer].name) { continue }
            counters.count(.notAllowed)
            sendNack(session.peer, session: index, .notAllowed)
            sessions.free(index)
        }
        cutSoon()
    }

    private func note(_ reason: AccessRefusal, _ door: Door, key: CurvePublicKey?) {
        keeper.board?.note(
            reason, door: door.name, address: "", client: key.flatMap { keeper.clients[$0] })
    }
}
