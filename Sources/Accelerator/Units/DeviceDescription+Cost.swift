// Who works a junction, and so which model says what it costs.
//
// Dense and pre-defined sparse junctions go to the edge processors, block-circulant ones to the
// transform units, N:M to the tensor array, which takes dense ones, too, where there are no edge
// processors. A stochastic increment is formed by the stochastic unit, whoever does FF and BP.
//
// A junction that many positions of a sample share is worked for one after the other: everything
// it does for one vector, with the overhead of a junction cycle, times the vectors. That is an upper
// bound for units that could keep weights or views from one position to the next (tensor array).

import Junctions

extension DeviceDescription {
    /// What junction `index` of a network costs per sample; `unitMissing` where nobody can work it.
    /// - parallelism: z of every junction on edge processors
    func cost(
        of network: DeviceNetwork, _ index: Int, parallelism: [Int]
    ) throws(DeviceError) -> JunctionCost {
        let junction = network.junctions[index]
        try checkArithmetic(of: junction, index)
        let place = JunctionPlace(network, index, self, parallelism)
        var cost = try exactCost(of: junction, index, place)
        if case .stochastic(let rule) = junction.specification.increment {
            guard let unit = stochasticUnit else {
                throw missing(index, junction, "stochastic-unit")
            }
            cost.update = StochasticProcessing(unit, self).update(junction, rule, place)
            cost.updateUnit = .stochasticUnit
            cost.updatesDuringBackprop = true
        }
        if place.isFirst { cost.backprop = nil }
        return cost.repeated(junction.uses)
    }

    private func exactCost(
        of junction: DeviceJunction, _ index: Int, _ place: JunctionPlace
    ) throws(DeviceError) -> JunctionCost {
        switch junction.specification.structure {
        case .circulant(let blockSize):
            guard let units = transformUnits else {
                throw missing(index, junction, "transform-units")
            }
            return TransformProcessing(units, self).cost(junction, place, blockSize: blockSize)
        case .pruned(let settings):
            guard let array = tensorArray else { throw missing(index, junction, "tensor-array") }
            return TensorProcessing(array, self).cost(
                junction, pruning: settings, isFirst: place.isFirst, isLast: place.isLast,
                hasMomentum: place.hasMomentum)
        case .dense where edgeProcessors == nil:
            guard let array = tensorArray else {
                throw missing(index, junction, "edge-processors")
            }
            return TensorProcessing(array, self).cost(
                junction, pruning: nil, isFirst: place.isFirst, isLast: place.isLast,
                hasMomentum: place.hasMomentum)
        case .dense, .random, .structured, .clashFree, .laneAligned:
            guard let processors = edgeProcessors else {
                throw missing(index, junction, "edge-processors")
            }
            guard
                junction.specification.structure == .dense
                    || junction.weightCount <= EdgeTraffic.mostEdges
            else {
                throw .tooManyEdges(
                    junction: index, found: junction.weightCount, most: EdgeTraffic.mostEdges)
            }
            return EdgeProcessing(processors, self).cost(junction, place)
        }
    }

    private func missing(
        _ index: Int, _ junction: DeviceJunction, _ unit: String
    ) -> DeviceError {
        .unitMissing(
            junction: index, structure: junction.specification.text, unit: unit)
    }

    /// Fixed point up to the widest word, floats where there are any.
    private func checkArithmetic(
        of junction: DeviceJunction, _ index: Int
    ) throws(DeviceError) {
        let widest = arithmetic.fixedBits
        switch junction.specification.arithmetic {
        case .float32 where arithmetic.floatBits == 0:
            throw .arithmeticUnsuitable(
                junction: index, found: "float32",
                expected: "fixed point of at most \(widest) bits")
        case .fixed(let format) where format.width > widest:
            throw .arithmeticUnsuitable(
                junction: index, found: format.text,
                expected: widest == 0 ? "float32" : "fixed point of at most \(widest) bits")
        default: break
        }
    }
}
