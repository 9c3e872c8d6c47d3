// How many patterns a family has, and how many bits a device would keep for one.

import Arithmetic

extension SparsePattern {
    /// Bits that the device keeps for the interleaver, whole bits per address: type 3
    /// z·⌈log₂ D⌉, type 2 fo times that, type 1 p·fo·⌈log₂ D⌉, and with dither z·⌈log₂ z⌉ for
    /// every time that it is drawn. None for zeros; nil where there is no interleaver. (We keep
    /// one seed of 64 bits.)
    public var seedBits: Int? {
        guard taps == 1 else { return ofOneTap.seedBits }
        guard case .clashFree(let sweep, let dither) = family else {
            return family == .zeros ? 0 : nil
        }
        let address = Self.bits(memoryRows)
        let lanes = dither ? parallelism * Self.bits(parallelism) : 0
        switch sweep {
        case .type1: return inputs * outDegree * address + outDegree * lanes
        case .type2: return outDegree * (parallelism * address + lanes)
        case .type3: return parallelism * address + lanes
        }
    }

    /// log₂ of the number of different patterns of this family and shape, by the authors' formula.
    ///
    /// Type 1 (kk·(D!)ᶻ)^fo, type 2 (kk·Dᶻ)^fo, type 3 kk·Dᶻ, with kk = 1 without dither or where
    /// z divides fi, kk = z!/(fi!)^(z/fi) where fi divides z and there is dither (Dey et al.);
    /// zeros 1; random the binomial coefficient (p·n over |W|). Nil where no formula holds: for
    /// structured patterns, with dither where neither divides the other, and where right neurons
    /// lie across the ends of sweeps. Good to five digits.
    public var patternCountLog2: Double? {
        guard taps == 1 else { return ofOneTap.patternCountLog2 }
        switch family {
        case .structured: return nil
        case .zeros: return 0
        case .random:
            let cells = inputs * outputs
            return Self.log2Factorial(cells) - Self.log2Factorial(edgeCount)
                - Self.log2Factorial(cells - edgeCount)
        case .clashFree(let sweep, let dither):
            guard let orders = ditherCountLog2(dither) else { return nil }
            guard sweep == .type3 || sweepsHoldWholeNeurons else { return nil }
            let (z, rows) = (Double(parallelism), memoryRows)
            switch sweep {
            case .type1: return Double(outDegree) * (orders + z * Self.log2Factorial(rows))
            case .type2: return Double(outDegree) * (orders + z * Self.log2(rows))
            case .type3: return orders + z * Self.log2(rows)
            }
        }
    }

    /// log₂ kk, or nil where there is no formula.
    private func ditherCountLog2(_ dither: Bool) -> Double? {
        if !dither || inDegree % parallelism == 0 { return 0 }
        guard parallelism % inDegree == 0 else { return nil }
        return Self.log2Factorial(parallelism)
            - Double(parallelism / inDegree) * Self.log2Factorial(inDegree)
    }

    /// ⌈log₂ count⌉
    private static func bits(_ count: Int) -> Int {
        Int.bitWidth - (count - 1).leadingZeroBitCount
    }

    private static func log2(_ value: Int) -> Double {
        let number = Double(value)
        // The fraction is in [1, 2), where the logarithm of a float is good to its last bits.
        return Double(number.exponent)
            + Double(logFMA(Float(number.significand))) * 1.442_695_040_888_963_4
    }

    /// log₂ n!: term by term below 256, by Stirling's series above.
    private static func log2Factorial(_ n: Int) -> Double {
        if n < 2 { return 0 }
        if n < 256 { return (2...n).reduce(0) { $0 + log2($1) } }
        let x = Double(n)
        let series = 1 / (12 * x) - 1 / (360 * x * x * x)
        return (x + 0.5) * log2(n) + 1.325_748_064_736_159_5
            + (series - x) * 1.442_695_040_888_963_4
    }
}
