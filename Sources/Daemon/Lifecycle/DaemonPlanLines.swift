// The lines of a daemon's plan, by what they are for; the order of a table is theirs.

import Accelerator
import Learning
import MillraceProtocol
import WeightStore

extension DaemonPlan {
    /// What a generation is made of and kept in, besides the learner section.
    static func stateLines(
        _ layout: LearnerLayout, _ stream: StreamLayout, _ geometry: RingGeometry,
        _ settings: DaemonSettings
    ) -> [MemoryLine] {
        [
            MemoryLine(
                owner: "stream section", detail: "\(settings.maximumProducers) producers",
                bytes: stream.section.byteCount),
            MemoryLine(
                owner: "generation ring", unitCount: geometry.totalSlots, unit: "slots",
                unitBytes: geometry.memoryBytes / geometry.totalSlots,
                setting: MemorySetting(
                    key: "ring.slots", lowest: RingGeometry.slotCountRange.lowerBound,
                    fixedUnits: geometry.heldCount)),
            MemoryLine(
                owner: "restore staging", detail: "one learner section",
                bytes: layout.section.byteCount),
        ]
    }

    /// What learner, predictor and guard calculate in.
    static func workLines(_ layout: LearnerLayout, _ schema: WireSchema) -> [MemoryLine] {
        let blockBytes = layout.blockLines.reduce(0) { $0 + $1.bytes }
        var lines = [
            MemoryLine(
                owner: "activations", detail: "learner and predictor",
                bytes: layout.workspaceBytes + layout.predictorWorkspaceBytes
                    - layout.junctionWorkBytes - blockBytes + outputBytes(schema))
        ]
        lines += layout.blockLines
        if layout.junctionWorkBytes > 0 {
            lines.append(
                MemoryLine(
                    owner: "junction work", detail: "tables from seeds, views, transforms",
                    bytes: layout.junctionWorkBytes))
        }
        lines.append(
            MemoryLine(
                owner: "guard", detail: "compares two generations", bytes: guardBytes(layout)))
        return lines
    }

    /// What those who connect can make this process hold.
    static func connectionLines(_ settings: DaemonSettings, _ schema: WireSchema) -> [MemoryLine] {
        let frameBytes = frameBytes(settings, schema)
        var lines = [
            MemoryLine(
                owner: "frames", detail: "one received, one to send", bytes: 2 * frameBytes),
            MemoryLine(
                owner: "messages", unitCount: settings.maximumPeers, unit: "peers",
                unitBytes: settings.waitingBytesPerPeer,
                setting: MemorySetting(key: "daemon.max-peers", lowest: 1)),
            MemoryLine(
                owner: "overshoot", detail: "let in before somebody is cut",
                bytes: settings.overshootBytes),
            MemoryLine(
                owner: "answers", unitCount: AnswerBook.poolFrames, unit: "not taken yet",
                unitBytes: frameBytes),
            MemoryLine(
                owner: "connections", unitCount: settings.openConnections, unit: "sockets",
                unitBytes: connectionBytes),
            MemoryLine(
                owner: "connection guard", detail: "tables, fixed at the start",
                bytes: ConnectionGuard.bytes(settings)),
        ]
        if settings.hasKeys {
            lines.append(
                MemoryLine(
                    owner: "keys", detail: "\(ClientTable.mostClients) clients at most, twice",
                    bytes: ClientTable.bytes + ConnectionRoster.standardBytes))
        }
        lines.append(MemoryLine(owner: "control messages", detail: "JSON", bytes: controlBytes))
        return lines
    }
}
