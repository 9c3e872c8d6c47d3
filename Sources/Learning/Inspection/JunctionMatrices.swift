// The weights of a section that somebody kept, as real numbers in plain matrices, whatever their
// structure, rule and number format are. For people and other programs, not per sample.

import Junctions

/// One junction of a section as real numbers.
public struct JunctionMatrices: Sendable {
    /// From the input, those of blocks counted, 0 first.
    public let index: Int
    /// What the names of its fields begin with: `junction.0`, `block.2`, `block.3.recurrent`.
    public let name: String
    /// Left neurons.
    public let inputs: Int
    /// Right neurons.
    public let outputs: Int
    /// What it is: `clash-free type 2, density 0.0625, …`.
    public let text: String
    /// W of FF, [outputs][inputs], row by row: y = W x + b. Where there is no edge it is 0.
    public let weights: [Float]
    /// W of BP, e = Wᵀ δ, where it is another matrix (N:M); else nil.
    public let backpropWeights: [Float]?
    /// b, [outputs].
    public let biases: [Float]
}

extension LearnerLayout {
    /// Every junction of a section of this layout as real numbers; allocates.
    ///
    /// - section: `section.byteCount` bytes. Only what follows from weights may be written anew.
    public func junctionMatrices(_ section: UnsafeMutableRawPointer) -> [JunctionMatrices] {
        network.placedJunctions.map { $0.matrices(section) }
    }
}

extension PlacedJunction {
    fileprivate func matrices(_ section: UnsafeMutableRawPointer) -> JunctionMatrices {
        let form = junction.form
        let (forward, backward) = withLearnerMemory(section) { memory in
            func matrix(_ pass: JunctionPass) -> [Float] {
                var dense = [Float](repeating: 0, count: form.inputs * form.outputs)
                dense.withUnsafeMutableBufferPointer {
                    guard let start = $0.baseAddress else { return }
                    form.expand(memory.parameters, memory.workspace, pass, into: start)
                }
                return dense
            }
            return (matrix(.feedforward), matrix(.backprop))
        }
        return JunctionMatrices(
            index: index, name: name, inputs: form.inputs, outputs: form.outputs,
            text: specification.text,
            weights: forward, backpropWeights: backward == forward ? nil : backward,
            biases: biases(UnsafeRawPointer(section + parametersOffset)))
    }

    private func biases(_ parameters: UnsafeRawPointer) -> [Float] {
        let fields = junction.form.fields
        guard let place = fields.firstIndex(where: { $0.name == "bias" }) else { return [] }
        let start = parameters + fields.offset(place)
        return (0..<junction.form.outputs).map { neuron in
            guard fields[place].element == .i16, let format = junction.format else {
                return start.load(fromByteOffset: 4 * neuron, as: Float.self)
            }
            return format.float(start.load(fromByteOffset: 2 * neuron, as: Int16.self))
        }
    }

    /// Calls `body` with the junction as a learner has it: tables made, what the workspace derives
    /// from the weights made.
    private func withLearnerMemory<Result>(
        _ section: UnsafeMutableRawPointer, _ body: (JunctionMemory) -> Result
    ) -> Result {
        let form = junction.form
        let bytes = max(form.feedforwardBytes + form.updateBytes(specification.increment), 64)
        let workspace = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        defer { workspace.deallocate() }
        workspace.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
        form.prepare(workspace, forUpdates: true)
        let memory = JunctionMemory(
            parameters: section + parametersOffset, velocity: nil, workspace: workspace)
        form.refresh(memory)
        return body(memory)
    }
}
