// One sample at a time, through the network that the daemon uses.

import Arithmetic
import Junctions
import Kernels
import Learning

/// `Network` with memory of its own.
final class NetworkLearner: ExperimentLearner {
    let blockSize = 1
    private let network: Network
    private let section: UnsafeMutableRawPointer
    private let workspace: UnsafeMutableRawPointer
    private let generator: UnsafeMutableRawPointer
    private let kernels = KernelSet.best
    private let inputScale: InputScale
    private let classCount: Int

    init(_ run: Run, _ data: DataSet) {
        let configuration = run.configuration(data)
        let layout = LearnerLayout(configuration)
        network = layout.network
        section = clearedMemory(layout.section.byteCount)
        workspace = clearedMemory(network.workspaceBytes)
        generator = clearedMemory(32)
        inputScale = InputScale(bits: run.recipe.inputBits, unit: data.unit)
        classCount = data.classCount
        var random = Xoshiro256StarStar(seed: run.seed)
        network.prepare(workspace)
        network.initialise(
            section, workspace, rule: configuration.initialisation, lastIsZero: false,
            generator: &random)
        network.refresh(section, workspace)
        random.store(to: generator)
    }

    deinit {
        section.deallocate()
        workspace.deallocate()
        generator.deallocate()
    }

    var junctions: [Junction] { network.layers.map(\.junction) }

    func predict(_ samples: LabelledSamples, _ indices: ArraySlice<Int>, right: inout [Bool]) {
        for (place, index) in indices.enumerated() {
            inputScale.fill(network.input(workspace), stride: 1, samples, index)
            network.feedforward(section, workspace, kernels)
            let y = network.output(workspace)
            var best = 0
            for output in 1..<classCount where y[output] > y[best] { best = output }
            right[place] = best == Int(samples.classes[index])
        }
    }

    func learn(_ samples: LabelledSamples, _ indices: ArraySlice<Int>, _ rule: UpdateRule) {
        for index in indices {
            network.setTarget(workspace, classIndex: Int(samples.classes[index]))
            network.setOutputDelta(workspace, kernels)
            network.backpropUpdate(
                section, workspace, rule, generator.assumingMemoryBound(to: UInt64.self), kernels)
        }
    }
}
