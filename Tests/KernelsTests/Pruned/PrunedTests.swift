// Every set against the definition of the N:M kernels, bit by bit, and selections that never look
// at what they need not look at.

import Arithmetic
import Kernels
import Testing

/// One master with its views, masks and thresholds, for kernels alone.
private final class PrunedNumbers {
    let kept, group, slots, blocks, chunks: Int
    let numbers: JunctionNumbers
    let values, backwardValues: Floats
    let indices, backwardIndices: UnsafeMutablePointer<UInt8>
    let forwardMasks, backwardMasks, changes: UnsafeMutablePointer<UInt16>
    let forwardThresholds, backwardThresholds: UnsafeMutablePointer<Int32>

    init(
        _ inputs: Int, _ outputs: Int, _ kept: Int, _ group: Int, _ kind: Values, seed: UInt64
    ) {
        numbers = JunctionNumbers(inputs: inputs, outputs: outputs, values: kind, seed: seed)
        (self.kept, self.group, slots) = (kept, group, 16 * kept / group)
        (blocks, chunks) = ((outputs + 15) / 16, (inputs + 15) / 16)
        let tiles = blocks * chunks
        values = Floats(tiles * slots * 16)
        backwardValues = Floats(tiles * slots * 16)
        func take<T>(_ count: Int, _ zero: T) -> UnsafeMutablePointer<T> {
            let memory = UnsafeMutablePointer<T>.allocate(capacity: count)
            memory.initialize(repeating: zero, count: count)
            return memory
        }
        indices = take(tiles * slots * 8, 0)
        backwardIndices = take(tiles * slots * 8, 0)
        forwardMasks = take(tiles * 16, 0)
        backwardMasks = take(tiles * 16, 0)
        changes = take(chunks * 2, 0)
        forwardThresholds = take(tiles * 256 / group, 0)
        backwardThresholds = take(tiles * 256 / group, 0)
    }

    deinit {
        indices.deallocate()
        backwardIndices.deallocate()
        forwardMasks.deallocate()
        backwardMasks.deallocate()
        changes.deallocate()
        forwardThresholds.deallocate()
        backwardThresholds.deallocate()
    }

    private func rows(_ block: Int) -> Int { min(16, numbers.outputs - block * 16) }

    private func forward(_ block: Int) -> Int { block * chunks }

    func prepare(_ set: KernelSet) {
        for block in 0..<blocks {
            let tile = block * chunks
            let w = numbers.w.pointer + block * 16 * numbers.rowStride
            set.pruned.prepareForward(
                w, numbers.rowStride, rows(block), chunks, numbers.inputs, kept, group,
                values.pointer + tile * slots * 16, indices + tile * slots * 8,
                forwardMasks + tile * 16, forwardThresholds + tile * 256 / group)
            set.pruned.prepareBackward(
                w, numbers.rowStride, rows(block), chunks, numbers.inputs, kept, group,
                backwardMasks + tile * 16, backwardThresholds + tile * 256 / group,
                backwardValues.pointer + block * slots * 16, backwardIndices + block * slots * 8,
                blocks)
        }
    }

    func update(_ set: KernelSet, e: Floats?, rate: Float, _ passes: Int) {
        let steps = Floats(16)
        let (usesForward, usesBackward) = (passes & 1 != 0, passes & 2 != 0)
        for block in 0..<blocks {
            let tile = block * chunks
            let w = numbers.w.pointer + block * 16 * numbers.rowStride
            let delta = numbers.delta.pointer + block * 16
            let (fm, ft) = (forwardMasks + tile * 16, forwardThresholds + tile * 256 / group)
            let (bm, bt) = (backwardMasks + tile * 16, backwardThresholds + tile * 256 / group)
            for j in 0..<16 { steps.pointer[j] = delta[j] * -rate }
            set.pruned.update(
                w, numbers.rowStride, rows(block), group, numbers.x.pointer, delta,
                steps.pointer, e?.pointer, usesForward ? fm : nil, usesForward ? ft : nil,
                usesBackward ? bm : nil,
                usesBackward ? bt : nil, changes)
            set.pruned.follow(
                w, numbers.rowStride, rows(block), numbers.inputs, kept, group,
                numbers.x.pointer, delta, steps.pointer, changes,
                usesForward ? values.pointer + tile * slots * 16 : nil,
                usesForward ? indices + tile * slots * 8 : nil, usesForward ? fm : nil,
                usesForward ? ft : nil, usesBackward ? bm : nil, usesBackward ? bt : nil)
        }
    }

    /// Everything that results may depend on: no thresholds.
    var state: [[UInt32]] {
        let bytes = blocks * chunks * slots * 8
        return [
            numbers.w.bits, values.bits, (0..<bytes).map { UInt32(indices[$0]) },
            (0..<blocks * chunks * 16).map { UInt32(forwardMasks[$0]) },
            (0..<blocks * chunks * 16).map { UInt32(backwardMasks[$0]) },
        ]
    }

    var prepared: [[UInt32]] {
        let bytes = blocks * chunks * slots * 8
        let count = blocks * chunks * 256 / group
        return state + [
            backwardValues.bits, (0..<bytes).map { UInt32(backwardIndices[$0]) },
            (0..<count).map { UInt32(bitPattern: forwardThresholds[$0]) },
            (0..<count).map { UInt32(bitPattern: backwardThresholds[$0]) },
        ]
    }
}

struct PrunedTests {
    static let shapes = [(1, 1), (16, 16), (17, 3), (31, 37), (100, 66), (128, 80)]
    static let patterns = [(1, 4), (2, 4), (1, 8), (2, 8), (4, 8), (2, 16)]

    @Test(arguments: KernelSet.all.map(\.name), Values.allCases)
    func viewsAndProducts(name: String, kind: Values) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        for (inputs, outputs) in Self.shapes {
            for (kept, group) in Self.patterns {
                let run = { (set: KernelSet) -> [[UInt32]] in
                    let n = PrunedNumbers(inputs, outputs, kept, group, kind, seed: 3)
                    n.prepare(set)
                    let (y, e) = (Floats(outputs), Floats(inputs))
                    set.pruned.product(
                        n.values.pointer, n.indices, n.numbers.bias.pointer, n.numbers.x.pointer,
                        y.pointer, outputs, n.chunks, n.slots)
                    set.pruned.product(
                        n.backwardValues.pointer, n.backwardIndices, nil,
                        n.numbers.delta.pointer, e.pointer, inputs, n.blocks, n.slots)
                    #expect(y.guardsStand && e.guardsStand && n.values.guardsStand)
                    #expect(n.backwardValues.guardsStand && y.padsAreZero)
                    return n.prepared + [y.bits, e.bits]
                }
                let difference = firstDifference(run(set), run(.plain))
                #expect(
                    difference == nil,
                    "\(inputs)-\(outputs), \(kept):\(group): \(difference ?? "")")
            }
        }
    }

    /// Many steps that touch only what changed leave what a full selection would.
    @Test(arguments: KernelSet.all.map(\.name), [Values.ordinary, .sparse, .extreme])
    func updatesFollow(name: String, kind: Values) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        for (inputs, outputs) in [(17, 3), (48, 32), (31, 37)] {
            for (kept, group) in Self.patterns {
                for (passes, hasError) in [(3, true), (1, true), (2, true), (3, false)] {
                    let run = { (set: KernelSet) -> [[UInt32]] in
                        let n = PrunedNumbers(inputs, outputs, kept, group, kind, seed: 7)
                        n.prepare(set)
                        var random = Xoshiro256StarStar(seed: 9)
                        let e = Floats(inputs)
                        for _ in 0..<6 {
                            for j in 0..<outputs {
                                n.numbers.delta.pointer[j] = max(0, random.normal())
                            }
                            n.update(set, e: hasError ? e : nil, rate: 0.02, passes)
                        }
                        #expect(e.guardsStand && n.numbers.w.guardsStand)
                        return n.state + [e.bits]
                    }
                    let difference = firstDifference(run(set), run(.plain))
                    #expect(
                        difference == nil,
                        "\(inputs)-\(outputs), \(kept):\(group), \(passes): \(difference ?? "")")
                }
            }
        }
    }

    /// Few different magnitudes: groups in which two, or all, are equal, and what has no order.
    @Test(arguments: KernelSet.all.map(\.name))
    func equalMagnitudesGoToTheFirst(name: String) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        let weights: [Float] = [0, -0.0, 1, -1, 2, -2, 3, .infinity, -.infinity, .nan]
        for variety in 2...weights.count {
            for (kept, group) in Self.patterns {
                let run = { (set: KernelSet) -> [[UInt32]] in
                    let n = PrunedNumbers(112, 48, kept, group, .ordinary, seed: 3)
                    var random = Xoshiro256StarStar(seed: UInt64(variety))
                    for index in 0..<n.numbers.w.paddedCount {
                        n.numbers.w.pointer[index] = weights[random.index(below: variety)]
                    }
                    n.prepare(set)
                    return n.prepared
                }
                let difference = firstDifference(run(set), run(.plain))
                #expect(
                    difference == nil, "\(variety), \(kept):\(group): \(difference ?? "")")
            }
        }
    }

    /// The rule itself: the largest, of equal ones the lower index; a sign means nothing.
    @Test func theLargestAreKeptAndOfEqualsTheFirst() {
        func kept(_ weights: [Float], _ kept: Int) -> UInt16 {
            PrunedKernels.selection(kept: kept, group: weights.count) { weights[$0] }
        }
        #expect(kept([1, -3, 2, 0], 1) == 0b0010)
        #expect(kept([1, -3, 2, 0], 2) == 0b0110)
        #expect(kept([2, -2, 2, 2], 2) == 0b0011)
        #expect(kept([0, -0.0, 0, 1], 2) == 0b1001)
        #expect(kept([1, .infinity, .nan, 5], 1) == 0b0100)
    }

    /// Whatever the indices are, a product stays inside of its chunks.
    @Test(arguments: KernelSet.all.map(\.name))
    func hostileIndicesReadNothingElse(name: String) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        let n = PrunedNumbers(32, 16, 2, 8, .ordinary, seed: 1)
        n.prepare(set)
        for byte in 0..<n.blocks * n.chunks * n.slots * 8 { n.indices[byte] = 0xFF }
        for index in 0..<n.values.paddedCount { n.values.pointer[index] = 1 }
        let y = Floats(16)
        for i in 0..<32 { n.numbers.x.pointer[i] = Float(i) }
        set.pruned.product(
            n.values.pointer, n.indices, nil, n.numbers.x.pointer, y.pointer, 16, 2, 4)
        #expect((0..<16).allSatisfy { y.pointer[$0] == 4 * 15 + 4 * 31 })
    }

    @Test(arguments: KernelSet.all.map(\.name), [Values.ordinary, .sparse, .extreme])
    func manyVectors(name: String, kind: Values) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        for (inputs, outputs) in [(1, 1), (17, 3), (100, 40), (300, 16)] {
            for (count, pattern) in zip([16, 64, 80, 128, 64, 48], Self.patterns) {
                let run = { (set: KernelSet) -> [[UInt32]] in
                    let n = PrunedNumbers(
                        inputs, outputs, pattern.0, pattern.1, kind, seed: 5)
                    var random = Xoshiro256StarStar(seed: 2)
                    let (left, right) = (n.chunks * 16, n.blocks * 16)
                    let x = Floats(left * count) {
                        $0 < inputs * count ? kind.next(&random) : 0
                    }
                    let delta = Floats(right * count) {
                        $0 < outputs * count ? kind.next(&random) : 0
                    }
                    let (y, e, scattered) = (
                        Floats(outputs * count), Floats(left * count), Floats(left * count)
                    )
                    n.prepare(set)
                    set.pruned.productMany(
                        n.values.pointer, n.indices, n.numbers.bias.pointer, x.pointer, y.pointer,
                        outputs, n.chunks, n.slots, count)
                    set.pruned.productMany(
                        n.backwardValues.pointer, n.backwardIndices, nil, delta.pointer,
                        e.pointer, inputs, n.blocks, n.slots, count)
                    set.pruned.scatterMany(
                        n.values.pointer, n.indices, delta.pointer, scattered.pointer, outputs,
                        n.chunks, n.slots, count)
                    #expect(y.guardsStand && e.guardsStand && scattered.guardsStand)
                    return [y.bits, e.bits, scattered.bits]
                }
                let difference = firstDifference(run(set), run(.plain))
                #expect(
                    difference == nil,
                    "\(inputs)-\(outputs), \(pattern), \(count): \(difference ?? "")")
            }
        }
    }
}
