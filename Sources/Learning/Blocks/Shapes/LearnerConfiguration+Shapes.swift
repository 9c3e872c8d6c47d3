// The shapes between the blocks of a configuration, and what is wrong with blocks.

import Junctions

extension LearnerConfiguration {
    /// Most blocks.
    public static let blockMaximum = 128

    /// What enters the first block: the features in the input's shape.
    public var entryShape: BlockShape {
        switch inputShape.count {
        case 2: .planar(rows: 1, columns: inputShape[0], channels: inputShape[1])
        case 3: .planar(rows: inputShape[0], columns: inputShape[1], channels: inputShape[2])
        default: .flat(count: featureCount)
        }
    }

    /// What every block reads, from the input, and last what the last one gives.
    public func blockShapes() throws(LearnerConfigurationError) -> [BlockShape] {
        try checkInputShape()
        var shapes = [entryShape]
        for (index, block) in blocks.enumerated() {
            do throws(StructureError) {
                shapes.append(try block.outputShape(shapes))
            } catch {
                throw .blockUnsuitable(index: index, kind: block.kind, error)
            }
        }
        return shapes
    }

    /// Values of the vector that the first junction reads: what the last block gives, or the input.
    var tailWidth: Int {
        guard !blocks.isEmpty else { return max(inputWidth, featureCount) }
        guard let shapes = try? blockShapes(), let last = shapes.last else { return 0 }
        return last.count
    }

    private func checkInputShape() throws(LearnerConfigurationError) {
        guard !inputShape.isEmpty else { return }
        var product = 1
        for extent in inputShape {
            guard extent >= 1, extent <= featureCount else {
                throw .inputShapeUnsuitable(inputShape, featureCount: featureCount)
            }
            product *= extent
            if product > featureCount { break }
        }
        guard inputShape.count == 2 || inputShape.count == 3, product == featureCount else {
            throw .inputShapeUnsuitable(inputShape, featureCount: featureCount)
        }
    }

    /// Throws the first block that cannot be, with what could.
    func validateBlocks() throws(LearnerConfigurationError) {
        try checkInputShape()
        guard !blocks.isEmpty else { return }
        guard blocks.count <= Self.blockMaximum else {
            throw .countOutOfRange(
                key: "blocks", value: blocks.count, lowest: 0, highest: Self.blockMaximum)
        }
        guard recompute >= 0, recompute <= Self.blockMaximum else {
            throw .countOutOfRange(
                key: "recompute", value: recompute, lowest: 0, highest: Self.blockMaximum)
        }
        guard inputWidth == 0 else {
            throw .countOutOfRange(key: "input width", value: inputWidth, lowest: 0, highest: 0)
        }
        guard schedule == .sequential else { throw .pipelineBlocks(count: blocks.count) }
        var shapes = try blockShapes()
        try checkLastShape(shapes[blocks.count])
        for (index, block) in blocks.enumerated().reversed() {
            shapes.removeLast()
            do throws(StructureError) {
                try checkJunctions(of: block)
                _ = try Block(block, shapes, BlockPurpose(learns: true))
            } catch {
                throw .blockUnsuitable(index: index, kind: block.kind, error)
            }
        }
    }

    /// The junctions behind the blocks read a vector.
    private func checkLastShape(_ shape: BlockShape) throws(LearnerConfigurationError) {
        let index = blocks.count - 1
        let kind = blocks[index].kind
        guard case .flat(let count) = shape else {
            throw .blockUnsuitable(
                index: index, kind: kind,
                StructureError(
                    "output", found: "\(shape)",
                    expected: "one vector behind the last block: add flatten or global-pool"))
        }
        guard count <= Self.widthMaximum else {
            throw .blockUnsuitable(
                index: index, kind: kind,
                StructureError(
                    "output", found: "\(count)",
                    expected: "at most \(Self.widthMaximum) values: pool before it"))
        }
    }

    private func checkJunctions(of block: BlockSpecification) throws(StructureError) {
        for specification in block.junctionSpecifications {
            try checkIncrement(specification)
            try checkFixedRate(specification)
        }
        guard case .lstm(let settings) = block, case .producer = settings.state else { return }
        if pendingCapacity > 0 {
            throw StructureError(
                "state", found: "producer",
                expected: "window where samples wait for labels: a late label would meet a state "
                    + "that is not the sample's")
        }
        if task.forecastSteps > 1 {
            throw StructureError(
                "state", found: "producer",
                expected: "window with a forecast of \(task.forecastSteps) steps: a sample is "
                    + "learned when its last step has come, and would meet a state that is not "
                    + "its own; or a forecast of 1 step")
        }
    }
}
