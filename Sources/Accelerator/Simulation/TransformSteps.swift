// One operation of transform units on its way: butterflies and products one by one, each taking a
// unit of the clock that is on, on numbers that really change.
//
// A real transform keeps, in every stage, only the bins that conjugate symmetry leaves: a group
// that joins two spectra of h points has bins 0 ... h/2. Bin 0 is two real numbers, bin h/2 is
// turned by −90° and needs no product: both together engage one butterfly, every other bin one.

import Arithmetic

/// Bins 0 ... k/2 of k real numbers; the first and the last are real.
struct HalfSpectrum: Equatable {
    var re: [Double]
    var im: [Double]

    init(bins: Int) {
        re = Array(repeating: 0, count: bins)
        im = re
    }
}

/// Counts of one operation, and the clocks of its phases.
struct TransformSteps {
    private let units: TransformUnits
    private let widths: NumberWidths
    private var clocks = 0
    /// Work of a phase that its last clock can still take.
    private var free = 0
    /// Whether a butterfly has done one of the two bins that share it.
    private var isHalfway = false
    private var work: [ActionKind: Int] = [:]
    private var accesses: [Action: Int] = [:]

    init(_ units: TransformUnits, _ widths: NumberWidths) {
        self.units = units
        self.widths = widths
    }

    /// The next phase begins with a clock of its own.
    mutating func endPhase() {
        free = 0
        isHalfway = false
    }

    /// Something that a unit does as numbers pass.
    mutating func count(_ kind: ActionKind, _ times: Int = 1) { work[kind, default: 0] += times }

    /// Words that go through a port.
    mutating func access(_ kind: ActionKind, bits: Int, _ words: Int) {
        accesses[Action(kind, bits: bits), default: 0] += words
    }

    private mutating func take(perClock: Int) {
        if free == 0 {
            clocks += 1
            free = perClock
        }
        free -= 1
    }

    private mutating func butterfly(isShared: Bool) {
        if isShared {
            isHalfway.toggle()
            if !isHalfway { return }
        }
        take(perClock: units.butterflies)
        count(.multiply, 4)
        count(.add, 6)
    }

    /// The spectrum of a power of two of real numbers.
    mutating func transform(_ x: [Double]) -> HalfSpectrum {
        if x.count == 1 {
            var one = HalfSpectrum(bins: 1)
            one.re[0] = x[0]
            return one
        }
        let half = x.count / 2
        let even = transform((0..<half).map { x[2 * $0] })
        let odd = transform((0..<half).map { x[2 * $0 + 1] })
        var joined = HalfSpectrum(bins: half + 1)
        for bin in 0...half / 2 {
            butterfly(isShared: bin == 0 || 2 * bin == half)
            let (c, s) = Self.root(bin, of: x.count)
            let re = odd.re[bin] * c + odd.im[bin] * s
            let im = odd.im[bin] * c - odd.re[bin] * s
            joined.re[half - bin] = even.re[bin] - re
            joined.im[half - bin] = im - even.im[bin]
            joined.re[bin] = even.re[bin] + re
            joined.im[bin] = even.im[bin] + im
        }
        return joined
    }

    /// The numbers of a spectrum: the same butterflies backwards.
    mutating func invert(_ spectrum: HalfSpectrum) -> [Double] {
        if spectrum.re.count == 1 { return [spectrum.re[0]] }
        let half = spectrum.re.count - 1
        var (even, odd) = (HalfSpectrum(bins: half / 2 + 1), HalfSpectrum(bins: half / 2 + 1))
        for bin in 0...half / 2 {
            butterfly(isShared: bin == 0 || 2 * bin == half)
            let (c, s) = Self.root(bin, of: 2 * half)
            even.re[bin] = (spectrum.re[bin] + spectrum.re[half - bin]) / 2
            even.im[bin] = (spectrum.im[bin] - spectrum.im[half - bin]) / 2
            let re = (spectrum.re[bin] - spectrum.re[half - bin]) / 2
            let im = (spectrum.im[bin] + spectrum.im[half - bin]) / 2
            odd.re[bin] = re * c - im * s
            odd.im[bin] = im * c + re * s
        }
        let (first, second) = (invert(even), invert(odd))
        return zip(first, second).flatMap { [$0, $1] }
    }

    /// sum ← sum + a · b, or conj(a) · b
    mutating func multiply(
        _ a: HalfSpectrum, _ b: HalfSpectrum, conjugated: Bool, into sum: inout HalfSpectrum
    ) {
        let last = a.re.count - 1
        for bin in 0...last {
            let isReal = bin == 0 || bin == last
            let imaginary = conjugated ? -a.im[bin] : a.im[bin]
            for _ in 0..<(isReal ? 1 : 4) {
                take(perClock: units.multipliers)
                count(.multiply)
            }
            if !isReal { count(.add, 2) }
            sum.re[bin] += a.re[bin] * b.re[bin] - imaginary * b.im[bin]
            count(.add)
            guard !isReal else { continue }
            sum.im[bin] += a.re[bin] * b.im[bin] + imaginary * b.re[bin]
            count(.add)
        }
    }

    /// cos and sin of 2π · index / count, for a count that is a power of two ≥ 2, by halving angles.
    private static func root(_ index: Int, of count: Int) -> (c: Double, s: Double) {
        // From the angle π downwards, multiply the roots whose bits are set.
        var (c, s) = (1.0, 0.0)
        var (turnC, turnS) = (-1.0, 0.0)
        var bit = count / 2
        while bit > 0 {
            if index & bit != 0 { (c, s) = (c * turnC - s * turnS, c * turnS + s * turnC) }
            let next = ((1 + turnC) / 2).squareRoot()
            turnS = ((1 - turnC) / 2).squareRoot()
            turnC = next
            bit /= 2
        }
        return (c, s)
    }

    /// Everything that was counted.
    var cost: OperationCost {
        var actions = ActionCounts()
        for (kind, times) in work {
            actions.add(Action(kind, bits: widths.bits, isFloat: widths.isFloat), times)
        }
        for (action, words) in accesses { actions.add(action, words) }
        return OperationCost(clocks: clocks, actions: actions)
    }
}
