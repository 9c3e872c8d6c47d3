// Goal: UP follows the true gradient of a loss with respect to the defining vectors; the gradient
// without conjugates, a known mistake in public code, does not; and increments from elsewhere move
// the same weights. Method: central differences of FF in Double.

import Arithmetic
import Junctions
import Kernels
import Testing

@Suite struct CirculantGradientTests {
    /// One junction, its defining vectors in Double, and the loss Σ δ y whose error is δ.
    private struct Problem {
        let bench: FormBench<CirculantJunction>
        let k: Int

        init(_ inputs: Int, _ outputs: Int, _ k: Int) throws {
            bench = FormBench(try circulantJunction(inputs, outputs, k), seed: 5)
            self.k = k
        }

        /// Σ δ[r] · C[r][c] · x[c] over one block with the defining vector w.
        func loss(_ w: [Double], blockRow: Int, blockColumn: Int) -> Double {
            var sum = 0.0
            for r in 0..<k where blockRow * k + r < bench.form.structure.outputs {
                for c in 0..<k where blockColumn * k + c < bench.form.structure.inputs {
                    sum +=
                        Double(bench.delta[blockRow * k + r]) * w[(r - c + k) % k]
                        * Double(bench.x[blockColumn * k + c])
                }
            }
            return sum
        }

        /// By central differences, exact up to rounding since the loss is linear in w.
        func numericGradient(blockRow: Int, blockColumn: Int) -> [Double] {
            (0..<k).map { t in
                var (above, below) = ([Double](repeating: 0.3, count: k), [Double]())
                below = above
                above[t] += 1e-3
                below[t] -= 1e-3
                let rise =
                    loss(above, blockRow: blockRow, blockColumn: blockColumn)
                    - loss(below, blockRow: blockRow, blockColumn: blockColumn)
                return rise / 2e-3
            }
        }

        /// The defining vector that the expanded matrix shows, where a neuron shows it.
        func shown(_ matrix: [[Double]], blockRow: Int, blockColumn: Int) -> [Double] {
            var w = [Double](repeating: 0, count: k)
            for r in 0..<k where blockRow * k + r < matrix.count {
                for c in 0..<k where blockColumn * k + c < matrix[0].count {
                    w[(r - c + k) % k] = matrix[blockRow * k + r][blockColumn * k + c]
                }
            }
            return w
        }
    }

    private let rule = UpdateRule(learningRate: 0.5, momentum: 0, weightDecay: 0)

    @Test(arguments: [(2, 5, 3), (4, 8, 8), (8, 24, 16), (8, 19, 13), (16, 40, 33), (64, 100, 70)])
    func updatesFollowFiniteDifferences(_ shape: (k: Int, inputs: Int, outputs: Int)) throws {
        let problem = try Problem(shape.inputs, shape.outputs, shape.k)
        let before = problem.bench.matrix(.feedforward)
        problem.bench.update(rule, .best)
        let after = problem.bench.matrix(.feedforward)
        let structure = problem.bench.form.structure
        for i in 0..<structure.outputBlocks {
            for j in 0..<structure.inputBlocks {
                let gradient = problem.numericGradient(blockRow: i, blockColumn: j)
                let old = problem.shown(before, blockRow: i, blockColumn: j)
                let new = problem.shown(after, blockRow: i, blockColumn: j)
                for t in 0..<shape.k where old[t] != 0 {
                    let found = (old[t] - new[t]) / Double(rule.learningRate)
                    #expect(abs(found - gradient[t]) < 1e-4, "block \(i) \(j), \(t)")
                }
            }
        }
    }

    /// FFT(δ) · FFT(x) instead of FFT(δ) · conj FFT(x): the mistake of a public MATLAB code, whose
    /// report concluded that circulant networks do not learn. In the time domain it sums along
    /// r + c instead of r − c.
    @Test(arguments: [4, 8, 16, 64])
    func theGradientWithoutConjugatesFailsTheCheck(k: Int) throws {
        let problem = try Problem(k, k, k)
        let gradient = problem.numericGradient(blockRow: 0, blockColumn: 0)
        var wrong = [Double](repeating: 0, count: k)
        var right = wrong
        for r in 0..<k {
            for c in 0..<k {
                let product = Double(problem.bench.delta[r]) * Double(problem.bench.x[c])
                wrong[(r + c) % k] += product
                right[(r - c + k) % k] += product
            }
        }
        let distance = { (values: [Double]) in
            zip(values, gradient).reduce(0.0) { max($0, abs($1.0 - $1.1)) }
        }
        #expect(distance(right) < 1e-8)
        #expect(distance(wrong) > 0.5)
        // The kernels given conj(x̂), so that their own conjugation undoes it: the same mistake.
        let before = problem.bench.matrix(.feedforward)
        let reversed = (0..<k).map { problem.bench.x[(k - $0) % k] }
        for index in 0..<k { problem.bench.x[index] = reversed[index] }
        problem.bench.update(rule, .best)
        let after = problem.bench.matrix(.feedforward)
        let old = problem.shown(before, blockRow: 0, blockColumn: 0)
        let new = problem.shown(after, blockRow: 0, blockColumn: 0)
        let moved = zip(old, new).map { ($0 - $1) / Double(rule.learningRate) }
        #expect(distance(moved) > 0.5)
        #expect(zip(moved, wrong).allSatisfy { abs($0 - $1) < 1e-4 })
    }

    @Test(arguments: [(4, 10, 7), (8, 24, 16), (32, 50, 70)])
    func incrementsInTimeAreIncrementsInFrequency(
        _ shape: (k: Int, inputs: Int, outputs: Int)
    ) throws {
        let inFrequency = try Problem(shape.inputs, shape.outputs, shape.k).bench
        let inTime = try Problem(shape.inputs, shape.outputs, shape.k).bench
        inFrequency.update(rule, .best)
        var sums = [Float](repeating: 0, count: 4 * (shape.outputs + shape.k))
        inTime.form.applyIncrement(inTime.memory, sums: &sums) { row, column in
            rule.learningRate * inTime.delta[row] * inTime.x[column]
        }
        let expected = inFrequency.matrix(.feedforward)
        let found = inTime.matrix(.feedforward)
        for row in 0..<shape.outputs {
            for column in 0..<shape.inputs {
                #expect(abs(found[row][column] - expected[row][column]) < 2e-5)
            }
        }
    }
}
