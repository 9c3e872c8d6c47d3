// FF in fixed point over the sweeps of a clash-free junction.
//
// Legend and definition: FixedSweepKernelSet.swift; tame: FixedLanes.swift; clusters, arranged,
// tables: sweep_lanes.h.
// No edge looks its left neuron up: left neurons are arranged once, so that all rows of a memory
// lie in one cluster. What a sweep reads of a memory is that cluster, rotated: one permutation of
// bytes for 32 edges, and then products as in dense rows. The words of a cluster are different
// clocks and so different right neurons: whole vectors are added, and a cluster per group is left.

import CLanes

extension VectorKernels {
    /// y = sat(b + Σ W ⊗ x). See `FixedSweepKernels.feedforward`.
    @inline(never)
    package static func fixedSweepFeedforward(
        _ sweeps: fixed_sweeps, _ w: UnsafePointer<Int16>, _ bias: UnsafePointer<Int16>,
        _ x: UnsafePointer<Int16>, _ y: UnsafeMutablePointer<Int16>,
        _ scratch: UnsafeMutablePointer<Int16>, _ width: Int, _ fractionBits: Int,
        _ saturations: UnsafeMutablePointer<UInt64>?
    ) {
        let numbers = FixedNumbers(width, fractionBits)
        var products: Int32 = 0
        var held: Int32 = 0
        if !fixedArrange(sweeps, x, scratch, numbers) {
            fixedCarefulSweeps(sweeps, w, bias, x, y, numbers, &products, &held)
        } else if fixedSumsFit(sweeps, numbers) {
            let sums = scratch + sweeps.inputs
            fixedSweepSums(sweeps, w, scratch, sums)
            let entries = (sweeps.sweeps &+ 3) / 4 &* sweeps.groups &* 32
            var j = 0
            while j < sweeps.outputs {
                let sum = lanes_gather(
                    sums, entries, sweeps.places + j, sweeps.place_blocks[j &>> 5])
                store(fixedHeldSum(load(bias, j), sum, numbers, &held), y, j)
                j &+= 32
            }
        } else {
            fixedWideSweeps(
                sweeps, w, bias, scratch, UnsafeMutableRawPointer(scratch + sweeps.inputs), y,
                1 &<< (16 &- width), numbers, &held)
        }
        fixedCount(saturations, 0, products)
        fixedCount(saturations, 1, held)
    }

    /// Whether the products that a right neuron gets from tame numbers fit 16 bits in sum.
    @_transparent
    private static func fixedSumsFit(_ sweeps: fixed_sweeps, _ numbers: FixedNumbers) -> Bool {
        let largest = Int(fixedRounded((numbers.one &- 1) &* (0 &- numbers.low), numbers))
        return sweeps.clocks == 1
            && sweeps.inputs / (sweeps.rows &* sweeps.groups) &* largest <= 32767
    }

    @_transparent
    private static func fixedRounded(_ product: Int32, _ numbers: FixedNumbers) -> Int32 {
        (product &+ numbers.one &>> 1) &>> numbers.fractionBits
    }

    /// Sums of every group and clock in 16 bits: a cluster per group of a sweep.
    @_transparent
    private static func fixedSweepSums(
        _ sweeps: fixed_sweeps, _ w: UnsafePointer<Int16>, _ x: UnsafePointer<Int16>,
        _ sums: UnsafeMutablePointer<Int16>
    ) {
        let sweep = sweeps.inputs
        let count = sweep / sweeps.groups
        var s = 0
        var next = 0
        // Four sweeps at once: every vector of left neurons is read once for four of edges.
        while s < sweeps.sweeps {
            let rest = sweeps.sweeps &- s
            var start = 0
            while start < sweep {
                let end = start &+ count
                var (a, b, c, d) = (
                    FixedLanes.zero, FixedLanes.zero, FixedLanes.zero, FixedLanes.zero
                )
                if rest > 3 {
                    while start < end {
                        let left = load(x, start)
                        let edge = s &* sweep &+ start
                        a = a &+ fixedProducts(sweeps, w, left, edge)
                        b = b &+ fixedProducts(sweeps, w, left, edge &+ sweep)
                        c = c &+ fixedProducts(sweeps, w, left, edge &+ 2 &* sweep)
                        d = d &+ fixedProducts(sweeps, w, left, edge &+ 3 &* sweep)
                        start &+= 32
                    }
                } else {
                    while start < end {
                        let left = load(x, start)
                        let edge = s &* sweep &+ start
                        a = a &+ fixedProducts(sweeps, w, left, edge)
                        if rest > 1 {
                            b = b &+ fixedProducts(sweeps, w, left, edge &+ sweep)
                        }
                        if rest > 2 {
                            c = c &+ fixedProducts(sweeps, w, left, edge &+ 2 &* sweep)
                        }
                        start &+= 32
                    }
                }
                let all = lanes_cluster_sums(a, b, c, d)
                store(lanes_column_sums(all, sweeps.rows), sums, next)
                next &+= 32
            }
            s &+= 4
        }
    }

    /// W ⊗ x of 32 edges; `left` are the arranged left neurons of their vector, tame and scaled.
    @_transparent
    private static func fixedProducts(
        _ sweeps: fixed_sweeps, _ w: UnsafePointer<Int16>, _ left: FixedLanes, _ edge: Int
    ) -> FixedLanes {
        lanes_mulhrs(lanes_turn(left, sweeps.turns + 2 &* edge), load(w, edge))
    }

    /// FF where sums need 32 bits, or a right neuron several clocks.
    /// - memory: room for `outputs` sums. - run: vectors whose sum fits 16 bits
    @_transparent
    private static func fixedWideSweeps(
        _ sweeps: fixed_sweeps, _ w: UnsafePointer<Int16>, _ bias: UnsafePointer<Int16>,
        _ x: UnsafePointer<Int16>, _ memory: UnsafeMutableRawPointer,
        _ y: UnsafeMutablePointer<Int16>, _ run: Int, _ numbers: FixedNumbers,
        _ held: inout Int32
    ) {
        let sums = memory.assumingMemoryBound(to: Int32.self)
        var j = 0
        while j < sweeps.outputs {
            sums[j] = Int32(bias[j])
            j &+= 1
        }
        let count = sweeps.inputs / sweeps.groups
        var edge = 0
        var group = 0
        while group < sweeps.sweeps &* sweeps.groups {
            let left = x + (group & (sweeps.groups &- 1)) &* count
            // Words at even and at odd places.
            var (even, odd) = (SIMD16<Int32>.zero, SIMD16<Int32>.zero)
            var i = 0
            while i < count {
                let end = i &+ 32 &* run < count ? i &+ 32 &* run : count
                var sum = FixedLanes.zero
                while i < end {
                    sum = sum &+ fixedProducts(sweeps, w, load(left, i), edge)
                    i &+= 32
                    edge &+= 32
                }
                even = even &+ lanes_even_words(sum)
                odd = odd &+ lanes_odd_words(sum)
            }
            let (low, high) = (fixedClusterSum(even), fixedClusterSum(odd))
            var word = 0
            while word < 4 {
                let neurons = sweeps.neurons + (8 &* group &+ 2 &* word)
                sums[Int(neurons[0])] &+= low[word]
                sums[Int(neurons[1])] &+= high[word]
                word &+= 1
            }
            group &+= 1
        }
        j = 0
        while j < sweeps.outputs {
            y[j] = fixedSaturated(sums[j], numbers, &held)
            j &+= 1
        }
    }

    /// The sum of the four clusters.
    @_transparent
    private static func fixedClusterSum(_ v: SIMD16<Int32>) -> SIMD4<Int32> {
        let half = v.lowHalf &+ v.highHalf
        return half.lowHalf &+ half.highHalf
    }

    /// FF of any numbers, edge by edge.
    @_transparent
    private static func fixedCarefulSweeps(
        _ sweeps: fixed_sweeps, _ w: UnsafePointer<Int16>, _ bias: UnsafePointer<Int16>,
        _ x: UnsafePointer<Int16>, _ y: UnsafeMutablePointer<Int16>, _ numbers: FixedNumbers,
        _ products: inout Int32, _ held: inout Int32
    ) {
        let count = sweeps.inputs / sweeps.groups
        var j = 0
        while j < sweeps.outputs {
            var sum = Int32(bias[j])
            // Clocks and groups in one number.
            var step = j &* sweeps.clocks
            while step < (j &+ 1) &* sweeps.clocks {
                let clock = step / sweeps.groups
                let group = clock / sweeps.rows &* sweeps.groups &+ step % sweeps.groups
                var edge = group &* count &+ clock % sweeps.rows
                while edge < (group &+ 1) &* count {
                    let left = fixedLeftNeuron(sweeps, edge)
                    sum &+= fixedProduct(w[edge], x[left], numbers, &products)
                    edge &+= sweeps.rows
                }
                step &+= 1
            }
            y[j] = fixedSaturated(sum, numbers, &held)
            j &+= 1
        }
    }
}
