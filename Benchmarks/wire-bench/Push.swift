// The producer's frames without the producer: SAMPLES frames of a .npy file, made before the clock
// runs, sent as fast as PUSH takes them.

import CZeroMQ
import MillraceProtocol
import SampleSources

/// Every row of the file in frames of at most `batch` rows, as `millrace stream` sends them.
private func makeFrames(path: String, batch: Int) throws -> [UnsafeRawBufferPointer] {
    let expected = ExpectedSchema(
        element: .f32, featureCount: 8, labels: .classIndices(classCount: 2, names: []))
    let source = try SourceCatalog.open(path, options: SourceOptions(expected: expected))
    let schema = WireSchema(
        elementType: .f32, featureCount: 8, outputCount: 2, task: .classification)
    var rows = SampleBatch(schema: source.schema)
    var frames: [UnsafeRawBufferPointer] = []
    var next = 0
    while case .samples(let count) = try source.read(from: next, count: batch, into: &rows) {
        let memory = makeBuffer(
            BatchEncoder.frameBytes(count: count, schema: schema, labelled: true) ?? 0)
        guard
            let encoder = BatchEncoder(
                samples: count, first: UInt64(next + 1), epoch: 1, schema: schema, labelled: true,
                into: memory)
        else { fail("a frame of \(count) samples cannot be made") }
        rows.features.withUnsafeBytes { encoder.featureMemory.copyMemory(from: $0) }
        for row in 0..<count { encoder.setClass(row, rows.classIndices[row]) }
        frames.append(UnsafeRawBufferPointer(rebasing: memory[..<encoder.seal()]))
        next += count
    }
    return frames
}

/// Sends `frames` frames of the file's rows, again from the first after the last.
func push(to endpoint: String, path: String, batch: Int, frames: Int) throws {
    let all = try makeFrames(path: path, batch: batch)
    guard !all.isEmpty else { fail("\(path) has no rows") }
    let socket = try BareSocket(ZMQ_PUSH)
    try socket.connect(endpoint)
    for index in 0..<frames { try socket.send(all[index % all.count]) }
    socket.finish()
    print("{\"frames\":\(frames)}")
}
