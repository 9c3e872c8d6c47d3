// A block-circulant junction on transform units, stepped on numbers: FF, then BP, then UP of one
// sample, with every word that moves counted where it moves.

import Arithmetic
import Junctions

/// The numbers of one block-circulant junction and sample.
package struct TransformValues {
    /// Left activations, and their derivatives.
    package var x, slopes: [Double]
    /// Errors of right neurons, and biases.
    package var errors, biases: [Double]
    /// Defining vectors, [output block][input block][k].
    package var weights: [[[Double]]]
    /// What FF and BP give: sums, and errors of left neurons.
    package var outputs: [Double] = []
    package var leftErrors: [Double] = []

    /// Numbers from −1 to 1.
    package init(inputs: Int, outputs: Int, blockSize k: Int, seed: UInt64) {
        var generator = Xoshiro256StarStar(seed: seed)
        func draw(_ count: Int) -> [Double] {
            (0..<count).map { _ in Double(generator.index(below: 2001)) / 1000 - 1 }
        }
        x = draw(inputs)
        slopes = draw(inputs)
        errors = draw(outputs)
        biases = draw(outputs)
        let (q, p) = ((inputs + k - 1) / k, (outputs + k - 1) / k)
        weights = (0..<p).map { _ in (0..<q).map { _ in draw(k) } }
    }
}

/// One junction and sample. The rate is 1/2, and a velocity keeps half of itself.
package struct TransformSimulation {
    package private(set) var values: TransformValues
    private let place: JunctionPlace
    private let widths: NumberWidths
    private let hasTable: Bool
    private let k: Int
    private var feedforward, backprop, update: TransformSteps
    private var spectra: [[HalfSpectrum]]
    private var xSpectra: [HalfSpectrum] = []
    private var errorSpectra: [HalfSpectrum] = []

    /// A junction before its sample.
    package init(
        _ junction: DeviceJunction, _ place: JunctionPlace, _ device: DeviceDescription,
        _ units: TransformUnits, blockSize: Int, values: TransformValues
    ) {
        self.values = values
        self.place = place
        k = blockSize
        hasTable = junction.hasTable
        widths = NumberWidths(junction, place, device.arithmetic)
        feedforward = TransformSteps(units, widths)
        (backprop, update) = (feedforward, feedforward)
        // Spectra are what is kept: this is not the device's work.
        var outside = feedforward
        spectra = values.weights.map { row in row.map { outside.transform($0) } }
    }

    /// Steps the junction to its end.
    package mutating func run() -> JunctionCost {
        stepForward()
        if !place.isFirst { stepBackprop() }
        stepUpdate()
        var outside = update
        values.weights = spectra.map { row in row.map { outside.invert($0) } }
        return JunctionCost(
            unit: .transformUnits, parallelism: nil, overheadClocks: 0,
            feedforward: feedforward.cost, backprop: place.isFirst ? nil : backprop.cost,
            update: update.cost, updatesDuringBackprop: false)
    }

    /// Block `index` of a vector, filled up with zeros.
    private func block(_ vector: [Double], _ index: Int) -> [Double] {
        (index * k..<(index + 1) * k).map { $0 < vector.count ? vector[$0] : 0 }
    }

    private func blocks(_ vector: [Double]) -> Range<Int> { 0..<(vector.count + k - 1) / k }

    private mutating func stepForward() {
        for _ in values.x { feedforward.access(.read(.activations), bits: widths.leftBits, 1) }
        for index in blocks(values.x) {
            xSpectra.append(feedforward.transform(block(values.x, index)))
            feedforward.access(.write(.activations), bits: widths.bits, k)
        }
        feedforward.endPhase()
        var sums: [HalfSpectrum] = []
        for row in spectra {
            var sum = HalfSpectrum(bins: k / 2 + 1)
            for (weight, x) in zip(row, xSpectra) {
                feedforward.access(.read(.spectra), bits: widths.weightBits, k)
                feedforward.access(.read(.activations), bits: widths.bits, k)
                feedforward.multiply(weight, x, conjugated: false, into: &sum)
            }
            sums.append(sum)
        }
        feedforward.endPhase()
        let results = sums.flatMap { feedforward.invert($0) }
        for (result, bias) in zip(results, values.biases) { finish(result, bias) }
    }

    /// A right neuron has its sum.
    private mutating func finish(_ result: Double, _ bias: Double) {
        feedforward.access(.read(.biases), bits: widths.weightBits, 1)
        values.outputs.append(result + bias)
        feedforward.count(.add)
        feedforward.count(hasTable ? .lookUp : .compare)
        if place.isLast {
            feedforward.count(.add)
            return feedforward.access(.write(.errors), bits: widths.bits, 1)
        }
        feedforward.access(.write(.activations), bits: widths.bits, 1)
        guard !widths.isFloat else { return }
        if hasTable { feedforward.count(.lookUp) }
        feedforward.access(.write(.derivatives), bits: widths.bits, 1)
    }

    /// δ̂, counted by the operation that needs it first.
    private func errorSpectra(_ steps: TransformSteps) -> ([HalfSpectrum], TransformSteps) {
        var (steps, spectra) = (steps, [HalfSpectrum]())
        for _ in values.errors { steps.access(.read(.errors), bits: widths.bits, 1) }
        for index in blocks(values.errors) {
            spectra.append(steps.transform(block(values.errors, index)))
            steps.access(.write(.errors), bits: widths.bits, k)
        }
        steps.endPhase()
        return (spectra, steps)
    }

    private mutating func stepBackprop() {
        (errorSpectra, backprop) = errorSpectra(backprop)
        var sums: [HalfSpectrum] = []
        for column in xSpectra.indices {
            var sum = HalfSpectrum(bins: k / 2 + 1)
            for (row, error) in zip(spectra, errorSpectra) {
                backprop.access(.read(.spectra), bits: widths.weightBits, k)
                backprop.access(.read(.errors), bits: widths.bits, k)
                backprop.multiply(row[column], error, conjugated: true, into: &sum)
            }
            sums.append(sum)
        }
        backprop.endPhase()
        let results = sums.flatMap { backprop.invert($0) }
        for (result, slope) in zip(results, values.slopes) {
            if !widths.isFloat { backprop.access(.read(.derivatives), bits: widths.bits, 1) }
            values.leftErrors.append(result * slope)
            backprop.count(.multiply)
            backprop.access(.write(.errors), bits: widths.bits, 1)
        }
    }

    private mutating func stepUpdate() {
        if place.isFirst { (errorSpectra, update) = errorSpectra(update) }
        for row in spectra.indices {
            update.access(.read(.errors), bits: widths.bits, k)
            var step = errorSpectra[row]
            for bin in step.re.indices {
                step.re[bin] *= -0.5
                step.im[bin] *= -0.5
                // The first and the last bin are real.
                update.count(.multiply, bin == 0 || bin == k / 2 ? 1 : 2)
            }
            for column in xSpectra.indices {
                update.access(.read(.activations), bits: widths.bits, k)
                update.access(.read(.spectra), bits: widths.weightBits, k)
                var weight = spectra[row][column]
                update.multiply(xSpectra[column], step, conjugated: true, into: &weight)
                spectra[row][column] = weight
                update.access(.write(.spectra), bits: widths.weightBits, k)
                if place.hasMomentum { moveVelocities(k) }
            }
        }
        update.endPhase()
        for index in values.biases.indices {
            update.access(.read(.biases), bits: widths.weightBits, 1)
            values.biases[index] -= 0.5 * values.errors[index]
            update.count(.multiply)
            update.count(.add)
            update.access(.write(.biases), bits: widths.weightBits, 1)
            if place.hasMomentum { moveVelocities(1) }
        }
    }

    /// v ← μ v + step, which are zero before this one sample.
    private mutating func moveVelocities(_ count: Int) {
        update.access(.read(.velocities), bits: widths.weightBits, count)
        update.count(.multiply, count)
        update.count(.add, count)
        update.access(.write(.velocities), bits: widths.weightBits, count)
    }
}
