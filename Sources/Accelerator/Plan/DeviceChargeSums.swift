// Charges that were added up, read back: of one operation, of everything.

/// Figures that are charged, of an operation or of all together.
public struct DeviceFigures: Equatable, Sendable {
    /// Of the emulated clock.
    public var clocks: UInt64 = 0
    /// Words read from and written to on-chip memories.
    public var accesses: UInt64 = 0
    /// Requests beyond the ports of a memory.
    public var clashes: UInt64 = 0
    /// Femtojoules, or thousandths of the unit of a table of ratios; 0 without a table.
    public var energy: UInt64 = 0

    /// Nothing yet.
    public init() {}

    /// `times` times these figures, modulo 2⁶⁴.
    public func multiplied(by times: UInt64) -> DeviceFigures {
        var product = DeviceFigures()
        product.clocks = clocks &* times
        product.accesses = accesses &* times
        product.clashes = clashes &* times
        product.energy = energy &* times
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

/// A view of sums (or of one row) in the order of `DeviceChargeLayout`; it owns nothing.
public struct DeviceChargeSums {
    /// Junctions of the network.
    public let junctionCount: Int
    private let numbers: UnsafePointer<UInt64>

    /// - numbers: `DeviceChargeLayout.count` of them, 8-byte aligned, that outlive the view
    public init(_ numbers: UnsafePointer<UInt64>, junctionCount: Int) {
        self.numbers = numbers
        self.junctionCount = junctionCount
    }

    /// The figures of one operation of one junction.
    public func operation(_ junction: Int, _ operation: Operation) -> DeviceFigures {
        precondition(junction >= 0 && junction < junctionCount, "a junction of the network")
        let first = numbers + DeviceChargeLayout.index(junction: junction, operation)
        var figures = DeviceFigures()
        figures.clocks = first[0]
        figures.accesses = first[1]
        figures.clashes = first[2]
        figures.energy = first[3]
        return figures
    }

    /// Clocks of the device from the first sample to the last, which is less than the sum over
    /// operations where these run at the same time; all else is a sum. Allocates nothing.
    public var total: DeviceFigures {
        var sum = DeviceFigures()
        sum.clocks = numbers[0]
        for operation in 0..<(3 * junctionCount) {
            let first = numbers + 1 + operation * DeviceChargeLayout.figuresPerOperation
            sum.accesses &+= first[1]
            sum.clashes &+= first[2]
            sum.energy &+= first[3]
        }
        return sum
    }
}

extension DeviceCharge {
    /// All figures of one learned sample.
    public var learnedTotal: DeviceFigures { Self.total(learned, junctionCount) }

    /// All figures of one inference.
    public var inferredTotal: DeviceFigures { Self.total(inferred, junctionCount) }

    private static func total(_ row: [UInt64], _ junctionCount: Int) -> DeviceFigures {
        row.withUnsafeBufferPointer { numbers in
            guard let base = numbers.baseAddress else { return DeviceFigures() }
            return DeviceChargeSums(base, junctionCount: junctionCount).total
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

    /// The same of charges, which are thousandths of it: `fJ`.
    public var chargeUnit: String? {
        switch energy?.unit {
        case nil: nil
        case .picojoules: "fJ"
        case .relative(let unit): "0.001 \(unit)"
        }
    }
}
