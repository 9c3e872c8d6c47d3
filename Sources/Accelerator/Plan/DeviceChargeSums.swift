// What samples cost altogether: of one operation, of everything.

/// Figures that are charged, of an operation or of all together.
public struct DeviceFigures: Equatable, Sendable {
    /// Of the emulated clock.
    public var clocks: UInt64 = 0
    /// Words read from and written to on-chip memories.
    public var accesses: UInt64 = 0
    /// Requests beyond the ports of a memory.
    public var clashes: UInt64 = 0
    /// Femtojoules, or thousandths of the unit of a table of ratios; 0 without a table. 2⁶⁴
    /// femtojoules are 18 kJ, which a fast device takes in a day.
    public var energy: UInt128 = 0

    /// Nothing yet.
    public init() {}

    /// Energy in whole units of the table, picojoules or its own, cut off; what is beyond 2⁶⁴ is 2⁶⁴ − 1.
    public var wholeEnergy: UInt64 { UInt64(clamping: energy / 1000) }

    /// Energy in the unit of the table.
    public var energyAmount: Double { Double(energy) / 1000 }

    /// `times` times these figures, modulo 2⁶⁴.
    public func multiplied(by times: UInt64) -> DeviceFigures {
        var product = DeviceFigures()
        product.clocks = clocks &* times
        product.accesses = accesses &* times
        product.clashes = clashes &* times
        product.energy = energy &* UInt128(times)
        return product
    }

    /// These figures without `earlier` ones of the same sums, modulo 2⁶⁴.
    public func less(_ earlier: DeviceFigures) -> DeviceFigures {
        var rest = DeviceFigures()
        rest.clocks = clocks &- earlier.clocks
        rest.accesses = accesses &- earlier.accesses
        rest.clashes = clashes &- earlier.clashes
        rest.energy = energy &- earlier.energy
        return rest
    }
}

/// What samples cost altogether, modulo 2⁶⁴: counts times constants. A view that owns nothing.
public struct DeviceChargeSums {
    /// Junctions of the network.
    public let junctionCount: Int
    private let learnedCosts: UnsafePointer<UInt64>
    private let inferredCosts: UnsafePointer<UInt64>
    private let learned: UInt64
    private let inferred: UInt64

    /// - costs: what a learned sample costs, and then what an inference costs, each
    ///   `DeviceChargeLayout.count` numbers, 8-byte aligned, that outlive the view
    /// - learned: learned samples
    /// - inferred: inferences
    public init(
        costs: UnsafePointer<UInt64>, learned: UInt64, inferred: UInt64, junctionCount: Int
    ) {
        learnedCosts = costs
        inferredCosts = costs + DeviceChargeLayout.count(junctionCount: junctionCount)
        self.learned = learned
        self.inferred = inferred
        self.junctionCount = junctionCount
    }

    /// Number `index` in the order of `DeviceChargeLayout`.
    public subscript(_ index: Int) -> UInt64 {
        learnedCosts[index] &* learned &+ inferredCosts[index] &* inferred
    }

    /// The figures of one operation of one junction.
    public func operation(_ junction: Int, _ operation: Operation) -> DeviceFigures {
        precondition(junction >= 0 && junction < junctionCount, "a junction of the network")
        return figures(DeviceChargeLayout.index(junction: junction, operation))
    }

    /// Clocks of the device from the first sample to the last, which is less than the sum over
    /// operations where these run at the same time; all else is a sum. Allocates nothing.
    public var total: DeviceFigures {
        var sum = DeviceFigures()
        sum.clocks = self[0]
        for operation in 0..<(3 * junctionCount) {
            let part = figures(1 + operation * DeviceChargeLayout.figuresPerOperation)
            sum.accesses &+= part.accesses
            sum.clashes &+= part.clashes
            sum.energy &+= part.energy
        }
        return sum
    }

    private func figures(_ first: Int) -> DeviceFigures {
        var figures = DeviceFigures()
        figures.clocks = self[first]
        figures.accesses = self[first + 1]
        figures.clashes = self[first + 2]
        figures.energy =
            UInt128(learnedCosts[first + 3]) &* UInt128(learned)
            &+ UInt128(inferredCosts[first + 3]) &* UInt128(inferred)
        return figures
    }
}

extension DeviceCharge {
    /// All figures of one learned sample.
    public var learnedTotal: DeviceFigures { total(learned: 1, inferred: 0) }

    /// All figures of one inference.
    public var inferredTotal: DeviceFigures { total(learned: 0, inferred: 1) }

    private func total(learned: UInt64, inferred: UInt64) -> DeviceFigures {
        (self.learned + self.inferred).withUnsafeBufferPointer { numbers in
            guard let base = numbers.baseAddress else { return DeviceFigures() }
            return DeviceChargeSums(
                costs: base, learned: learned, inferred: inferred, junctionCount: junctionCount
            ).total
        }
    }
}

extension DeviceDescription {
    /// What `clocks` of the device's clock last: round(clocks · 10⁹ / f).
    public func nanoseconds(_ clocks: UInt64) -> UInt64 {
        let nanoseconds = (Double(clocks) * 1e9 / clockHertz).rounded()
        return UInt64(exactly: nanoseconds) ?? (nanoseconds > 0 ? .max : 0)
    }

    /// What `clocks` of the device's clock last, in seconds.
    public func seconds(_ clocks: UInt64) -> Double { Double(clocks) / clockHertz }

    /// What energies of this device are counted in: `pJ`, or the words of a table of ratios; nil
    /// without a table.
    public var energyUnit: String? {
        switch energy?.unit {
        case nil: nil
        case .picojoules: "pJ"
        case .relative(let unit): unit
        }
    }
}
