// The rule of delayed updates sample by sample, with whole copies of the parameters: V_i[n] are the
// parameters of junction i after the updates of n samples. With junctions i = 1 … J, sample m from 0:
//
//     FF of i:          V_i[max(0, m − 2(J − i) − 1)]     cycle m + i − 1
//     BP and UP of i:   V_i[m]                             cycle m + 2J − i
//
// so a sample's FF is one whole pass of a sequential network over parameters put together from many
// moments, and its BP and UP another one over the newest. No banks, no cycles.

import Junctions
import Kernels
import Learning
import WeightStore

/// A sequential network that learns late.
final class DelayedCopies {
    let layout: LearnerLayout
    private let network: Network
    private let kernels: KernelSet
    private let section: UnsafeMutableRawPointer
    private let workspace: UnsafeMutableRawPointer
    private let generator: UnsafeMutablePointer<UInt64>
    /// The section after 0, 1, 2, … samples.
    private(set) var copies: [[UInt8]]
    private(set) var outputs: [[Float]] = []
    private(set) var losses: [Double] = []
    private(set) var updateCount = 0

    /// Starts with the parameters of a pipelined learner.
    init(_ harness: LearnerHarness, kernels: KernelSet = .best) throws {
        var configuration = harness.layout.configuration
        configuration.schedule = .sequential
        layout = LearnerLayout(configuration)
        network = layout.network
        self.kernels = kernels
        section = .allocate(byteCount: layout.section.byteCount, alignment: 64)
        workspace = .allocate(byteCount: network.workspaceBytes, alignment: 64)
        workspace.initializeMemory(as: UInt8.self, repeating: 0, count: network.workspaceBytes)
        network.prepare(workspace)
        // The registers come last: what is before them lies where it does without them.
        copies = [Array(harness.bytes.prefix(layout.section.byteCount))]
        let field = layout.section["learner.generator"]
        generator = .allocate(capacity: 4)
        generator.update(
            from: (harness.section + (field?.offset ?? 0)).assumingMemoryBound(to: UInt64.self),
            count: 4)
    }

    deinit {
        section.deallocate()
        workspace.deallocate()
        generator.deallocate()
    }

    /// Learns the next sample.
    ///
    /// - target: of every output neuron
    func learn(_ x: [Float], target: [Float], rate: Float) {
        let sample = outputs.count
        let junctionCount = network.layers.count
        put(copies[sample])
        for index in 0..<junctionCount {
            let known = max(0, sample - 2 * (junctionCount - index - 1) - 1)
            for range in junction(index) { put(copies[known], range) }
        }
        network.refresh(section, workspace)
        network.input(workspace).update(from: x, count: x.count)
        network.feedforward(section, workspace, kernels)
        outputs.append(target.indices.map { network.output(workspace)[$0] })
        network.target(workspace).update(from: target, count: target.count)
        let loss = network.lossValue(workspace, kernels)
        losses.append(loss)
        put(copies[sample])
        network.refresh(section, workspace)
        if loss.isFinite {
            network.setOutputDelta(workspace, kernels)
            let rule = UpdateRule(learningRate: rate, momentum: 0, weightDecay: 0)
            let isUpdated = network.backpropUpdate(section, workspace, rule, generator, kernels)
            updateCount += isUpdated ? 1 : 0
        }
        copies.append(
            Array(UnsafeRawBufferPointer(start: section, count: layout.section.byteCount)))
    }

    /// Where the fields of a junction lie, but its counters of saturations.
    func junction(_ index: Int) -> [Range<Int>] {
        layout.section.fields
            .filter {
                $0.name.hasPrefix("junction.\(index).") && !$0.name.hasSuffix("saturations")
            }
            .map { $0.offset..<($0.offset + $0.byteCount) }
    }

    private func put(_ bytes: [UInt8], _ range: Range<Int>? = nil) {
        let range = range ?? bytes.indices
        bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { return }
            (section + range.lowerBound).copyMemory(
                from: base + range.lowerBound, byteCount: range.count)
        }
    }
}
