// The query door: predictions on the newest durable generation, and the read-only control
// requests. A prediction never waits for the learner: its weights are in a pinned slot.

import MillraceProtocol
import Messaging

extension NetworkLoop {
    func takeQuery(
        _ header: FrameHeader, _ body: UnsafeRawBufferPointer, _ peer: Peer
    ) throws(FrameError) {
        switch header.type {
        case .predict:
            guard keeper.may(visitor, .query) else {
                let error = refusal(.noRightForFrame, .query)
                counters.count(error.reason)
                return sendQueryRefused(
                    .query, peer, request: header.sequence, error.reason,
                    "predictions need the right query")
            }
            predict(header, body, peer)
        case .request: takeRequest(header, body, peer, door: .query)
        default: throw FrameError(.unknownType)
        }
    }

    func takeAdmin(
        _ header: FrameHeader, _ body: UnsafeRawBufferPointer, _ peer: Peer
    ) throws(FrameError) {
        guard header.type == .request else { throw FrameError(.unknownType) }
        takeRequest(header, body, peer, door: .admin)
    }

    private func predict(_ header: FrameHeader, _ body: UnsafeRawBufferPointer, _ peer: Peer) {
        counters.queries &+= 1
        var refusedIndex: Int?
        do throws(FrameError) {
            let view = try SamplesView(
                header, body, schema: schema, maxBatch: settings.maximumBatch)
            guard let pin = answering() else { throw FrameError(.notReady) }
            guard
                let reply = PredictionEncoder(
                    count: view.count, request: view.sequence, generation: pin.generation,
                    outputCount: schema.outputCount,
                    cost: view.wantsCost ? queryCost(view.count) : nil, into: memory.send)
            else { throw FrameError(.oversize) }
            let section = UnsafeRawPointer(ring.learnerMemory(pin.slot))
            let outputs = UnsafeRawBufferPointer(
                start: memory.outputs, count: schema.outputCount * MemoryLayout<Float>.size)
            for index in 0..<view.count {
                let features = view.features(index)
                if let refusal = admission.refusal(features) {
                    refusedIndex = index
                    throw FrameError(refusal)
                }
                guard let base = features.baseAddress else { throw FrameError(.wrongWidth) }
                let classIndex = predictor.predict(
                    section: section, features: base, outputs: memory.outputs)
                reply.set(index, classIndex: classIndex, outputs: outputs)
            }
            counters.predictions &+= UInt64(view.count)
            send(.query, peer, reply.seal())
        } catch {
            counters.count(error.reason)
            let text = refusedIndex.map { "sample \($0) of the batch, counted from 0" } ?? ""
            sendQueryRefused(.query, peer, request: header.sequence, error.reason, text)
        }
    }

    func sendQueryRefused(
        _ door: Door, _ peer: Peer, request: UInt64, _ reason: RefusalReason, _ text: String
    ) {
        let message = QueryRefused(request: request, reason: reason, text: text)
        send(door, peer, message.encode(into: memory.send))
    }
}
