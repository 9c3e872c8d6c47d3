// Goal: on real streams, in the order in which they were recorded, learning reaches what these
// small networks can. The settings are those of examples/*.toml.

import Arithmetic
import Kernels
import Learning
import Testing
import WeightStore

@Suite struct DataSetTests {
    typealias Figures = (overall: AgreementFigures, last1000: AgreementFigures)

    /// Learns the rows of a set in that order.
    static func run(
        _ configuration: LearnerConfiguration, _ set: DataSet, order: [Int]
    ) throws -> Figures {
        let harness = try LearnerHarness(configuration)
        let rowBytes = set.x.rowElements * configuration.elementType.bytes
        set.x.bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return }
            for (index, row) in order.enumerated() {
                _ = harness.learner.sample(
                    producer: 0, epoch: 1, sequence: UInt64(index + 1),
                    features: base + set.x.dataOffset + row * rowBytes,
                    label: .classIndex(Int32(set.labels[row])))
            }
        }
        let figures = try #require(harness.learner.metrics(producer: nil).agreement)
        #expect(figures.overall.count == order.count)
        return figures
    }

    static func configuration(
        _ features: Int, _ type: ElementType, hidden: Int, classes: Int, learningRate: Float,
        horizon: UInt64 = 0
    ) -> LearnerConfiguration {
        LearnerConfiguration(
            featureCount: features, elementType: type,
            normaliser: .running(clip: 5, horizon: horizon),
            task: .classification(classCount: classes), hidden: [hidden], hiddenActivation: .relu,
            outputActivation: .softmax, loss: .crossEntropy, initialisation: .heUniform, seed: 1,
            learningRate: learningRate)
    }

    @Test(.enabled(if: DataSet.exists("elec2", split: "stream"))) func elec2() throws {
        let set = try #require(DataSet("elec2", split: "stream"))
        let configuration = Self.configuration(
            8, .f32, hidden: 16, classes: 2, learningRate: 0.03)
        let figures = try Self.run(configuration, set, order: Array(0..<set.x.rowCount))
        #expect(figures.overall.accuracy >= 0.900)
        #expect(abs(figures.overall.noChange - 0.853) < 0.001)
        #expect(try #require(figures.overall.kappaTemporal) > 0.3)
    }

    @Test(.enabled(if: DataSet.exists("mnist", split: "train"))) func mnist() throws {
        let set = try #require(DataSet("mnist", split: "train"))
        var configuration = Self.configuration(
            784, .u8, hidden: 128, classes: 10, learningRate: 0.02)
        configuration.normaliser = .none
        configuration.inputScale = 1 / 255
        configuration.outputActivation = .sigmoid
        configuration.initialisation = .heNormal
        let figures = try Self.run(configuration, set, order: Array(0..<12_544))
        #expect(figures.last1000.accuracy >= 0.920)
    }

    @Test(.enabled(if: DataSet.exists("har", split: "train"))) func har() throws {
        let set = try #require(DataSet("har", split: "train"))
        let configuration = Self.configuration(
            768, .i16, hidden: 128, classes: 12, learningRate: 0.01)
        let figures = try Self.run(configuration, set, order: Array(0..<set.x.rowCount))
        #expect(figures.overall.accuracy > figures.overall.noChange)
        #expect(figures.overall.accuracy > 0.90)
    }

    @Test(.enabled(if: DataSet.exists("ecg", split: "train"))) func ecg() throws {
        let set = try #require(DataSet("ecg", split: "train"))
        let configuration = Self.configuration(
            128, .i16, hidden: 64, classes: 5, learningRate: 0.02, horizon: 1_000)
        let figures = try Self.run(configuration, set, order: Array(0..<set.x.rowCount))
        #expect(figures.overall.accuracy > 0.98)
        #expect(try #require(figures.overall.kappaTemporal) > 0.88)
    }

    @Test(.enabled(if: DataSet.exists("gas", split: "train"))) func gas() throws {
        let set = try #require(DataSet("gas", split: "train", group: "batch"))
        // Rows of a batch are grouped by gas in the file, so they are shuffled inside the batch.
        var order = Array(0..<set.x.rowCount)
        var generator = Xoshiro256StarStar(seed: 1)
        var start = 0
        for end in 1...order.count
        where end == order.count || set.groups[end] != set.groups[start] {
            for index in stride(from: end - 1, to: start, by: -1) {
                order.swapAt(index, start + generator.index(below: index - start + 1))
            }
            start = end
        }
        let configuration = Self.configuration(
            128, .f32, hidden: 32, classes: 6, learningRate: 0.01, horizon: 500)
        let figures = try Self.run(configuration, set, order: order)
        #expect(figures.overall.accuracy > 0.94)
    }

    @Test(.enabled(if: DataSet.exists("morse", split: "train"))) func morse() throws {
        let set = try #require(DataSet("morse", split: "train"))
        let configuration = Self.configuration(
            64, .i16, hidden: 128, classes: 64, learningRate: 0.02)
        let figures = try Self.run(configuration, set, order: Array(0..<set.x.rowCount))
        #expect(figures.last1000.accuracy > 0.55, "64 classes, one pass")
    }
}
