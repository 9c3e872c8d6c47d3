// The machine's own speed over the same bytes, which no kernel can beat: a read that does as
// little as possible with what it reads, and an update in place. And the rows of the table.

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

/// What `scripts/bench` compares: one step, the two kernels at 1024 × 1024, and their streams.
func measureForTable() -> [Row] {
    let set = KernelSet.best
    let kernels = measureJunction(inputs: 1024, outputs: 1024, set)
    return [
        measureStep(inputs: 784, hidden: 128, outputs: 10, set),
        measureStep(inputs: 784, hidden: 128, outputs: 10, set, tanh: true),
    ] + kernels + measureStreams(bytes: 4 << 20)
}
