// The machine's own speed over the same bytes, which no kernel can beat: a read that does as
// little as possible with what it reads, and an update in place. And the rows of the table.

import Arithmetic
import Glibc
import Kernels

/// Reads, and updates in place, `bytes` of memory (a multiple of 8).
func measureStreams(bytes: Int) -> [Row] {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 4096)
    defer { memory.deallocate() }
    memory.initializeMemory(as: UInt8.self, repeating: 1, count: bytes)
    let words = memory.bindMemory(to: UInt64.self, capacity: bytes / 8)
    // The C library looks for a byte that is not there with the widest loads there are; another
    // byte each time, so that no search can be left out.
    var sought: Int32 = 2
    let read = medianMicroseconds(batches: 51) {
        precondition(memchr(memory, sought, bytes) == nil, "every byte is one")
        sought = sought == 2 ? 3 : 2
    }
    let update = medianMicroseconds(batches: 51) { flip(words, bytes / 8) }
    return [
        Row(name: "stream-read.\(bytes)", value: read, unit: "us"),
        Row(name: "stream-update.\(bytes)", value: update, unit: "us"),
    ]
}

/// Changes every word where it stands; compiled to the baseline's vectors, which is enough to
/// wait for memory only.
@inline(never)
private func flip(_ words: UnsafeMutablePointer<UInt64>, _ count: Int) {
    for i in 0..<count { words[i] ^= 0x5555_0000_5555_0000 }
}

/// FF, and BP with UP, of a 1024 × 1024 junction: each in turns with the machine's own stream over
/// as many bytes, which is its reference.
private func measureBandwidth(_ set: KernelSet) -> [Row] {
    let side = 1024
    var random = Xoshiro256StarStar(seed: 2)
    let junction = Junction(inputs: side, outputs: side, &random)
    let x = makeFloats(side, &random, scale: 1)
    let y = makeFloats(side, &random, scale: 1)
    let delta = makeFloats(side, &random, scale: 1e-3)
    let e = makeFloats(side, &random, scale: 0)
    let bytes = side * junction.rowStride * MemoryLayout<Float>.stride
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 4096)
    defer { memory.deallocate() }
    memory.initializeMemory(as: UInt8.self, repeating: 1, count: bytes)
    let words = memory.bindMemory(to: UInt64.self, capacity: bytes / 8)
    var sought: Int32 = 2
    func read() {
        precondition(memchr(memory, sought, bytes) == nil, "every byte is one")
        sought = sought == 2 ? 3 : 2
    }
    func feedforward() {
        set.feedforward(junction.w, junction.bias, x, y, side, junction.rowStride)
    }
    func backpropUpdate() {
        set.backpropUpdate(
            junction.w, junction.bias, x, delta, e, side, junction.rowStride, 1e-3, 0)
    }
    let reads = mediansInTurns(batches: 101, [feedforward, read])
    let updates = mediansInTurns(batches: 101, [backpropUpdate, { flip(words, bytes / 8) }])
    return [
        Row(name: "ff.1024x1024.\(set.name)", value: reads[0], unit: "us", reference: reads[1]),
        Row(
            name: "bpup.1024x1024.\(set.name)", value: updates[0], unit: "us",
            reference: updates[1]),
    ]
}

/// What `scripts/bench` compares: one step, and the two kernels at 1024 × 1024 with their streams.
func measureForTable() -> [Row] {
    let set = KernelSet.best
    return [
        measureStep(inputs: 784, hidden: 128, outputs: 10, set),
        measureStep(inputs: 784, hidden: 128, outputs: 10, set, tanh: true),
    ] + measureBandwidth(set)
}
