// A frame as it comes from a socket: header, checksum, and the body of every type.
//
// What holds for every input: no trap; decode(encode(x)) == x; encoding what was decoded is
// stable, that is, once through both gives the same bytes as twice.

import MillraceProtocol

enum FrameFuzz {
    static let target = FuzzTarget("frame", mend: mend, run: run)

    /// Schemas against which SAMPLES, PREDICT and LABELS are judged.
    private static let schemas: [WireSchema] = WireElementType.allCases.flatMap { element in
        WireTask.allCases.flatMap { task in
            [1, 3, Int(Int32.max)].map { width in
                WireSchema(elementType: element, featureCount: width, outputCount: 2, task: task)
            }
        }
    }

    private static func run(_ bytes: UnsafeRawBufferPointer) {
        guard let (header, body) = try? Frame.decode(bytes) else { return }
        switch header.type {
        case .hello: check(header, body, Hello.decode) { $0.encode(into: $1) }
        case .welcome: check(header, body, Welcome.decode) { $0.encode(into: $1) }
        case .skip: check(header, body, Skip.decode) { $0.encode(into: $1) }
        case .flush: check(header, body, Flush.decode) { $0.encode(into: $1) }
        case .ack: check(header, body, Ack.decode) { $0.encode(into: $1) }
        case .nack: check(header, body, Nack.decode) { $0.encode(into: $1) }
        case .credit: check(header, body, Credit.decode) { $0.encode(into: $1) }
        case .reset: check(header, body, Reset.decode) { $0.encode(into: $1) }
        case .queryRefused: check(header, body, QueryRefused.decode) { $0.encode(into: $1) }
        case .prediction: checkPrediction(header, body)
        case .samples, .predict:
            for schema in schemas { checkSamples(header, body, schema) }
        case .labels:
            for schema in schemas { checkLabels(header, body, schema, frame: bytes) }
        case .request, .reply: checkControl(header, body)
        }
    }

    /// decode → encode → decode → encode: equal values, equal bytes.
    private static func check<Message: Equatable>(
        _ header: FrameHeader, _ body: UnsafeRawBufferPointer,
        _ decode: (FrameHeader, UnsafeRawBufferPointer) throws(FrameError) -> Message,
        _ encode: (Message, UnsafeMutableRawBufferPointer) -> Int
    ) {
        guard let message = try? decode(header, body) else { return }
        let first = written { encode(message, $0) }
        let second = first.withUnsafeBytes { bytes -> [UInt8] in
            guard let (header, body) = try? Frame.decode(bytes),
                let again = try? decode(header, body)
            else { fatalError("broken: what was encoded can be decoded") }
            // A text longer than a frame carries is cut by `encode`, so only its frame is stable.
            promise(again == message || body.count >= Nack.maxTextBytes, "decode(encode(x)) == x")
            return written { encode(again, $0) }
        }
        promise(first == second, "encode(decode(b)) is stable")
    }

    private static func written(_ encode: (UnsafeMutableRawBufferPointer) -> Int) -> [UInt8] {
        withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 8) { memory in
            let count = encode(memory)
            return Array(memory[..<count])
        }
    }

    private static func checkSamples(
        _ header: FrameHeader, _ body: UnsafeRawBufferPointer, _ schema: WireSchema
    ) {
        guard let view = try? SamplesView(header, body, schema: schema, maxBatch: 4096) else {
            return
        }
        guard
            let size = BatchEncoder.frameBytes(
                count: view.count, schema: schema, labelled: view.hasLabels)
        else { fatalError("broken: a frame that is there has a size") }
        promise(size == body.count + FrameHeader.byteCount, "the frame has the size of its rows")
        withUnsafeTemporaryAllocation(byteCount: size, alignment: 8) { memory in
            let made =
                header.type == .samples
                ? BatchEncoder(
                    samples: view.count, first: view.sequence, epoch: view.epoch, schema: schema,
                    labelled: view.hasLabels, into: memory)
                : BatchEncoder(
                    predict: view.count, request: view.sequence, schema: schema,
                    wantsCost: view.wantsCost, into: memory)
            guard let encoder = made else { fatalError("broken: what was decoded can be encoded") }
            for index in 0..<view.count {
                encoder.setFeatures(index, view.features(index))
                if let values = view.valueLabels(index), schema.task == .regression {
                    encoder.setValues(index, values)
                } else if view.hasLabels {
                    encoder.setClass(index, view.classLabel(index))
                }
            }
            _ = encoder.seal()
            let again = try? Frame.decode(UnsafeRawBufferPointer(memory))
            promise(again?.body.elementsEqual(body) == true, "a batch keeps its bytes")
            promise(again?.header.flags == header.flags, "a batch keeps its flags")
            promise(again?.header.sequence == header.sequence, "a batch keeps its numbers")
        }
    }

    private static func checkLabels(
        _ header: FrameHeader, _ body: UnsafeRawBufferPointer, _ schema: WireSchema,
        frame: UnsafeRawBufferPointer
    ) {
        guard let view = try? LabelsView(header, body, schema: schema, maxBatch: 4096) else {
            return
        }
        withUnsafeTemporaryAllocation(byteCount: frame.count, alignment: 8) { memory in
            guard
                let encoder = LabelsEncoder(
                    count: view.count, first: view.sequence, epoch: view.epoch, schema: schema,
                    into: memory)
            else { fatalError("broken: what was decoded can be encoded") }
            for index in 0..<view.count {
                encoder.setValues(index, sample: view.sample(index), view.valueLabels(index))
                _ = view.classLabel(index)
            }
            _ = encoder.seal()
            promise(memory.elementsEqual(frame), "labels keep their bytes")
        }
    }

    private static func checkPrediction(_ header: FrameHeader, _ body: UnsafeRawBufferPointer) {
        guard let view = try? PredictionView(header, body) else { return }
        // Rows without outputs may be many; the first and the last stand for them.
        var checksum = 0.0
        for index in view.count > 64 ? [0, view.count - 1] : Array(0..<view.count) {
            checksum += Double(view.classIndex(index))
            for output in 0..<min(view.outputCount, 16) {
                checksum += Double(view.output(index, output))
            }
            promise(view.outputs(index).count == view.outputCount * 4, "a row has its outputs")
        }
        blackHole(checksum)
    }

    private static func checkControl(_ header: FrameHeader, _ body: UnsafeRawBufferPointer) {
        withUnsafeTemporaryAllocation(
            byteCount: body.count + FrameHeader.byteCount, alignment: 8
        ) { memory in
            let count = ControlFrame.encode(
                header.type, request: header.sequence, json: body, into: memory)
            let again = try? Frame.decode(UnsafeRawBufferPointer(rebasing: memory[..<(count ?? 0)]))
            promise(again?.body.elementsEqual(body) == true, "JSON keeps its bytes")
            promise(again?.header.sequence == header.sequence, "a request keeps its number")
        }
    }

    /// Magic, version, length and checksum right, whatever else is mutated.
    private static func mend(_ bytes: UnsafeMutableRawBufferPointer) {
        guard bytes.count >= FrameHeader.byteCount else { return }
        bytes.storeBytes(of: FrameHeader.magic.littleEndian, as: UInt32.self)
        bytes[4] = FrameHeader.version
        let body = UInt32(bytes.count - FrameHeader.byteCount)
        bytes.storeBytes(of: body.littleEndian, toByteOffset: 24, as: UInt32.self)
        bytes.storeBytes(of: 0, toByteOffset: 28, as: UInt32.self)
        let checksum = CRC32C.checksum(UnsafeRawBufferPointer(bytes))
        bytes.storeBytes(of: checksum.littleEndian, toByteOffset: 28, as: UInt32.self)
    }
}

/// Keeps the optimiser from dropping reads whose result nobody needs.
@inline(never)
func blackHole<Value>(_ value: Value) {}
