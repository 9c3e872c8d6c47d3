// Softmax and the losses: small vectors, whole chunks, sums in sixteen lanes and then by halves.

import Arithmetic

extension VectorKernels {
    /// y ← softmax y. See `KernelSet.softmax`.
    @inline(never)
    package static func softmax(_ y: UnsafeMutablePointer<Float>, _ count: Int) {
        let least = every(-.infinity)
        var highest = least
        var i = 0
        while i < count {
            let ys = select(firstLanes(count &- i), load(y, i), least)
            highest = select(ys .> highest, ys, highest)
            i &+= 16
        }
        let top = every(largest(highest))
        var sums = Lanes.zero
        i = 0
        while i < count {
            let real = firstLanes(count &- i)
            let powers = select(real, expLanes(load(y, i) - top), Lanes.zero)
            // A lane that a short chunk does not reach keeps its sum: adding +0 changes nothing.
            sums = sums + powers
            store(powers, y, i)
            i &+= 16
        }
        let sum = every(sumByHalves(sums))
        i = 0
        while i < count {
            store(select(firstLanes(count &- i), load(y, i) / sum, Lanes.zero), y, i)
            i &+= 16
        }
    }

    /// delta = p − onehot; returns −ln p[label]. See `KernelSet.crossEntropy`.
    @inline(never)
    package static func crossEntropy(
        _ probabilities: UnsafePointer<Float>, _ label: Int,
        _ delta: UnsafeMutablePointer<Float>, _ count: Int
    ) -> Float {
        let probability = probabilities[label]
        var i = 0
        while i < count {
            store(
                select(firstLanes(count &- i), load(probabilities, i), Lanes.zero), delta, i)
            i &+= 16
        }
        delta[label] = probability - 1
        let least = Float.leastNormalMagnitude
        return -logLanes(every(probability < least ? least : probability))[0]
    }

    /// delta = (y − target) · scale; returns Σ (y − target)². See `KernelSet.squaredError`.
    @inline(never)
    package static func squaredError(
        _ y: UnsafePointer<Float>, _ target: UnsafePointer<Float>,
        _ delta: UnsafeMutablePointer<Float>, _ count: Int, _ scale: Float
    ) -> Float {
        var sums = Lanes.zero
        var i = 0
        while i < count {
            let difference = select(
                firstLanes(count &- i), load(y, i) - load(target, i), Lanes.zero)
            sums = fma(difference, difference, sums)
            store(select(firstLanes(count &- i), difference * every(scale), Lanes.zero), delta, i)
            i &+= 16
        }
        return sumByHalves(sums)
    }

    /// The largest lane; NaN is not larger than anything.
    @_transparent
    private static func largest(_ v: Lanes) -> Float {
        let eight = v.lowHalf.replacing(with: v.highHalf, where: v.highHalf .> v.lowHalf)
        let four = eight.lowHalf.replacing(
            with: eight.highHalf, where: eight.highHalf .> eight.lowHalf)
        let two = four.lowHalf.replacing(with: four.highHalf, where: four.highHalf .> four.lowHalf)
        return two[1] > two[0] ? two[1] : two[0]
    }
}
