// BP and UP in fixed point over the sweeps of a clash-free junction.
//
// Legend as in FixedSweepForward.swift. Errors of right neurons come cluster by cluster, as the
// edges need them; a group whose errors (or increments) are all 0 is passed over. BP turns products
// back into the order of the arranged left neurons; a sweep meets each of them once, so sweep by
// sweep is right neuron by right neuron.
// Overflows are seen behind a whole group: work as if there were none, and gather the bits beyond
// the format. Sums wrap, so that sum − addend is the old number: where a bit was set, the group is
// done again, held and counted. With 16 bits nothing is beyond, and all are held at once.

import CLanes

extension VectorKernels {
    /// W ← W ⊕ db ⊗ x, b ← b ⊕ db. See `FixedSweepKernels.update`.
    @inline(never)
    package static func fixedSweepUpdate(
        _ sweeps: fixed_sweeps, _ w: UnsafeMutablePointer<Int16>,
        _ bias: UnsafeMutablePointer<Int16>, _ x: UnsafePointer<Int16>,
        _ delta: UnsafePointer<Int16>, _ scratch: UnsafeMutablePointer<Int16>, _ width: Int,
        _ fractionBits: Int, _ learningShift: Int, _ saturations: UnsafeMutablePointer<UInt64>?
    ) {
        let numbers = FixedNumbers(width, fractionBits)
        var count: Int32 = 0
        let increments = scratch + sweeps.inputs
        let entries = (sweeps.sweeps &* sweeps.groups &* 8 &+ 31) & ~31
        let padded = (sweeps.outputs &+ 31) & ~31
        let clusters = increments + padded
        var j = 0
        while j < padded {
            let db = fixedIncrements(load(delta, j), learningShift, numbers, &count)
            store(db, increments, j)
            store(fixedHeldSum(load(bias, j), db, numbers, &count), bias, j)
            j &+= 32
        }
        if fixedSpread(sweeps, increments, padded, clusters, entries) {
            if fixedArrange(sweeps, x, scratch, numbers) {
                fixedUpdateGroups(
                    sweeps, w, scratch, clusters, entries, width == 16, numbers, &count)
            } else {
                fixedCarefulUpdates(sweeps, w, x, increments, numbers, &count)
            }
        }
        fixedCount(saturations, 3, count)
    }

    /// round(−δ · 2^−s) of 32 errors.
    @_transparent
    private static func fixedIncrements(
        _ delta: FixedLanes, _ shift: Int, _ numbers: FixedNumbers, _ count: inout Int32
    ) -> FixedLanes {
        // −δ = ~δ + 1. −(−2¹⁵) is held to 2¹⁵ − 1, which halves upwards make good below.
        let negative = lanes_adds(lanes_xor_i16(delta, every(-1)), every(1))
        guard shift > 0 else {
            let low = every(Int16(truncatingIfNeeded: numbers.low))
            count &+= 32 &- lanes_count_unequal(delta, low)
            return lanes_hold(negative, low, every(Int16(truncatingIfNeeded: numbers.high)))
        }
        return lanes_shift_half_up(negative, Int32(truncatingIfNeeded: shift))
    }

    /// Right neurons' numbers to the words of the edges' clusters; whether one is not 0.
    @_transparent
    private static func fixedSpread(
        _ sweeps: fixed_sweeps, _ numbers: UnsafePointer<Int16>, _ padded: Int,
        _ clusters: UnsafeMutablePointer<Int16>, _ entries: Int
    ) -> Bool {
        var bits = FixedLanes.zero
        var k = 0
        while k < entries {
            let spread = lanes_gather(
                numbers, padded, sweeps.neurons + k, sweeps.neuron_blocks[k &>> 5])
            store(spread, clusters, k)
            bits = lanes_or_i16(bits, spread)
            k &+= 32
        }
        return lanes_touch(bits, -1)
    }

    /// Which of 64 groups from `first` on have a number that is not 0.
    @_transparent
    private static func fixedBusyGroups(
        _ clusters: UnsafePointer<Int16>, _ first: Int, _ entries: Int
    ) -> UInt64 {
        var busy: UInt64 = 0
        var k = 8 &* first
        while k < entries && k < 8 &* first &+ 512 {
            let four = lanes_busy_clusters(load(clusters, k))
            busy |= UInt64(four) &<< UInt64(truncatingIfNeeded: k &>> 3 &- first)
            k &+= 32
        }
        return busy
    }

    @_transparent
    private static func fixedUpdateGroups(
        _ sweeps: fixed_sweeps, _ w: UnsafeMutablePointer<Int16>, _ x: UnsafePointer<Int16>,
        _ clusters: UnsafePointer<Int16>, _ entries: Int, _ isFull: Bool,
        _ numbers: FixedNumbers, _ count: inout Int32
    ) {
        let size = sweeps.inputs / sweeps.groups
        let (offset, beyond) = (numbers.offset, numbers.beyond)
        var first = 0
        while 8 &* first < entries {
            var busy = fixedBusyGroups(clusters, first, entries)
            while busy != 0 {
                let group = first &+ busy.trailingZeroBitCount
                busy &= busy &- 1
                let db = lanes_every_cluster(clusters + 8 &* group)
                let left = x + (group & (sweeps.groups &- 1)) &* size
                let turns = sweeps.turns + 2 &* group &* size
                let weights = w + group &* size
                var bits = FixedLanes.zero
                var i = 0
                while i < size && !isFull {
                    let dw = lanes_mulhrs(lanes_turn(load(left, i), turns + 2 &* i), db)
                    let sum = load(weights, i) &+ dw
                    store(sum, weights, i)
                    bits = lanes_or_i16(bits, sum &+ offset)
                    i &+= 32
                }
                guard isFull || lanes_any_i16(bits, beyond) else { continue }
                i = 0
                while i < size {
                    let dw = lanes_mulhrs(lanes_turn(load(left, i), turns + 2 &* i), db)
                    let old = isFull ? load(weights, i) : load(weights, i) &- dw
                    store(fixedHeldSum(old, dw, numbers, &count), weights, i)
                    i &+= 32
                }
            }
            first &+= 64
        }
    }

    /// UP of any numbers, edge by edge.
    @_transparent
    private static func fixedCarefulUpdates(
        _ sweeps: fixed_sweeps, _ w: UnsafeMutablePointer<Int16>, _ x: UnsafePointer<Int16>,
        _ increments: UnsafePointer<Int16>, _ numbers: FixedNumbers, _ count: inout Int32
    ) {
        var edge = 0
        while edge < sweeps.sweeps &* sweeps.inputs {
            let db = increments[fixedRightNeuron(sweeps, edge)]
            if db != 0 {
                let dw = fixedProduct(db, x[fixedLeftNeuron(sweeps, edge)], numbers, &count)
                w[edge] = fixedSaturated(Int32(w[edge]) &+ dw, numbers, &count)
            }
            edge &+= 1
        }
    }
}

extension VectorKernels {
    /// e ← e ⊕ (δ ⊗ f′) ⊗ W, sweep by sweep. See `FixedSweepKernels.backprop`.
    @inline(never)
    package static func fixedSweepBackprop(
        _ sweeps: fixed_sweeps, _ w: UnsafePointer<Int16>, _ delta: UnsafePointer<Int16>,
        _ derivative: UnsafePointer<Int16>?, _ e: UnsafeMutablePointer<Int16>,
        _ scratch: UnsafeMutablePointer<Int16>, _ width: Int, _ fractionBits: Int,
        _ saturations: UnsafeMutablePointer<UInt64>?
    ) {
        let numbers = FixedNumbers(width, fractionBits)
        var count: Int32 = 0
        let arranged = scratch + sweeps.inputs
        let entries = (sweeps.sweeps &* sweeps.groups &* 8 &+ 31) & ~31
        let padded = (sweeps.outputs &+ 31) & ~31
        let needed = arranged + sweeps.inputs
        let clusters = needed + padded
        var isTame = true
        var slopes = (low: Int16(0), high: Int16(0))
        if let derivative {
            slopes = fixedRange(derivative, sweeps.inputs)
            isTame = fixedArrange(sweeps, derivative, scratch, numbers)
        }
        if isTame {
            isTame = fixedNeeded(
                delta, derivative != nil, slopes.low, slopes.high, needed, padded, numbers)
        }
        var i = 0
        while i < sweeps.inputs {
            store(.zero, isTame ? arranged : e, i)
            i &+= 32
        }
        if isTame {
            if fixedSpread(sweeps, needed, padded, clusters, entries) {
                fixedErrorsOfGroups(
                    sweeps, w, derivative == nil ? nil : UnsafePointer(scratch), arranged,
                    clusters, entries, width == 16, numbers, &count)
            }
            fixedDisarrange(sweeps, arranged, e)
        } else {
            fixedCarefulErrors(sweeps, w, delta, derivative, e, numbers, &count)
        }
        fixedCount(saturations, 2, count)
    }

    /// The errors that reach somebody: δ, or 0 where δ ⊗ f′ is 0 for every f′ between two.
    /// - Returns: whether all δ ⊗ f′ are tame.
    @_transparent
    private static func fixedNeeded(
        _ delta: UnsafePointer<Int16>, _ hasSlopes: Bool, _ low: Int16, _ high: Int16,
        _ needed: UnsafeMutablePointer<Int16>, _ padded: Int, _ numbers: FixedNumbers
    ) -> Bool {
        let (lowest, highest) = (every(low) &* numbers.scale, every(high) &* numbers.scale)
        var bits = FixedLanes.zero
        var j = 0
        while j < padded {
            let errors = load(delta, j)
            if hasSlopes {
                let (a, b) = (lanes_mulhrs(lowest, errors), lanes_mulhrs(highest, errors))
                store(lanes_where_set(lanes_or_i16(a, b), errors), needed, j)
                bits = lanes_or_i16(
                    bits, lanes_or_i16(lanes_magnitude_i16(a), lanes_magnitude_i16(b)))
            } else {
                store(errors, needed, j)
                bits = lanes_or_i16(bits, lanes_magnitude_i16(errors))
            }
            j &+= 32
        }
        return !lanes_touch(bits, Int16(truncatingIfNeeded: 0 &- numbers.one))
    }

    @_transparent
    private static func fixedErrorsOfGroups(
        _ sweeps: fixed_sweeps, _ w: UnsafePointer<Int16>, _ slopes: UnsafePointer<Int16>?,
        _ arranged: UnsafeMutablePointer<Int16>, _ clusters: UnsafePointer<Int16>,
        _ entries: Int, _ isFull: Bool, _ numbers: FixedNumbers, _ count: inout Int32
    ) {
        guard let returns = sweeps.returns else { return }
        let size = sweeps.inputs / sweeps.groups
        let (offset, beyond) = (numbers.offset, numbers.beyond)
        var first = 0
        while 8 &* first < entries {
            var busy = fixedBusyGroups(clusters, first, entries)
            while busy != 0 {
                let group = first &+ busy.trailingZeroBitCount
                busy &= busy &- 1
                let delta = lanes_every_cluster(clusters + 8 &* group)
                let start = (group & (sweeps.groups &- 1)) &* size
                let e = arranged + start
                var bits = FixedLanes.zero
                var i = 0
                while i < size && !isFull {
                    let sum =
                        load(e, i)
                        &+ fixedErrorProducts(
                            sweeps, w, slopes, start &+ i, delta, returns,
                            group &* size &+ i, numbers)
                    store(sum, e, i)
                    bits = lanes_or_i16(bits, sum &+ offset)
                    i &+= 32
                }
                guard isFull || lanes_any_i16(bits, beyond) else { continue }
                i = 0
                while i < size {
                    let products = fixedErrorProducts(
                        sweeps, w, slopes, start &+ i, delta, returns, group &* size &+ i,
                        numbers)
                    let old = isFull ? load(e, i) : load(e, i) &- products
                    store(fixedHeldSum(old, products, numbers, &count), e, i)
                    i &+= 32
                }
            }
            first &+= 64
        }
    }

    /// (δ ⊗ f′) ⊗ W of 32 edges, in the order of the arranged left neurons.
    @_transparent
    private static func fixedErrorProducts(
        _ sweeps: fixed_sweeps, _ w: UnsafePointer<Int16>, _ slopes: UnsafePointer<Int16>?,
        _ place: Int, _ delta: FixedLanes, _ returns: UnsafePointer<UInt8>, _ edge: Int,
        _ numbers: FixedNumbers
    ) -> FixedLanes {
        var errors = delta
        if let slopes {
            let turned = lanes_turn(load(slopes, place), sweeps.turns + 2 &* edge)
            errors = lanes_mulhrs(turned, delta)
        }
        return lanes_turn(
            lanes_mulhrs(errors &* numbers.scale, load(w, edge)), returns + 2 &* edge)
    }

    /// BP of any numbers, edge by edge.
    @_transparent
    private static func fixedCarefulErrors(
        _ sweeps: fixed_sweeps, _ w: UnsafePointer<Int16>, _ delta: UnsafePointer<Int16>,
        _ derivative: UnsafePointer<Int16>?, _ e: UnsafeMutablePointer<Int16>,
        _ numbers: FixedNumbers, _ count: inout Int32
    ) {
        var edge = 0
        while edge < sweeps.sweeps &* sweeps.inputs {
            let i = fixedLeftNeuron(sweeps, edge)
            let error = delta[fixedRightNeuron(sweeps, edge)]
            if error != 0 {
                var d = Int32(error)
                if let derivative { d = fixedProduct(error, derivative[i], numbers, &count) }
                let product = fixedProduct(
                    Int16(truncatingIfNeeded: d), w[edge], numbers, &count)
                e[i] = fixedSaturated(Int32(e[i]) &+ product, numbers, &count)
            }
            edge &+= 1
        }
    }
}
