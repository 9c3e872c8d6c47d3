// Decodes whatever a frame is and touches every byte that a decoder hands out: what a receiver
// with no mercy would do. Used by the golden, truncation and mutation tests.

import MillraceProtocol

enum AnyFrame {
    /// Decodes `bytes` completely; nil when it was taken, otherwise the reason of the refusal.
    /// `touched` gets a sum over all values so that nothing is optimised away.
    static func refusal(
        _ bytes: UnsafeRawBufferPointer, schema: WireSchema, maxBatch: UInt32,
        touched: inout UInt64
    ) -> RefusalReason? {
        do {
            let (header, body) = try Frame.decode(bytes, limit: 1 << 20)
            try open(header, body, schema, maxBatch, &touched)
            return nil
        } catch {
            return error.reason
        }
    }

    private static func open(
        _ header: FrameHeader, _ body: UnsafeRawBufferPointer, _ schema: WireSchema,
        _ maxBatch: UInt32, _ touched: inout UInt64
    ) throws(FrameError) {
        switch header.type {
        case .hello: touched &+= UInt64(try Hello.decode(header, body).name.count)
        case .welcome: touched &+= UInt64(try Welcome.decode(header, body).schema.featureCount)
        case .samples, .predict:
            let view = try SamplesView(header, body, schema: schema, maxBatch: maxBatch)
            for index in 0..<view.count {
                touched &+= sum(view.features(index))
                touched &+= UInt64(bitPattern: Int64(view.classLabel(index)))
                view.valueLabels(index).map { touched &+= sum($0) }
            }
        case .labels:
            let view = try LabelsView(header, body, schema: schema, maxBatch: maxBatch)
            for index in 0..<view.count {
                touched &+= view.sample(index) &+ sum(view.valueLabels(index))
            }
        case .skip: touched &+= UInt64(try Skip.decode(header, body).count)
        case .flush: touched &+= try Flush.decode(header, body).request
        case .ack:
            let ack = try Ack.decode(header, body)
            touched &+= ack.durable &+ (ack.cost?.clocks ?? 0)
        case .nack: touched &+= UInt64(try Nack.decode(header, body).text.utf8.count)
        case .credit: touched &+= try Credit.decode(header, body).limit
        case .reset: _ = try Reset.decode(header, body)
        case .prediction:
            let view = try PredictionView(header, body)
            touched &+= view.cost?.energy ?? 0
            for index in 0..<view.count {
                touched &+= UInt64(bitPattern: Int64(view.classIndex(index)))
                touched &+= sum(view.outputs(index))
            }
        case .queryRefused: touched &+= UInt64(try QueryRefused.decode(header, body).text.count)
        case .request, .reply: touched &+= sum(body)
        }
    }

    private static func sum(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        bytes.reduce(0) { $0 &+ UInt64($1) }
    }
}
