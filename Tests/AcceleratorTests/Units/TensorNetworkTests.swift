// Goal: training steps of two published networks cost what docs/papers.md says; each thing that is
// taken away costs what the model says; the scheduler is never worse.
// Data: Benchmarks/papers-device/tensor-layers.csv, the file that the experiments read.

import Accelerator
import Glibc
import Junctions
import Testing

@Suite struct TensorNetworkTests {
    /// The shapes, found from this file wherever the package lies.
    static func networks() throws -> [TensorNetwork] {
        let resolved = try #require(realpath(#filePath, nil))
        defer { free(resolved) }
        let root = String(cString: resolved).split(separator: "/").dropLast(4)
        let path = "/" + root.joined(separator: "/") + "/Benchmarks/papers-device/tensor-layers.csv"
        let file = try #require(fopen(path, "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = fread(&bytes, 1, bytes.count, file)
        return try TensorNetwork.read(String(decoding: bytes[0..<count], as: UTF8.self))
    }

    static let batches = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
    static let twoOfEight = PruningSettings(kept: 2, group: 8)

    /// Dense and pruned steps of all networks.
    static func steps(
        _ array: TensorArray, batch: Int, _ pruning: PruningSettings = twoOfEight
    ) throws -> [(dense: TensorTraining, pruned: TensorTraining)] {
        let processing = TensorProcessing(array, satArithmetic)
        return try networks().map {
            (
                processing.training($0, vectors: batch, pruning: nil),
                processing.training($0, vectors: batch, pruning: pruning)
            )
        }
    }

    @Test func theShapesAreThoseOfTheNetworks() throws {
        let networks = try Self.networks()
        #expect(networks.map(\.name) == ["ResNet-9", "VGG-19"])
        #expect(networks.map(\.junctions.count) == [9, 17])
        let weights = networks.map { $0.junctions.reduce(0) { $0 + $1.layer.weightCount } }
        #expect(weights == [6_568_640, 20_070_080])
        for network in networks {
            for (index, junction) in network.junctions.enumerated() {
                let isEnd = index == 0 || index == network.junctions.count - 1
                #expect(junction.isPruned != isEnd)
            }
        }
    }

    @Test func aLineThatMakesNoSenseIsNamed() {
        let head = "network,layer,kernel,inputs,outputs,positions,pruned\n"
        for line in ["a,b,9,3,64,1024", "a,b,9,3,0,1024,yes", "a,b,9,3,x,4,no", "a,b,1,1,1,1,?"] {
            #expect(throws: TensorNetworkError(line: 3, found: line)) {
                try TensorNetwork.read("# said\n" + head + line)
            }
        }
    }

    /// The mean over layers lies where it should; by time the step comes closer to the bound of 2.0
    /// than the paper's 1.75 does.
    @Test func averagesOfTwoOfEight() throws {
        let steps = try Self.steps(satArray(), batch: 512)
        let means = steps.map { $0.pruned.meanSpeedUp(over: $0.dense) }
        let times = steps.map { $0.pruned.speedUp(over: $0.dense) }
        let average = means.reduce(0, +) / 2
        #expect((1.5...1.95).contains(average))
        for (found, expected) in zip(means + times, [1.7716, 1.8641, 1.9796, 1.9735]) {
            #expect(abs(found - expected) < 0.0005)
        }
    }

    @Test func noStepIsFasterThanItsMultiplicationsAllow() throws {
        for (group, bound) in [(4, 1.5), (8, 2.0), (16, 2.4)] {
            for batch in Self.batches {
                let pruning = PruningSettings(kept: 2, group: group)
                for step in try Self.steps(satArray(), batch: batch, pruning) {
                    let found = step.pruned.speedUp(over: step.dense)
                    #expect(found <= bound, "2:\(group), batch \(batch)")
                    #expect(found >= 1, "2:\(group), batch \(batch)")
                }
            }
        }
    }

    @Test func withoutPreGenerationTheHiddenClocksShow() throws {
        var array = satArray()
        array.generatesAhead = false
        for batch in [1, 512] {
            let with = try Self.steps(satArray(), batch: batch)
            let without = try Self.steps(array, batch: batch)
            for (network, (with, without)) in zip(try Self.networks(), zip(with, without)) {
                // SORE takes 2·|W|/32, and |W|/32 of it lay behind WUVE.
                let hidden = network.junctions.filter(\.isPruned)
                    .reduce(0) { $0 + $1.layer.weightCount / 32 }
                #expect(without.pruned.clocks - with.pruned.clocks == hidden)
                #expect(without.dense == with.dense)
            }
        }
    }

    @Test func moreLanesOfTheReductionEngineHideItWholly() throws {
        var array = satArray()
        array.reductionLanes = 64
        for step in try Self.steps(array, batch: 512) {
            #expect(step.pruned.junctions.allSatisfy { $0.update.exposedClocks == 0 })
        }
    }

    @Test func withoutInterleavingSumsWait() throws {
        var array = satArray()
        array.interleaves = false
        let processing = TensorProcessing(array, satArithmetic)
        for network in try Self.networks() {
            for junction in network.junctions {
                let pruning = junction.isPruned ? Self.twoOfEight : nil
                for product in [
                    junction.layer.feedforward(vectors: 512, pruning),
                    junction.layer.backprop(vectors: 512, pruning),
                    junction.layer.update(vectors: 512),
                ] {
                    func tiles(_ rows: Int) -> Int {
                        (rows + 31) / 32 * ((product.columns + 31) / 32)
                    }
                    let output = tiles(product.rows) * (4 * product.steps + 62)
                    let weight = tiles(product.steps) * (product.rows + 4 * 32 + 30)
                    #expect(processing.cost(of: product).clocks == min(output, weight))
                }
            }
        }
        for batch in [1, 512] {
            let with = try Self.steps(satArray(), batch: batch)
            for (with, without) in zip(with, try Self.steps(array, batch: batch)) {
                #expect(without.pruned.clocks > with.pruned.clocks)
                #expect(without.dense.clocks > with.dense.clocks)
            }
        }
    }

    @Test func theSchedulerIsNeverWorse() throws {
        let patterns = [nil] + [4, 8, 16].map { PruningSettings(kept: 2, group: $0) }
        var (checked, output, weight) = (0, 0, 0)
        let processing = TensorProcessing(satArray(), satArithmetic)
        for network in try Self.networks() {
            for junction in network.junctions {
                for pruning in patterns where junction.isPruned || pruning == nil {
                    for batch in Self.batches {
                        for product in [
                            junction.layer.feedforward(vectors: batch, pruning),
                            junction.layer.backprop(vectors: batch, pruning),
                            junction.layer.update(vectors: batch),
                        ] {
                            let chosen = processing.cost(of: product)
                            let both = [Dataflow.outputStationary, .weightStationary]
                                .map { processing.cost(of: product, $0).clocks }
                            #expect(chosen.clocks == both.min())
                            checked += 1
                            if chosen.dataflow == .outputStationary {
                                output += 1
                            } else {
                                weight += 1
                            }
                        }
                    }
                }
            }
        }
        // It really chooses: both are best somewhere.
        #expect(output > checked / 10 && weight > checked / 10)
    }
}
