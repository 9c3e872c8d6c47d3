// From what a junction shall be, and its shape, to the form that is it.

import Arithmetic

extension JunctionSpecification {
    /// The junction of this specification between `inputs` left and `outputs` right neurons; an
    /// error names the property that does not fit and what would.
    /// - taps: how often a pattern of edges is repeated along the left neurons, [tap][channel]
    package func junction(
        inputs: Int, outputs: Int, taps: Int = 1
    ) throws(StructureError) -> Junction {
        if case .absent(let reason) = status {
            throw StructureError(
                "rule", found: "stochastic with \(structure.kind.rawValue) in fixed point",
                expected: "exact, or float32 numbers: \(reason)")
        }
        if case .stochastic(let rule) = increment { try checkStochastic(rule) }
        switch arithmetic {
        case .float32: return .float(try floatJunction(inputs, outputs, taps))
        case .fixed(let format): return .fixed(try fixedJunction(inputs, outputs, taps, format))
        }
    }

    /// ESSOP is plain SGD of whole weights; streams that are not shared by elements exist to be
    /// compared, on dense float32 junctions.
    private func checkStochastic(_ rule: StochasticRule) throws(StructureError) {
        let isPlain = structure == .dense && arithmetic == .float32
        if rule.sharing != .elements, !isPlain {
            throw StructureError(
                "stream-sharing", found: rule.sharing.rawValue,
                expected: "elements, unless the junction is dense and float32")
        }
        if rule.scaling != .powerOfTwo, arithmetic != .float32 {
            throw StructureError(
                "stream-scaling", found: rule.scaling.rawValue,
                expected: "power-of-two in fixed point")
        }
        guard case .pruned(let settings) = structure else { return }
        let pattern = try PruningPattern(settings)
        if pattern.weightUpdate != .dense {
            throw StructureError(
                "weight-update", found: "\"masked\"",
                expected: "\"dense\" with stochastic increments")
        }
        if pattern.droppedDecay > 0 {
            throw StructureError(
                "dropped decay", found: "\(pattern.droppedDecay)",
                expected: "0 with stochastic increments")
        }
    }

    private func fixedJunction(
        _ inputs: Int, _ outputs: Int, _ taps: Int, _ format: FixedFormat
    ) throws(StructureError) -> FixedJunction {
        switch structure {
        case .dense:
            try checkFixedInputs(inputs)
            return .dense(FixedDenseJunction(inputs: inputs, outputs: outputs, format: format))
        case .random, .structured, .clashFree:
            return .edge(
                try fixedEdges(.sparse(try sparsePattern(inputs, outputs, taps)), format))
        case .laneAligned(let density, let seed):
            let pattern = try laneAlignedPattern(inputs, outputs, taps, density, seed: seed)
            return .edge(try fixedEdges(.laneAligned(pattern), format))
        case .pruned(let settings):
            return .pruned(try fixedPruned(inputs, outputs, settings, format))
        case .circulant(let blockSize):
            let structure = try CirculantStructure(
                inputs: inputs, outputs: outputs, blockSize: blockSize)
            return .circulant(
                FixedCirculantJunction(
                    try FixedCirculantStructure(structure, format: format)))
        }
    }

    private func fixedEdges(
        _ pattern: EdgeList, _ format: FixedFormat
    ) throws(StructureError) -> FixedEdgeJunction {
        try checkFixedInputs(pattern.inputs)
        guard pattern.edgeCount <= Self.fixedEdgesMaximum,
            let form = FixedEdgeJunction(pattern, format: format)
        else {
            throw StructureError(
                "arithmetic", found: "fixed with \(pattern.edgeCount) edges",
                expected: "float32 above \(Self.fixedEdgesMaximum) edges")
        }
        return form
    }

    /// Lists of edges are drawn to know how long they get: more would take long only to be refused.
    private static let fixedEdgesMaximum = 1 << 24

    /// Sums of FF in 32 bits, and indices of 16, reach so far.
    private func checkFixedInputs(_ inputs: Int) throws(StructureError) {
        guard inputs <= 65_504 else {
            throw StructureError(
                "arithmetic", found: "fixed with \(inputs) inputs",
                expected: "float32 above 65,504 inputs")
        }
    }

    private func fixedPruned(
        _ inputs: Int, _ outputs: Int, _ settings: PruningSettings, _ format: FixedFormat
    ) throws(StructureError) -> FixedPrunedJunction {
        try checkFixedInputs(inputs)
        let pattern = try PruningPattern(settings)
        guard pattern.variant == .both else {
            throw StructureError(
                "pruned-passes", found: "\"\(settings.passes.rawValue)\"",
                expected: "\"both\" in fixed point")
        }
        guard pattern.weightUpdate == .dense else {
            throw StructureError(
                "weight-update", found: "\"masked\"", expected: "\"dense\" in fixed point")
        }
        guard pattern.droppedDecay == 0 else {
            throw StructureError(
                "dropped decay", found: "\(pattern.droppedDecay)", expected: "0 in fixed point")
        }
        return FixedPrunedJunction(
            inputs: inputs, outputs: outputs, keptCount: pattern.kept,
            groupCount: pattern.group, format: format)
    }

    private func floatJunction(
        _ inputs: Int, _ outputs: Int, _ taps: Int
    ) throws(StructureError) -> FloatJunction {
        switch structure {
        case .dense: return .dense(DenseJunction(inputs: inputs, outputs: outputs))
        case .laneAligned(let density, let seed):
            return .laneAligned(
                LaneAlignedJunction(
                    try laneAlignedPattern(inputs, outputs, taps, density, seed: seed)))
        case .circulant(let blockSize):
            return .circulant(
                CirculantJunction(
                    try CirculantStructure(
                        inputs: inputs, outputs: outputs, blockSize: blockSize)))
        case .pruned(let settings):
            return .pruned(
                PrunedJunction(
                    inputs: inputs, outputs: outputs, pattern: try PruningPattern(settings)))
        case .random, .structured, .clashFree:
            return .edge(EdgeJunction(try sparsePattern(inputs, outputs, taps)))
        }
    }
}

extension JunctionSpecification {
    /// The pattern of a structure whose edges are listed.
    private func sparsePattern(
        _ inputs: Int, _ outputs: Int, _ taps: Int
    ) throws(StructureError) -> SparsePattern {
        let channels = inputs / taps
        let pattern: SparsePattern
        switch structure {
        case .random(let density, let seed):
            pattern = try SparsePattern(
                .random, inputs: channels, outputs: outputs, density, nil, seed: seed)
        case .structured(let density, let seed):
            pattern = try SparsePattern(
                .structured, inputs: channels, outputs: outputs, density, nil, seed: seed)
        case .clashFree(let settings, let density, let seed):
            pattern = try SparsePattern(
                try settings.family(), inputs: channels, outputs: outputs, density,
                settings.parallelism, seed: seed)
        default: preconditionFailure("a structure whose edges are listed")
        }
        return taps == 1 ? pattern : pattern.repeated(taps: taps)
    }

    private func laneAlignedPattern(
        _ inputs: Int, _ outputs: Int, _ taps: Int, _ density: EdgeDensity, seed: UInt64
    ) throws(StructureError) -> LaneAlignedPattern {
        let pattern = try LaneAlignedPattern(
            inputs: inputs / taps, outputs: outputs, density, seed: seed)
        return taps == 1 ? pattern : pattern.repeated(taps: taps)
    }
}

extension InterleaverSettings {
    /// The same as a family of patterns.
    func family() throws(StructureError) -> SparseFamily {
        guard let sweep = SparseFamily.Sweep(rawValue: type) else {
            throw StructureError("interleaver", found: "\(type)", expected: "1, 2 or 3")
        }
        guard startsAtZero else { return .clashFree(sweep, dither: dithers) }
        guard !dithers else {
            throw StructureError(
                "dither", found: "memory", expected: "none where every sweep starts at zero")
        }
        return .zeros
    }
}

extension SparsePattern {
    /// The pattern of either density.
    init(
        _ family: SparseFamily, inputs: Int, outputs: Int, _ density: EdgeDensity,
        _ parallelism: Int?, seed: UInt64
    ) throws(StructureError) {
        switch density {
        case .fraction(let fraction):
            try self.init(
                family, inputs: inputs, outputs: outputs, density: fraction,
                parallelism: parallelism, seed: seed)
        case .outDegree(let degree):
            try self.init(
                family, inputs: inputs, outputs: outputs, outDegree: degree,
                parallelism: parallelism, seed: seed)
        }
    }
}

extension PruningPattern {
    /// The pattern of settings.
    init(_ settings: PruningSettings) throws(StructureError) {
        let variant: Variant =
            switch settings.passes {
            case .both: .both
            case .forward: .forwardOnly
            case .backward: .backwardOnly
            }
        try self.init(
            kept: settings.kept, group: settings.group, variant: variant,
            weightUpdate: settings.updatesKeptOnly ? .masked : .dense,
            droppedDecay: settings.droppedDecay)
    }
}

extension LaneAlignedPattern {
    /// The pattern of either density.
    init(
        inputs: Int, outputs: Int, _ density: EdgeDensity, seed: UInt64
    ) throws(StructureError) {
        switch density {
        case .fraction(let fraction):
            try self.init(inputs: inputs, outputs: outputs, density: fraction, seed: seed)
        case .outDegree(let degree):
            try self.init(inputs: inputs, outputs: outputs, outDegree: degree, seed: seed)
        }
    }
}
