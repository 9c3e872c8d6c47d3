// UP on a stochastic outer-product unit, stepped: bit by bit through the converters, then product
// by product through the lanes. Random numbers are drawn as `StochasticReference` of Junctions
// draws them, so that the increments can be compared with the paper's definition.

import Arithmetic
import Junctions

/// One UP of one sample.
package struct StochasticSimulation {
    /// What is subtracted from the weight of each edge: how many bits in common, with the sign.
    package private(set) var counts: [Int] = []
    private let edges: [SimulatedClash.Edge]
    private let rule: StochasticRule
    private let unit: StochasticUnit
    private let place: JunctionPlace
    private let widths: NumberWidths
    private var leftBits: [[Bool]]
    private var rightBits: [[Bool]]
    private var clocks = 0
    private var work: [Action: Int] = [:]

    /// A junction before UP. Where no pattern says which edges there are, all products are formed.
    package init(
        _ junction: DeviceJunction, _ place: JunctionPlace, _ device: DeviceDescription,
        _ unit: StochasticUnit, _ rule: StochasticRule, edges: SteppedEdges
    ) {
        self.edges = edges.edges
        self.rule = rule
        self.unit = unit
        self.place = place
        widths = NumberWidths(junction, place, device.arithmetic)
        leftBits = Array(repeating: [], count: junction.inputs)
        rightBits = Array(repeating: [], count: junction.outputs)
    }

    private mutating func count(_ kind: ActionKind, bits: Int, isFloat: Bool = false) {
        work[Action(kind, bits: bits, isFloat: isFloat), default: 0] += 1
    }

    private mutating func compute(_ kind: ActionKind) {
        count(kind, bits: widths.bits, isFloat: widths.isFloat)
    }

    /// Steps UP to its end.
    /// - x, delta: what is multiplied, within −1 ... 1 where nobody scales (S = 1)
    /// - scales: S of both sides
    package mutating func run(
        x: [Float], delta: [Float], scales: (left: Double, right: Double), seed: UInt64
    ) -> OperationCost {
        convert(x, delta, scales, seed)
        multiply(x, delta)
        var actions = ActionCounts()
        for (action, count) in work { actions.add(action, count) }
        return OperationCost(clocks: clocks, actions: actions)
    }

    /// The random numbers of each element, one list per side where elements share them.
    private func numbers(_ left: Int, _ right: Int, _ seed: UInt64) -> [[Float]] {
        var generator = Xoshiro256StarStar(seed: seed)
        let lists = rule.sharing == .nothing ? left + right : 2
        return (0..<lists).map { _ in (0..<rule.bitCount).map { _ in generator.uniform() } }
    }

    private mutating func convert(
        _ x: [Float], _ delta: [Float], _ scales: (left: Double, right: Double), _ seed: UInt64
    ) {
        let numbers = numbers(x.count, delta.count, seed)
        var isDrawn = numbers.map { _ in Array(repeating: false, count: rule.bitCount) }
        var waiting = (x.indices.map { (false, $0) } + delta.indices.map { (true, $0) })[...]
        while !waiting.isEmpty {
            let loaded = waiting.prefix(unit.converters)
            waiting = waiting.dropFirst(unit.converters)
            for (isRight, index) in loaded { load(isRight, index) }
            for bit in 0..<rule.bitCount {
                clocks += 1
                for (isRight, index) in loaded {
                    let list =
                        switch rule.sharing {
                        case .nothing: isRight ? x.count + index : index
                        case .elements, .sides: isRight ? 1 : 0
                        }
                    if !isDrawn[list][bit] {
                        isDrawn[list][bit] = true
                        compute(.draw)
                    }
                    let source = rule.sharing == .sides ? 0 : list
                    let value = Double((isRight ? delta[index] : x[index]).magnitude)
                    let scale = isRight ? scales.right : scales.left
                    compute(.compare)
                    let isSet = Double(numbers[source][bit]) < value / scale
                    if isRight {
                        rightBits[index].append(isSet)
                    } else {
                        leftBits[index].append(isSet)
                    }
                }
            }
        }
    }

    /// A converter takes an element; a right one's error is zeroed, and its bias learns.
    private mutating func load(_ isRight: Bool, _ index: Int) {
        guard isRight else { return count(.read(.activations), bits: widths.leftBits) }
        count(.read(.errors), bits: widths.bits)
        if !place.isLast { count(.write(.errors), bits: widths.bits) }
        count(.read(.biases), bits: widths.weightBits)
        compute(.multiply)
        compute(.add)
        count(.write(.biases), bits: widths.weightBits)
    }

    private mutating func multiply(_ x: [Float], _ delta: [Float]) {
        var waiting = edges[...]
        while !waiting.isEmpty {
            clocks += 1
            for edge in waiting.prefix(unit.lanes) {
                count(.read(.weights), bits: widths.weightBits)
                var ones = 0
                for bit in 0..<rule.bitCount {
                    count(.bitAnd, bits: 1)
                    if leftBits[edge.left][bit] && rightBits[edge.right][bit] { ones += 1 }
                }
                count(.countOnes, bits: rule.bitCount)
                compute(.shift)
                compute(.add)
                count(.write(.weights), bits: widths.weightBits)
                counts.append((x[edge.left] < 0) != (delta[edge.right] < 0) ? -ones : ones)
            }
            waiting = waiting.dropFirst(unit.lanes)
        }
    }
}
