// Many samples at a time: the increments of a micro-batch are summed and applied once.
//
// ReLU between junctions, softmax at the end, cross-entropy. Arrays are [neurons][B], B samples of
// a neuron side by side; rows of padding are zero.

import Arithmetic
import Junctions
import Kernels

/// Junctions that take many vectors, with the layers of neurons between them.
final class MicroBatchLearner: ExperimentLearner {
    let blockSize: Int
    let junctions: [Junction]
    private let forms: [any ManyVectorForm]
    private let parameters: [UnsafeMutableRawPointer]
    private let workspaces: [UnsafeMutableRawPointer]
    private let scratch: [UnsafeMutableRawPointer]
    /// Values and errors of every layer of neurons.
    private let values: [UnsafeMutablePointer<Float>]
    private let errors: [UnsafeMutablePointer<Float>]
    private let column = clearedMemory(256).assumingMemoryBound(to: Float.self)
    private let kernels = KernelSet.best
    private let inputScale: InputScale
    private let classCount: Int

    init(_ run: Run, _ data: DataSet) throws(StructureError) {
        let configuration = run.configuration(data)
        let widths = configuration.widths
        let count = run.recipe.microBatch
        var made: [Junction] = []
        var forms: [any ManyVectorForm] = []
        for index in 0..<(widths.count - 1) {
            let specification = configuration.junction(index)
            let junction = try specification.junction(
                inputs: widths[index], outputs: widths[index + 1])
            guard case .float(let float) = junction, let form = float.form as? any ManyVectorForm
            else {
                throw StructureError(
                    "microBatch", found: "\(count)", expected: "1 for this structure")
            }
            made.append(junction)
            forms.append(form)
        }
        junctions = made
        self.forms = forms
        blockSize = count
        parameters = forms.map { clearedMemory($0.fields.byteCount) }
        workspaces = forms.map { clearedMemory($0.feedforwardBytes + $0.updateBytes(.exact)) }
        scratch = forms.map { clearedMemory($0.manyBytes(count)) }
        let layers = widths.map { width in
            (0..<2).map { _ in
                clearedMemory(DenseJunction.paddedCount(width) * count * 4)
                    .assumingMemoryBound(to: Float.self)
            }
        }
        values = layers.map { $0[0] }
        errors = layers.map { $0[1] }
        inputScale = InputScale(bits: run.recipe.inputBits, unit: data.unit)
        classCount = data.classCount
        draw(seed: run.seed)
    }

    /// He normal, as the network draws it.
    private func draw(seed: UInt64) {
        var random = Xoshiro256StarStar(seed: seed)
        for (index, form) in forms.enumerated() {
            form.prepare(workspaces[index], forUpdates: true)
            let deviation = (2 / Float(form.fanIn)).squareRoot()
            form.initialise(
                parameters[index], workspaces[index], .normal(deviation: deviation), &random)
            form.refresh(memory(index))
        }
    }

    deinit {
        for pointer in parameters + workspaces + scratch { pointer.deallocate() }
        for pointer in values + errors { pointer.deallocate() }
        column.deallocate()
    }

    private func memory(_ index: Int) -> JunctionMemory {
        JunctionMemory(
            parameters: parameters[index], velocity: nil, workspace: workspaces[index])
    }

    func predict(_ samples: LabelledSamples, _ indices: ArraySlice<Int>, right: inout [Bool]) {
        for (place, index) in indices.enumerated() {
            inputScale.fill(values[0] + place, stride: blockSize, samples, index)
        }
        for (index, form) in forms.enumerated() {
            form.feedforwardMany(
                parameters[index], workspaces[index], x: values[index], y: values[index + 1],
                count: blockSize, kernels: kernels)
            if index < forms.count - 1 {
                kernels.relu(
                    values[index + 1], DenseJunction.paddedCount(form.outputs) * blockSize)
            }
        }
        let y = values[forms.count]
        for (place, index) in indices.enumerated() {
            var best = 0
            for output in 1..<classCount
            where y[output * blockSize + place] > y[best * blockSize + place] {
                best = output
            }
            right[place] = best == Int(samples.classes[index])
        }
    }

    func learn(_ samples: LabelledSamples, _ indices: ArraySlice<Int>, _ rule: UpdateRule) {
        precondition(indices.count == blockSize, "a whole block")
        let y = values[forms.count]
        let delta = errors[forms.count]
        for (place, index) in indices.enumerated() {
            for output in 0..<classCount { column[output] = y[output * blockSize + place] }
            kernels.softmax(column, classCount)
            column[Int(samples.classes[index])] -= 1
            for output in 0..<classCount { delta[output * blockSize + place] = column[output] }
        }
        for index in forms.indices.reversed() {
            let form = forms[index]
            form.backpropUpdateMany(
                memory(index), scratch: scratch[index], x: values[index],
                delta: errors[index + 1], e: index > 0 ? errors[index] : nil, count: blockSize,
                rule: rule, kernels: kernels)
            if index > 0 {
                kernels.reluDelta(
                    values[index], errors[index],
                    DenseJunction.paddedCount(form.inputs) * blockSize)
            }
        }
    }
}
