// Goal: an N:M junction multiplies by what its pattern keeps of a dense master, learns as its
// definition says, and its views follow the master exactly. Method: against loops in Double, and
// against a junction that selects everything anew.

import Arithmetic
import Junctions
import Kernels
import Testing

@Suite struct PrunedJunctionTests {
    static let shapes = [(1, 1), (3, 5), (16, 16), (40, 33), (64, 48)]

    static func patterns() throws(StructureError) -> [PruningPattern] {
        var patterns: [PruningPattern] = []
        for (kept, group) in PruningPattern.supported {
            for variant in PruningPattern.Variant.allCases {
                for update in PruningPattern.WeightUpdate.allCases {
                    patterns.append(
                        try PruningPattern(
                            kept: kept, group: group, variant: variant, weightUpdate: update))
                }
            }
        }
        return patterns
    }

    private func master(_ bench: FormBench<PrunedJunction>) -> [[Double]] {
        let form = bench.form
        let floats = bench.memory.parameters.assumingMemoryBound(to: Float.self)
        return (0..<form.outputs).map { row in
            (0..<form.inputs).map { Double(floats[row * form.rowStride + $0]) }
        }
    }

    /// The matrix of a pass by sorting, from the master alone.
    private func selected(
        _ master: [[Double]], _ pattern: PruningPattern, _ pass: JunctionPass
    ) -> [[Double]] {
        var matrix = master.map { $0.map { _ in 0.0 } }
        let (outputs, inputs) = (master.count, master[0].count)
        let isForward = pass == .feedforward || pattern.variant == .forwardOnly
        if isForward && pattern.variant == .backwardOnly { return master }
        let (lines, length) = isForward ? (outputs, inputs) : (inputs, outputs)
        for line in 0..<lines {
            for first in stride(from: 0, to: length, by: pattern.group) {
                let positions = (first..<min(length, first + pattern.group)).map {
                    isForward ? (line, $0) : ($0, line)
                }
                let order = positions.sorted { a, b in
                    let (left, right) = (abs(master[a.0][a.1]), abs(master[b.0][b.1]))
                    return left != right ? left > right : a < b
                }
                for (row, column) in order.prefix(pattern.kept) {
                    matrix[row][column] = master[row][column]
                }
            }
        }
        return matrix
    }

    /// BP by the backward view, in every kernel set, against the matrix of BP.
    private func checkView(_ bench: FormBench<PrunedJunction>, _ backward: [[Double]]) {
        for kernels in KernelSet.all {
            bench.form.backpropByView(
                bench.memory, delta: bench.delta, e: bench.e, kernels: kernels)
            for column in 0..<bench.form.inputs {
                let sum = backward.indices.reduce(0.0) {
                    $0 + backward[$1][column] * Double(bench.delta[$1])
                }
                #expect(abs(Double(bench.e[column]) - sum) < 1e-4, "\(kernels.name)")
            }
        }
    }

    @Test(arguments: shapes)
    func bothPassesMultiplyByWhatIsKept(_ shape: (Int, Int)) throws {
        for pattern in try Self.patterns() {
            let bench = FormBench(
                PrunedJunction(inputs: shape.0, outputs: shape.1, pattern: pattern), seed: 1)
            let weights = master(bench)
            let (forward, backward) = (bench.matrix(.feedforward), bench.matrix(.backprop))
            #expect(forward == selected(weights, pattern, .feedforward), "\(pattern)")
            #expect(backward == selected(weights, pattern, .backprop), "\(pattern)")
            #expect(bench.form.findings(bench.memory.parameters, bench.memory.workspace) == [])
            if pattern.variant != .forwardOnly { checkView(bench, backward) }
            bench.feedforward(.best)
            bench.update(UpdateRule(learningRate: 0.1, momentum: 0, weightDecay: 0), .best)
            for row in 0..<shape.1 {
                // The step has moved the bias by −0.1 δ.
                let bias = bench.bias[row] + 0.1 * Double(bench.delta[row])
                let sum = (0..<shape.0).reduce(bias) {
                    $0 + forward[row][$1] * Double(bench.x[$1])
                }
                #expect(abs(Double(bench.y[row]) - sum) < 1e-4, "\(pattern)")
            }
            for column in 0..<shape.0 {
                let sum = (0..<shape.1).reduce(0.0) {
                    $0 + backward[$1][column] * Double(bench.delta[$1])
                }
                #expect(abs(Double(bench.e[column]) - sum) < 1e-4, "\(pattern)")
            }
        }
    }

    @Test(arguments: [
        UpdateRule(learningRate: 0.1, momentum: 0, weightDecay: 0),
        UpdateRule(learningRate: 0.1, momentum: 0, weightDecay: 0.01),
        UpdateRule(learningRate: 0.1, momentum: 0.9, weightDecay: 0.01),
    ])
    func updatesAreTheirDefinition(_ rule: UpdateRule) throws {
        for pattern in try Self.patterns() {
            let (inputs, outputs) = (40, 33)
            let bench = FormBench(
                PrunedJunction(inputs: inputs, outputs: outputs, pattern: pattern), seed: 2,
                momentum: rule.momentum > 0)
            var weights = master(bench)
            var velocity = weights.map { $0.map { _ in 0.0 } }
            // Used three times, as a convolution uses its junction at several places.
            for _ in 0..<3 {
                let kept = selected(
                    weights, pattern,
                    pattern.variant == .backwardOnly ? .backprop : .feedforward)
                bench.update(rule, .best)
                for row in 0..<outputs {
                    for column in 0..<inputs {
                        let isKept = kept[row][column] != 0
                        var decay = Double(rule.weightDecay)
                        if !isKept { decay += Double(pattern.droppedDecay) }
                        var increment = decay * weights[row][column]
                        if isKept || pattern.weightUpdate == .dense {
                            increment += Double(bench.delta[row]) * Double(bench.x[column])
                        }
                        velocity[row][column] =
                            Double(rule.momentum) * velocity[row][column] + increment
                        weights[row][column] -=
                            Double(rule.learningRate) * velocity[row][column]
                    }
                }
                let found = master(bench)
                for row in 0..<outputs {
                    for column in 0..<inputs {
                        #expect(
                            abs(found[row][column] - weights[row][column]) < 1e-5, "\(pattern)")
                    }
                }
                #expect(bench.form.findings(bench.memory.parameters, bench.memory.workspace) == [])
            }
        }
    }

    /// Thousands of steps that touch only what changed, and a selection of everything after each,
    /// leave the same bytes; so does every set.
    @Test(arguments: KernelSet.all.map(\.name))
    func viewsFollowBitForBit(_ name: String) throws {
        let kernels = try #require(KernelSet.all.first { $0.name == name })
        for (kept, group, variant) in [
            (2, 8, PruningPattern.Variant.both), (1, 4, .both), (2, 16, .both),
            (4, 8, .backwardOnly), (2, 8, .forwardOnly),
        ] {
            let pattern = try PruningPattern(
                kept: kept, group: group, variant: variant, droppedDecay: 0)
            let form = PrunedJunction(inputs: 40, outputs: 37, pattern: pattern)
            let lazy = FormBench(form, seed: 5)
            let full = FormBench(form, seed: 5)
            var random = Xoshiro256StarStar(seed: 6)
            let rule = UpdateRule(learningRate: 0.05, momentum: 0, weightDecay: 0)
            let steps = name == "plain" || name == "portable" ? 50 : 1000
            for step in 0..<steps {
                for j in 0..<37 {
                    lazy.delta[j] = max(0, random.normal()) * (step % 7 == 0 ? 1 : 0.02)
                    lazy.delta[j] *= random.uniform() < 0.5 ? -1 : 1
                    full.delta[j] = lazy.delta[j]
                }
                for i in 0..<40 {
                    lazy.x[i] = max(0, random.normal())
                    full.x[i] = lazy.x[i]
                }
                lazy.update(rule, kernels)
                full.update(rule, .best)
                full.form.refresh(full.memory)
                let same =
                    (0..<48).allSatisfy { lazy.e[$0].bitPattern == full.e[$0].bitPattern }
                #expect(same, "\(pattern), step \(step)")
                guard same else { return }
            }
            #expect(lazy.parameterBytes == full.parameterBytes, "\(pattern)")
        }
    }

    /// The same where nothing is ordinary: equal weights, zeros of both signs, infinities and NaN;
    /// steps too small to move a weight, and steps that move it past everything.
    @Test(arguments: KernelSet.all.map(\.name))
    func oddNumbersFollowBitForBit(_ name: String) throws {
        let kernels = try #require(KernelSet.all.first { $0.name == name })
        let weights: [Float] = [
            0, -0.0, 1, -1, 1.0000001, .leastNonzeroMagnitude, 2, -2, .infinity, .nan,
        ]
        let sizes: [Float] = [0, -0.0, 1e-12, 6e-8, 1, -1, 1e20]
        let rule = UpdateRule(learningRate: 0.5, momentum: 0, weightDecay: 0)
        for (kept, group) in PruningPattern.supported {
            for variant in PruningPattern.Variant.allCases {
                let pattern = try PruningPattern(
                    kept: kept, group: group, variant: variant, droppedDecay: 0)
                let form = PrunedJunction(inputs: 25, outputs: 19, pattern: pattern)
                for variety in [2, 4, 8, 10] {
                    let (lazy, full) = (FormBench(form, seed: 5), FormBench(form, seed: 5))
                    var random = Xoshiro256StarStar(seed: UInt64(variety))
                    for bench in [lazy, full] {
                        var drawn = random
                        let w = bench.memory.parameters.assumingMemoryBound(to: Float.self)
                        for row in 0..<19 {
                            for i in 0..<25 {
                                w[row * form.rowStride + i] =
                                    weights[drawn.index(below: variety)]
                            }
                        }
                        form.refresh(bench.memory)
                    }
                    for step in 0..<12 {
                        let largest = step < 9 ? 6 : 7
                        for j in 0..<19 {
                            lazy.delta[j] = sizes[random.index(below: largest)]
                            full.delta[j] = lazy.delta[j]
                        }
                        for i in 0..<25 {
                            lazy.x[i] = sizes[random.index(below: 6)]
                            full.x[i] = lazy.x[i]
                        }
                        lazy.update(rule, kernels)
                        full.update(rule, .plain)
                        form.refresh(full.memory)
                        let same =
                            lazy.parameterBytes == full.parameterBytes
                            && (0..<25).allSatisfy {
                                lazy.e[$0].bitPattern == full.e[$0].bitPattern
                                    || lazy.e[$0].isNaN && full.e[$0].isNaN
                            }
                        #expect(same, "\(pattern), \(variety), step \(step)")
                        guard same else { return }
                    }
                }
            }
        }
    }

    @Test func anUpdateInTwoHalvesIsTheSame() throws {
        let form = PrunedJunction(
            inputs: 40, outputs: 37, pattern: try PruningPattern(kept: 2, group: 8))
        let whole = FormBench(form, seed: 7)
        let halves = FormBench(form, seed: 7)
        for j in 0..<16 {
            whole.delta[j] = 0
            halves.delta[j] = 0
        }
        whole.update(UpdateRule(learningRate: 0.5, momentum: 0, weightDecay: 0), .best)
        form.backprop(halves.memory, delta: halves.delta, e: halves.e, kernels: .best)
        let weights = halves.memory.parameters.assumingMemoryBound(to: Float.self)
        let bias = (halves.memory.parameters + form.fields.offset(1))
            .assumingMemoryBound(to: Float.self)
        for row in 16..<37 {
            let step = -(0.5 * halves.delta[row])
            for i in 0..<form.rowStride {
                weights[row * form.rowStride + i].addProduct(step, halves.x[i])
            }
            bias[row] += step
        }
        form.prepareViews(halves.memory, rowsChanged: halves.delta, kernels: .best)
        #expect(whole.parameterBytes == halves.parameterBytes)
        #expect((0..<40).allSatisfy { whole.e[$0] == halves.e[$0] })
    }

    @Test func storageIsByFormula() throws {
        for (kept, group) in PruningPattern.supported {
            let pattern = try PruningPattern(kept: kept, group: group)
            let fields = PrunedJunction(inputs: 1024, outputs: 512, pattern: pattern).fields
            #expect(fields[0] == DenseJunction(inputs: 1024, outputs: 512).fields[0])
            #expect(fields[2].elementCount == 1024 * 512 * kept / group)
            #expect(fields[3].byteCount == 1024 * 512 * kept / group / 2)
            let ragged = PrunedJunction(inputs: 17, outputs: 33, pattern: pattern).fields
            #expect(ragged[2].elementCount == 32 * 48 * kept / group)
            #expect(ragged[3].elementCount == 32 * 48 * kept / group / 2)
        }
        let form = PrunedJunction(
            inputs: 20, outputs: 9, pattern: try PruningPattern(kept: 2, group: 8))
        #expect(form.fanIn == 6 && form.fanOut == 3)
    }

    @Test func findingsNameWhatIsWrong() throws {
        let form = PrunedJunction(
            inputs: 32, outputs: 16, pattern: try PruningPattern(kept: 2, group: 8))
        let bench = FormBench(form, seed: 9)
        let parameters = bench.memory.parameters
        func findings() -> String {
            form.findings(parameters, bench.memory.workspace).joined(separator: "; ")
        }
        #expect(findings() == "")
        let values = (parameters + form.fields.offset(2)).assumingMemoryBound(to: Float.self)
        values[0] += 1
        #expect(findings() == "view: 1 values differ from the weights")
        form.refresh(bench.memory)
        #expect(findings() == "")
        let indices = (parameters + form.fields.offset(3)).assumingMemoryBound(to: UInt8.self)
        indices[0] = 0
        #expect(findings().contains("do not keep 2 of 8"))
        form.refresh(bench.memory)
        parameters.assumingMemoryBound(to: Float.self)[3] = .nan
        #expect(findings().contains("weights: 1 numbers are not finite"))
    }

    @Test func impossiblePatternsSayWhatWouldBeRight() {
        #expect(
            throws: StructureError(
                "pruning", found: "3:8", expected: "one of 1:4, 2:4, 1:8, 2:8, 4:8, 2:16")
        ) { try PruningPattern(kept: 3, group: 8) }
        #expect(throws: StructureError.self) {
            try PruningPattern(kept: 2, group: 8, droppedDecay: -1)
        }
        #expect(throws: StructureError.self) {
            try PruningPattern(kept: 2, group: 8, variant: .backwardOnly, droppedDecay: 1e-4)
        }
    }
}
