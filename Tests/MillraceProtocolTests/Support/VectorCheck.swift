// One vector: what it decodes to is compared with the index, and encoded again.

import MillraceProtocol
import Testing

struct VectorCheck {
    let fields: GoldenIndex.Fields

    /// Compares the decoded frame with the fields; returns the bytes of encoding it again.
    func roundTrip(_ header: FrameHeader, _ body: UnsafeRawBufferPointer) throws -> [UInt8] {
        switch header.type {
        case .hello: try hello(header, body)
        case .welcome: try welcome(header, body)
        case .samples: try samples(header, body)
        case .predict: try predict(header, body)
        case .labels: try labels(header, body)
        case .prediction: try prediction(header, body)
        case .nack: try nack(header, body)
        case .queryRefused: try queryRefused(header, body)
        case .request, .reply: try control(header, body)
        case .skip, .flush, .ack, .credit, .reset: try small(header, body)
        }
    }

    private func encoded(_ write: (UnsafeMutableRawBufferPointer) throws -> Int) rethrows
        -> [UInt8]
    {
        // Dirty memory: every byte of the frame must be written by the encoder.
        var memory = [UInt8](repeating: 0xA5, count: 4096)
        let count = try memory.withUnsafeMutableBytes(write)
        return Array(memory[..<count])
    }

    private func hello(_ header: FrameHeader, _ body: UnsafeRawBufferPointer) throws -> [UInt8] {
        let hello = try Hello.decode(header, body)
        #expect(hello.name.text == fields.name)
        #expect(hello.epoch == fields.epoch)
        #expect(Hexadecimal.digits(hello.schemaDigest) == fields.digest)
        #expect(hello.wantsCost == fields.wantsCost ?? false)
        return encoded(hello.encode)
    }

    private func welcome(_ header: FrameHeader, _ body: UnsafeRawBufferPointer) throws -> [UInt8] {
        let welcome = try Welcome.decode(header, body)
        #expect(welcome.epoch == fields.epoch)
        #expect(welcome.next == fields.next)
        #expect(welcome.durable == fields.durable)
        #expect(welcome.limit == fields.limit)
        #expect(welcome.generation == fields.generation)
        #expect(welcome.maxBatch == fields.maxBatch)
        #expect(welcome.schema == fields.schema?.wire)
        #expect(Hexadecimal.digits(welcome.schema.digest) == fields.digest)
        #expect(welcome.schemaDigest == welcome.schema.digest)
        #expect(welcome.cost == fields.deviceCost)
        return encoded(welcome.encode)
    }

    private func samples(_ header: FrameHeader, _ body: UnsafeRawBufferPointer) throws -> [UInt8] {
        let schema = try #require(fields.schema?.wire)
        let view = try SamplesView(header, body, schema: schema)
        #expect(view.sequence == fields.first)
        #expect(view.epoch == fields.epoch)
        #expect(view.hasLabels == (fields.classes != nil || fields.targets != nil))
        let rows = (0..<view.count).map { Self.values(view.features($0), schema.elementType) }
        #expect(rows == fields.features)
        if let classes = fields.classes {
            #expect((0..<view.count).map(view.classLabel) == classes)
        } else {
            #expect((0..<view.count).allSatisfy { view.classLabel($0) == -1 })
        }
        return try encoded { memory in
            let batch = try #require(
                BatchEncoder(
                    samples: view.count, first: view.sequence, epoch: view.epoch,
                    schema: schema, labelled: view.hasLabels, into: memory))
            for index in 0..<view.count {
                batch.setFeatures(index, view.features(index))
                if fields.classes != nil { batch.setClass(index, view.classLabel(index)) }
                guard let target = fields.targets?[index] else { continue }
                let bytes = try #require(view.valueLabels(index))
                #expect(Self.values(bytes, .f32) == target)
                batch.setValues(index, bytes)
            }
            return batch.seal()
        }
    }

    private func predict(_ header: FrameHeader, _ body: UnsafeRawBufferPointer) throws -> [UInt8] {
        let schema = try #require(fields.schema?.wire)
        let view = try SamplesView(header, body, schema: schema)
        let rows = (0..<view.count).map { Self.values(view.features($0), schema.elementType) }
        #expect(rows == fields.features)
        #expect(view.wantsCost == fields.wantsCost ?? false)
        return try encoded { memory in
            let batch = try #require(
                BatchEncoder(
                    predict: view.count, request: view.sequence, schema: schema,
                    wantsCost: view.wantsCost, into: memory))
            batch.featureMemory.copyMemory(from: view.allFeatures)
            return batch.seal()
        }
    }

    private func labels(_ header: FrameHeader, _ body: UnsafeRawBufferPointer) throws -> [UInt8] {
        let schema = try #require(fields.schema?.wire)
        let view = try LabelsView(header, body, schema: schema)
        #expect(view.sequence == fields.first)
        #expect(view.epoch == fields.epoch)
        #expect((0..<view.count).map(view.sample) == fields.samples)
        return try encoded { memory in
            let batch = try #require(
                LabelsEncoder(
                    count: view.count, first: view.sequence, epoch: view.epoch, schema: schema,
                    into: memory))
            for index in 0..<view.count {
                if let label = fields.classes?[index] {
                    #expect(view.classLabel(index) == label)
                    batch.setClass(index, sample: view.sample(index), label)
                } else {
                    #expect(Self.values(view.valueLabels(index), .f32) == fields.targets?[index])
                    batch.setValues(index, sample: view.sample(index), view.valueLabels(index))
                }
            }
            return batch.seal()
        }
    }

    private func prediction(
        _ header: FrameHeader, _ body: UnsafeRawBufferPointer
    ) throws -> [UInt8] {
        let view = try PredictionView(header, body)
        #expect(view.request == fields.request)
        #expect(view.generation == fields.generation)
        #expect((0..<view.count).map(view.classIndex) == fields.classes)
        let rows = (0..<view.count).map { index in
            (0..<view.outputCount).map { Double(view.output(index, $0)) }
        }
        #expect(rows == fields.outputs)
        #expect(view.cost == fields.deviceCost)
        return try encoded { memory in
            let batch = try #require(
                PredictionEncoder(
                    count: view.count, request: view.request, generation: view.generation,
                    outputCount: view.outputCount, cost: view.cost, into: memory))
            for index in 0..<view.count {
                batch.set(
                    index, classIndex: view.classIndex(index), outputs: view.outputs(index))
            }
            return batch.seal()
        }
    }

    private func nack(_ header: FrameHeader, _ body: UnsafeRawBufferPointer) throws -> [UInt8] {
        let nack = try Nack.decode(header, body)
        #expect(nack.epoch == fields.epoch)
        #expect(nack.expected == fields.expected)
        #expect(nack.reason.rawValue == fields.reason)
        #expect(nack.count == fields.count)
        #expect(nack.first == fields.first)
        #expect(nack.text == fields.text)
        return encoded(nack.encode)
    }

    private func queryRefused(
        _ header: FrameHeader, _ body: UnsafeRawBufferPointer
    ) throws -> [UInt8] {
        let refused = try QueryRefused.decode(header, body)
        #expect(refused.request == fields.request)
        #expect(refused.reason.rawValue == fields.reason)
        #expect(refused.text == fields.text)
        return encoded(refused.encode)
    }

    private func control(_ header: FrameHeader, _ body: UnsafeRawBufferPointer) throws -> [UInt8] {
        #expect(header.sequence == fields.request)
        #expect(String(decoding: body, as: UTF8.self) == fields.json)
        return try encoded { memory in
            try #require(
                ControlFrame.encode(
                    header.type, request: header.sequence, json: body, into: memory))
        }
    }

    private func small(_ header: FrameHeader, _ body: UnsafeRawBufferPointer) throws -> [UInt8] {
        switch header.type {
        case .skip:
            let skip = try Skip.decode(header, body)
            #expect(skip.first == fields.first && skip.count == fields.count)
            return encoded(skip.encode)
        case .flush:
            let flush = try Flush.decode(header, body)
            #expect(flush.request == fields.request && flush.epoch == fields.epoch)
            return encoded(flush.encode)
        case .ack:
            let ack = try Ack.decode(header, body)
            #expect(ack.durable == fields.durable && ack.limit == fields.limit)
            #expect(ack.generation == fields.generation && ack.epoch == fields.epoch)
            #expect(ack.cost == fields.deviceCost)
            return encoded(ack.encode)
        case .credit:
            let credit = try Credit.decode(header, body)
            #expect(credit.next == fields.next && credit.limit == fields.limit)
            return encoded(credit.encode)
        default:
            return encoded(try Reset.decode(header, body).encode)
        }
    }

    /// The elements of a row as doubles (exact for every element type).
    static func values(_ bytes: UnsafeRawBufferPointer, _ type: WireElementType) -> [Double] {
        stride(from: 0, to: bytes.count, by: type.bytes).map { at in
            switch type {
            case .u8: Double(bytes[at])
            case .i16: Double(bytes.loadUnaligned(fromByteOffset: at, as: Int16.self))
            case .f32: Double(bytes.loadUnaligned(fromByteOffset: at, as: Float.self))
            }
        }
    }
}
