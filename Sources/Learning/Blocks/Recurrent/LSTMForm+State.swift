// The state of a recurrent layer from sample to sample of one producer.
//
// Legend: `older` positions at most are remembered before a sample. A producer's fields are the
// state before the oldest of them, how many there are, and their inputs. FF only leaves the next ones
// in the outcome: it may run again before they are committed.

import Junctions
import Kernels

extension LSTMForm {
    /// The fields of the states.
    static func stateFields(
        _ producers: Int, width: Int, units: Int, channels: Int, older: Int
    ) -> [JunctionField] {
        func field(_ name: String, _ shape: [Int]) -> JunctionField {
            JunctionField(
                name, .f32, shape: [producers] + shape,
                rowStride: DenseJunction.paddedCount(shape.last ?? 1), isLearned: false)
        }
        let count = JunctionField(
            "state.positions", .u32, shape: [producers], isLearned: false)
        return [field("state.h", [width]), field("state.c", [units]), count]
            + (older > 0 ? [field("state.inputs", [channels, older])] : [])
    }

    private func stateH(_ memory: BlockMemory) -> UnsafeMutablePointer<Float> {
        (memory.parameters + parts.fieldOffsets[0]).assumingMemoryBound(to: Float.self)
            + memory.producer * places.stateStride
    }

    private func stateC(_ memory: BlockMemory) -> UnsafeMutablePointer<Float> {
        (memory.parameters + parts.fieldOffsets[1]).assumingMemoryBound(to: Float.self)
            + memory.producer * places.cellStride
    }

    private func statePositions(_ memory: BlockMemory) -> UnsafeMutablePointer<UInt32> {
        (memory.parameters + parts.fieldOffsets[2]).assumingMemoryBound(to: UInt32.self)
            + memory.producer
    }

    /// [channels][olderStride]
    private func stateInputs(_ memory: BlockMemory) -> UnsafeMutablePointer<Float> {
        (memory.parameters + parts.fieldOffsets[3]).assumingMemoryBound(to: Float.self)
            + memory.producer * channels * olderStride
    }

    private var olderStride: Int { DenseJunction.paddedCount(older) }

    private func knowsProducer(_ memory: BlockMemory) -> Bool { hasState && memory.producer >= 0 }

    /// Positions that are remembered of the producer.
    func remembered(_ memory: BlockMemory) -> Int {
        knowsProducer(memory) ? min(Int(statePositions(memory).pointee), older) : 0
    }

    /// The state before the window, and the window: what is remembered, then the sample. Returns
    /// how many positions are before the sample.
    func startWindow(
        _ memory: BlockMemory, _ bank: LSTMBank, _ x: UnsafePointer<Float>
    ) -> Int {
        if knowsProducer(memory) {
            bank.states.update(from: stateH(memory), count: places.stateStride)
            bank.cells.update(from: stateC(memory), count: places.cellStride)
        } else {
            bank.states.update(repeating: 0, count: places.stateStride)
            bank.cells.update(repeating: 0, count: places.cellStride)
        }
        let before = remembered(memory)
        guard older > 0 else { return before }
        let stride = SharedJunction.stride(before + positions)
        for channel in 0..<channels {
            let row = bank.window + channel * stride
            if before > 0 {
                row.update(from: stateInputs(memory) + channel * olderStride, count: before)
            }
            (row + before).update(from: x + channel * inputShape.stride, count: positions)
            for index in (before + positions)..<stride { row[index] = 0 }
        }
        return before
    }

    /// Leaves what `advance` shall remember: the newest positions, and the state before them.
    func leaveState(_ memory: BlockMemory, _ bank: LSTMBank, _ count: Int) {
        guard knowsProducer(memory) else { return }
        let kept = min(older, count)
        let first = count - kept
        nextH(memory).update(
            from: bank.states + first * places.stateStride, count: places.stateStride)
        nextC(memory).update(
            from: bank.cells + first * places.cellStride, count: places.cellStride)
        nextCount(memory).pointee = UInt32(kept)
        let stride = SharedJunction.stride(count)
        for channel in 0..<channels where older > 0 {
            (nextInputs(memory) + channel * olderStride).update(
                from: bank.window + channel * stride + first, count: kept)
        }
    }

    /// Commits what FF left. A state that is not a number, or beyond all measure, is forgotten: it
    /// would never become one again; and so are inputs, which UP of later samples multiplies by.
    package func advance(_ memory: BlockMemory, kernels: KernelSet) {
        guard knowsProducer(memory) else { return }
        guard kernels.firstOutside(nextH(memory), width, -1e15, 1e15) < 0,
            kernels.firstOutside(nextC(memory), units, -1e15, 1e15) < 0,
            areNextInputsBounded(memory, kernels)
        else { return forget(memory) }
        stateH(memory).update(from: nextH(memory), count: places.stateStride)
        stateC(memory).update(from: nextC(memory), count: places.cellStride)
        let count = Int(nextCount(memory).pointee)
        statePositions(memory).pointee = UInt32(count)
        for channel in 0..<channels where older > 0 {
            (stateInputs(memory) + channel * olderStride).update(
                from: nextInputs(memory) + channel * olderStride, count: count)
        }
    }

    private func areNextInputsBounded(_ memory: BlockMemory, _ kernels: KernelSet) -> Bool {
        guard older > 0 else { return true }
        let count = Int(nextCount(memory).pointee)
        return (0..<channels).allSatisfy { channel in
            let inputs = nextInputs(memory) + channel * olderStride
            return kernels.firstOutside(inputs, count, -1e15, 1e15) < 0
        }
    }

    private func nextH(_ memory: BlockMemory) -> UnsafeMutablePointer<Float> {
        memory.outcome.assumingMemoryBound(to: Float.self)
    }

    private func nextC(_ memory: BlockMemory) -> UnsafeMutablePointer<Float> {
        (memory.outcome + places.nextCells).assumingMemoryBound(to: Float.self)
    }

    private func nextInputs(_ memory: BlockMemory) -> UnsafeMutablePointer<Float> {
        (memory.outcome + places.nextInputs).assumingMemoryBound(to: Float.self)
    }

    private func nextCount(_ memory: BlockMemory) -> UnsafeMutablePointer<UInt32> {
        (memory.outcome + places.nextCount).assumingMemoryBound(to: UInt32.self)
    }

    package func forget(_ memory: BlockMemory) {
        guard knowsProducer(memory) else { return }
        stateH(memory).update(repeating: 0, count: places.stateStride)
        stateC(memory).update(repeating: 0, count: places.cellStride)
        statePositions(memory).pointee = 0
        if older > 0 { stateInputs(memory).update(repeating: 0, count: channels * olderStride) }
    }

    package func fieldFindings(_ parameters: UnsafeRawPointer) -> [String] {
        guard hasState else { return [] }
        var findings: [String] = []
        for (field, offset) in zip(parts.fields, parts.fieldOffsets) where field.element == .f32 {
            let values = (parameters + offset).assumingMemoryBound(to: Float.self)
            let count = (0..<(field.byteCount / 4)).count { !values[$0].isFinite }
            if count > 0 { findings.append("\(field.name): \(count) numbers are not finite") }
        }
        let counts = (parameters + parts.fieldOffsets[2]).assumingMemoryBound(to: UInt32.self)
        for producer in 0..<(parts.fields[2].shape.first ?? 0) where counts[producer] > older {
            findings.append(
                "state.positions[\(producer)]: \(counts[producer]) are remembered, but at most "
                    + "\(older) can be")
        }
        return findings
    }
}
